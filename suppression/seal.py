"""A seal: one signed document that stands for every event recorded since the seal before.

It holds a Merkle root per stream with new events, a root over all 128 streams, and the hash of the seal before. Pure: nothing
here reads or writes. docs/ledger.md describes the form for those who check it with tools of their own.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import Literal, get_args

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from msgspec import Struct

from suppression import merkle
from suppression.errors import LedgerBroken

Stream = Literal["ledger", "questions"]
STREAMS: tuple[Stream, ...] = get_args(Stream)
PARTITIONS = 64
FORMAT = "stopliste-seal/1"
NONE_BEFORE = "0" * 64
KEY_FILE = "ledger.pub"  # in the archive


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """The new events of one stream: from the place `first` to `last`, how many, and the Merkle root over them."""

    partition: int
    stream: Stream
    first: str
    last: str
    count: int
    root: str


class Seal(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole document. `ends` gives, per stream, the last sealed place of each partition (`0-0`: nothing yet)."""

    number: int
    sealed_at: str
    previous: str
    parts: tuple[Part, ...]
    ends: dict[Stream, tuple[str, ...]]
    root: str
    key: str
    signature: str = ""
    format: str = FORMAT

    @property
    def hash(self) -> str:
        """The SHA-256 of the file, which the next seal names."""
        return sha256(encode(self)).hexdigest()

    @property
    def count(self) -> int:
        """How many events and questions it seals."""
        return sum(it.count for it in self.parts)

    def part(self, partition: int, stream: Stream) -> Part | None:
        """What it seals of one stream, if anything."""
        return next((it for it in self.parts if (it.partition, it.stream) == (partition, stream)), None)


_seal = msgspec.json.Decoder(Seal)


def encode(seal: Seal) -> bytes:
    """The file: JSON with sorted keys and no spaces, so that equal documents are equal bytes."""
    return msgspec.json.encode(seal, order="sorted")


def decode(content: bytes) -> Seal:
    """The seal in a file. Raises LedgerBroken if it is none, or not byte for byte what `encode` writes."""
    try:
        seal = _seal.decode(content)
    except msgspec.DecodeError as cause:
        raise LedgerBroken(f"this is no seal: {cause}") from cause
    if encode(seal) != content or seal.format != FORMAT:
        raise LedgerBroken("this is no seal in the form that we write")
    return seal


def root_of(parts: Iterable[Part]) -> str:
    """The root over the roots of all 128 streams; a stream without new events has the empty root."""
    return merkle.root(stream_hashes(parts)).hex()


def stream_hashes(parts: Iterable[Part]) -> list[bytes]:
    """The 128 leaves of the upper tree: each stream's root, partition by partition, ledger before questions."""
    roots = [merkle.EMPTY] * (PARTITIONS * len(STREAMS))
    for it in parts:
        roots[stream_index(it.partition, it.stream)] = bytes.fromhex(it.root)
    return [merkle.leaf_hash(it) for it in roots]


def stream_index(partition: int, stream: Stream) -> int:
    """The place of a stream in the upper tree."""
    return partition * len(STREAMS) + STREAMS.index(stream)


def leaf(place: str, content: bytes) -> bytes:
    """What is hashed of one event: its place in the stream and its line, so that a reordering shows."""
    return place.encode() + content


def sign(seal: Seal, seed: bytes) -> Seal:
    """The seal with its key and signature; `seed` is the 32-byte Ed25519 private key."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    named = msgspec.structs.replace(seal, key=private.public_key().public_bytes_raw().hex())
    return msgspec.structs.replace(named, signature=b64encode(private.sign(_signed(named))).decode())


def is_signed(seal: Seal) -> bool:
    """Whether the signature is the one of the key that the seal names."""
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(seal.key))
        public.verify(b64decode(seal.signature), _signed(seal))
    except (InvalidSignature, ValueError):
        return False
    return True


def attest(message: bytes, seed: bytes) -> str:
    """A signature (base64) of the ledger's key under something that is told, not sealed."""
    return b64encode(Ed25519PrivateKey.from_private_bytes(seed).sign(message)).decode()


def is_attested(message: bytes, signature: object, key: str) -> bool:
    """Whether `attest` made the signature with the private half of that key."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(b64decode(str(signature)), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_of(seed: bytes) -> str:
    """The public key of a seed, as seals name it: 64 hex digits."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw().hex()


def pem_of(key: str) -> str:
    """A public key as PEM text."""
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def key_in(pem: str) -> str:
    """The public key in a PEM text, as seals name it. Raises LedgerBroken."""
    try:
        public = load_pem_public_key(pem.encode())
    except ValueError as cause:
        raise LedgerBroken("this is no public key in PEM form") from cause
    if not isinstance(public, Ed25519PublicKey):
        raise LedgerBroken("this is no Ed25519 public key")
    return public.public_bytes_raw().hex()


def _signed(seal: Seal) -> bytes:
    """What the signature covers: the document without `signature`, sorted and without spaces."""
    document = msgspec.to_builtins(seal)
    del document["signature"]
    return msgspec.json.encode(document, order="sorted")
