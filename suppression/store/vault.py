"""What must be readable by us and by nobody else: addresses, words and proofs, under a key per contact.

Erasure destroys that key: the sealed ledger leaves keep their commitments, and nothing opens them any more. What must be able to go
before its contact does (the proof of a permission) lies under a key of its own, which stands in the contact's card until then.
"""

import secrets

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from suppression.contact import Contact
from suppression.errors import StoplisteError
from suppression.keyring import Keyring, commitment, seal, unseal

SALT_BYTES = 16
KEY_BYTES = 32


class KeyDestroyed(StoplisteError):
    """The key of one fact's private content is gone: it was purged."""

    code = "not_found"


class Card(Struct, frozen=True, omit_defaults=True):
    """A contact as the ledger knows it: a random id, a salted commitment to its address, and its wrapped key."""

    cid: str
    commit: str
    key: bytes
    private: bytes

    @property
    def who(self) -> str:
        """The two public halves, as they stand in every leaf."""
        return f"{self.cid}:{self.commit}"


class Private(Struct, frozen=True, omit_defaults=True):
    """The readable side of a card: the address, its salt, the person's other contacts and language; `keys` by the fact's id."""

    contact: Contact
    salt: bytes
    linked: tuple[Contact, ...] = ()
    lang: str = ""
    keys: dict[str, bytes] = {}


class Box(Struct, frozen=True):
    """An event's private part, sealed, and the commitment to it that stands in the leaf."""

    commit: str
    sealed: bytes


_card = msgspec.json.Decoder(Card)
_private = msgspec.json.Decoder(Private)


def new_card(keyring: Keyring, contact: Contact) -> Card:
    """A card with a fresh random id and key."""
    private = Private(contact, secrets.token_bytes(SALT_BYTES))
    return _make(keyring, secrets.token_hex(10), secrets.token_bytes(KEY_BYTES), private)


def with_private(keyring: Keyring, card: Card, private: Private) -> Card:
    """The same card with other private data (a linked contact, a language)."""
    return _make(keyring, card.cid, keyring.open(card.key, card.cid), private)


def open_card(keyring: Keyring, card: Card) -> Private:
    """The readable side. Raises WrongSecret."""
    return _private.decode(unseal(AESGCM(keyring.open(card.key, card.cid)), card.private, card.cid))


def opens(keyring: Keyring, card: Card) -> bool:
    """Whether a card's key is wrapped by this secret."""
    return keyring.opens(card.key, card.cid)


def rewrap(old: Keyring, new: Keyring, card: Card) -> Card:
    """The same card under another secret; its key and everything sealed with it stay."""
    return msgspec.structs.replace(card, key=new.seal(old.open(card.key, card.cid), card.cid))


def fresh_key() -> bytes:
    """A key for one fact's private content alone."""
    return secrets.token_bytes(KEY_BYTES)


def box(keyring: Keyring, card: Card, content: dict[str, object], fact: str = "") -> Box:
    """An event's private content, sealed under the contact's key, or that of the `fact`, with its commitment."""
    salt = secrets.token_bytes(SALT_BYTES)
    plain = msgspec.json.encode(content)
    sealed = seal(_cipher(keyring, card, fact), salt + plain, card.cid + fact)
    return Box(commitment(salt, plain), sealed)


def open_box(keyring: Keyring, card: Card, sealed: bytes, fact: str = "") -> dict[str, object]:
    """The content again. Raises WrongSecret, KeyDestroyed."""
    content: dict[str, object] = msgspec.json.decode(opened(keyring, card, sealed, fact)[1])
    return content


def opened(keyring: Keyring, card: Card, sealed: bytes, fact: str = "") -> tuple[bytes, bytes]:
    """The salt and the plain bytes that a box's commitment was made of. Raises WrongSecret, KeyDestroyed."""
    plain = unseal(_cipher(keyring, card, fact), sealed, card.cid + fact)
    return plain[:SALT_BYTES], plain[SALT_BYTES:]


def encode(card: Card) -> bytes:
    """The card as it is stored."""
    return msgspec.json.encode(card)


def decode(stored: bytes) -> Card:
    """The card as it was stored."""
    return _card.decode(stored)


def _cipher(keyring: Keyring, card: Card, fact: str) -> AESGCM:
    if not fact:
        return AESGCM(keyring.open(card.key, card.cid))
    try:
        return AESGCM(open_card(keyring, card).keys[fact])
    except KeyError as cause:
        raise KeyDestroyed(f"what was private about {fact} was destroyed") from cause


def _make(keyring: Keyring, cid: str, key: bytes, private: Private) -> Card:
    sealed = seal(AESGCM(key), msgspec.json.encode(private), cid)
    # surrogates cannot be here: contact.parse replaced them
    commit = commitment(private.salt, str(private.contact).encode())
    return Card(cid, commit, keyring.seal(key, cid), sealed)
