"""A proof that a check was made: the sealed line, the way from it up to a signed root, and whom it was about.

Checking one takes the document and the public key and nothing else. What is proven is the question (who was asked about, by whom,
when, under which rules, on which revision of the facts) and when it was sealed; the answer follows from the question and the
facts. The answer given out with a proof is signed by the same key; it stands in the sealed line itself only where an attempt was
reserved, which happens on `allow` alone.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from suppression import merkle
from suppression import seal as form
from suppression.errors import StoplisteError
from suppression.history import Asked
from suppression.keyring import commitment
from suppression.seal import Part, Seal, Stream

FORMAT = "stopliste-proof/1"


class Unproven(StoplisteError):
    """The document does not prove what it says."""

    code = "unproven"


class Opening(Struct, frozen=True, forbid_unknown_fields=True):
    """What opens the commitment in the line: the address, and the salt (hex) that was hashed with it."""

    address: str
    salt: str


class Proof(Struct, frozen=True, forbid_unknown_fields=True):
    """The way from a line to a signed seal; hashes are hex digits, paths go upwards.

    `opening` is None once the contact was erased: the line still proves that the question was asked, no longer about whom.
    """

    leaf: str
    place: str
    partition: int
    stream: Stream
    index: int
    path: tuple[str, ...]
    root_path: tuple[str, ...]
    seal: Seal
    opening: Opening | None
    format: str = FORMAT


class Proven(Struct, frozen=True):
    """What a proof proves."""

    verdict_id: str
    contact: str | None
    asked: Asked
    revision: int
    reservation: str | None
    seal: Seal

    @property
    def reserved(self) -> bool:
        """Whether an attempt was reserved, which happens on `allow` alone."""
        return self.reservation is not None


class _Attempt(Struct, frozen=True):
    id: str


class _Leaf(Struct, frozen=True):
    """A line of either stream, as far as a proof needs it."""

    who: str
    revision: int
    asked: Asked | None = None
    attempt: _Attempt | None = None


_document = msgspec.json.Decoder(dict[str, Any])
_leaf = msgspec.json.Decoder(_Leaf)
_asked = msgspec.json.Decoder(Asked)


def check(content: bytes, key: str) -> Proven:
    """What a document proves: a proof, or an answer of `GET /v1/verdicts/{id}` with one in it. Raises Unproven.

    `key` is the public key (64 hex digits). Where the answer is there too, what it says must be what the line says.
    """
    document, proof = _read(content)
    _check_seal(proof.seal, key)
    _check_path(proof)
    proven = _told(proof)
    for name, said, sealed in _claims(document, proven):
        if said != sealed:
            raise Unproven(f"the document says {name} {said}, the sealed line says {sealed}")
    if "proof" in document and not form.is_attested(answer(document, proof.leaf), document.get("attestation"), key):
        raise Unproven("the answer beside the proof is not the one that was given out with it")
    return proven


def answer(document: Mapping[str, Any], leaf: str) -> bytes:
    """What is signed of an answer: everything but its proof and the signature itself, bound to the sealed line."""
    told = {name: it for name, it in document.items() if name not in ("proof", "attestation")}
    plain = msgspec.json.decode(msgspec.json.encode(told))
    return b"stopliste-answer/1\n" + msgspec.json.encode(plain, order="deterministic") + b"\n" + leaf.encode()


def encode(proof: Proof) -> bytes:
    """A proof as JSON."""
    return msgspec.json.encode(proof)


def proof_of(  # noqa: PLR0913 -- the parts of a proof
    place: str, leaf: bytes, index: int, hashes: list[bytes], part: Part, seal: Seal, opening: Opening | None
) -> Proof:
    """The proof of one line; `hashes` are the leaf hashes of its part of the seal."""
    streams = form.stream_hashes(seal.parts)
    above = merkle.path(streams, form.stream_index(part.partition, part.stream))
    path = tuple(it.hex() for it in merkle.path(hashes, index))
    root_path = tuple(it.hex() for it in above)
    return Proof(leaf.decode(), place, part.partition, part.stream, index, path, root_path, seal, opening)


def _read(content: bytes) -> tuple[Mapping[str, Any], Proof]:
    try:
        document = _document.decode(content)
        if "proof" in document and document["proof"] is None:
            raise Unproven("there is no proof in it yet: the question was not sealed when this was fetched")
        return document, msgspec.convert(document.get("proof", document), Proof)
    except msgspec.MsgspecError as cause:
        raise Unproven(f"this is no proof: {cause}") from cause


def _check_seal(seal: Seal, key: str) -> None:
    if seal.format != form.FORMAT:
        raise Unproven(f"its seal has the form {seal.format}, this program reads {form.FORMAT}")
    if seal.key != key:
        raise Unproven("its seal was signed with another key than the one given")
    if not form.is_signed(seal):
        raise Unproven("the signature does not belong to the seal")


def _check_path(proof: Proof) -> None:
    """From the line to the root of its stream, and from there to the root that is signed."""
    part = proof.seal.part(proof.partition, proof.stream)
    if proof.format != FORMAT or part is None:
        raise Unproven("its seal holds nothing of that stream")
    try:
        line = merkle.leaf_hash(form.leaf(proof.place, proof.leaf.encode()))
        below = merkle.root_over(line, proof.index, part.count, map(bytes.fromhex, proof.path))
        index, size = form.stream_index(proof.partition, proof.stream), form.PARTITIONS * len(form.STREAMS)
        above = merkle.root_over(merkle.leaf_hash(below), index, size, map(bytes.fromhex, proof.root_path))
    except ValueError as cause:
        raise Unproven(f"the path cannot be right: {cause}") from cause
    if (below.hex(), above.hex()) != (part.root, proof.seal.root):
        raise Unproven("the path does not lead from the line to the signed root")


def _told(proof: Proof) -> Proven:
    try:
        leaf = _leaf.decode(proof.leaf)
        asked = leaf.asked or _asked.decode(proof.leaf)
    except msgspec.MsgspecError as cause:
        raise Unproven("the sealed line is no question") from cause
    reserved = leaf.attempt.id if leaf.asked and leaf.attempt else None
    if proof.opening:
        _check_opening(proof.opening, leaf.who.partition(":")[2])
    id_ = f"vrd_{proof.partition:02d}{proof.place}{'r' if reserved else ''}"
    contact = proof.opening.address if proof.opening else None
    return Proven(id_, contact, asked, leaf.revision - int(reserved is not None), reserved, proof.seal)


def _check_opening(opening: Opening, committed: str) -> None:
    try:
        opened = commitment(bytes.fromhex(opening.salt), opening.address.encode())
    except ValueError as cause:
        raise Unproven("the opening cannot be read") from cause
    if opened != committed:
        raise Unproven("the sealed line is about another contact than the opening says")


def _claims(document: Mapping[str, Any], proven: Proven) -> Iterator[tuple[str, Any, Any]]:
    """What the answer beside a proof says and the line says too."""
    asked = proven.asked
    sealed: dict[str, Any] = {
        "id": proven.verdict_id,
        "contact": proven.contact and proven.contact.removeprefix("sender:"),  # shown as it was given
        "channel": str(asked.channel), "brand": asked.brand,
        "policy": asked.policy, "checked_at": asked.asked_at, "at": asked.at, "rules": asked.rules or None,
    }  # fmt: skip
    if proven.reserved:
        sealed |= {"verdict": "allow", "reservation": proven.reservation}
    for name in sealed.keys() & document.keys() if "proof" in document else ():
        said = _digest(document[name]) if name == "rules" else document[name]
        yield name, _instant(said) if isinstance(sealed[name], datetime) else said, sealed[name]


def _digest(said: Any) -> Any:
    return said.get("digest") if isinstance(said, Mapping) else said


def _instant(said: Any) -> Any:
    try:
        return datetime.fromisoformat(said)
    except (TypeError, ValueError):
        return said
