"""Registries that others keep (TPS, RPO, National DNC …), as bitmaps of the numbers that they publish.

A registry is loaded under a new version and comes into force in one step; until then nothing of it is seen, afterwards
nothing of the one before. A shard holds 10^6 numbers in the bit order of SETBIT (docs/operating.md: what a dump shows).
"""

import secrets
from collections.abc import Callable, Iterable
from datetime import date

import msgspec
from msgspec import Struct

from suppression.contact import Contact, Kind
from suppression.errors import InvalidRequest, NotFound
from suppression.records import Listing
from suppression.store import keys
from suppression.store.connect import Client, translated

SHARD_DIGITS = 6
SHARD_BYTES = 10**SHARD_DIGITS // 8


class Registry(Struct, frozen=True):
    """A registry in force: the date that its keeper gives, when it was loaded and how many numbers it holds."""

    name: str
    version: str
    as_of: date
    numbers: int
    shards: tuple[str, ...]


_registry = msgspec.json.Decoder(Registry)


class Registries:
    """The loaded registries of one store."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def replace(
        self, name: str, as_of: date, numbers: Iterable[Contact], note: Callable[[Registry], object] = lambda _it: None
    ) -> Registry:
        """Puts a whole registry in the place of the one before, in one step; what fails midway changes nothing.

        `note` puts it on record: it is called when all of it is written and nothing of it is in force.
        """
        shards: dict[str, bytearray] = {}
        count = sum(_mark(shards, it) for it in numbers if it.kind is Kind.PHONE)
        if not count:
            raise InvalidRequest("there is no number in it: an empty registry would clear everybody")
        registry = Registry(name, secrets.token_hex(6), as_of, count, tuple(sorted(shards)))
        with translated():
            for prefix, bits in shards.items():
                self._client.set(_key(registry, prefix), bytes(bits))
        note(registry)
        with translated():
            before = self._client.hget(keys.REGISTRIES, name)
            self._client.hset(keys.REGISTRIES, name, msgspec.json.encode(registry))
            if before:
                self._drop(_registry.decode(before))
        return registry

    def all(self) -> list[Registry]:
        """The registries in force."""
        with translated():
            return [_registry.decode(it) for it in self._client.hvals(keys.REGISTRIES)]

    def get(self, name: str) -> Registry:
        """One registry in force. Raises NotFound."""
        with translated():
            found = self._client.hget(keys.REGISTRIES, name)
        if not found:
            raise NotFound(f"registry {name} is not loaded")
        return _registry.decode(found)

    def listings(self, contact: Contact, names: tuple[str, ...]) -> tuple[Listing, ...]:
        """What each loaded one of `names` says of a contact; one that is not loaded says nothing."""
        with translated():
            found = self._client.hmget(keys.REGISTRIES, names)
        return tuple(self._listing(_registry.decode(it), contact) for it in found if it)

    def _listing(self, registry: Registry, contact: Contact) -> Listing:
        listed = False
        if contact.kind is Kind.PHONE:
            prefix, offset = _place(contact)
            with translated():
                listed = bool(self._client.getbit(_key(registry, prefix), offset))
        now = self.get(registry.name)
        if now.version != registry.version:  # replaced between the two reads: the old shards may be gone
            return self._listing(now, contact)
        return Listing(registry.name, listed, registry.as_of, registry.version)

    def _drop(self, registry: Registry) -> None:
        for prefix in registry.shards:
            self._client.delete(_key(registry, prefix))


def _mark(shards: dict[str, bytearray], contact: Contact) -> int:
    prefix, offset = _place(contact)
    shard = shards.setdefault(prefix, bytearray(SHARD_BYTES))
    fresh = not shard[offset >> 3] & (0x80 >> (offset & 7))
    shard[offset >> 3] |= 0x80 >> (offset & 7)
    return fresh


def _place(contact: Contact) -> tuple[str, int]:
    digits = contact.address[1:]
    return digits[:-SHARD_DIGITS], int(digits[-SHARD_DIGITS:])


def _key(registry: Registry, prefix: str) -> str:
    return f"registry:{registry.name}:{registry.version}:{prefix}"
