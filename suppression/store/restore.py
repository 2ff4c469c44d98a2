"""A backup back into a store. Into an empty one it goes as it was; what is there already is only ever added to.

The whole file is read before anything is touched. Who was erased since the backup was made is
named, to be erased again.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from suppression.contact import Contact
from suppression.history import Restored, apply
from suppression.merging import merged
from suppression.ports import Archive
from suppression.records import Facts
from suppression.store import backup, keys, vault
from suppression.store.backup import Line
from suppression.store.connect import translated
from suppression.store.entries import entry
from suppression.store.store import Draft, Store, decode_facts

BY = "restore"
ADDED_TO = (keys.API_KEYS, keys.AGENTS)
_PARTITIONED = re.compile(r"\{p([0-9]{2})\}:(contact|once|ids|due|counts|ledger|questions)(?::([0-9a-f]+))?\Z")
_SHARD = re.compile(r"registry:([^:]+):([0-9a-f]+):[0-9]+\Z")


@dataclass
class Done:
    """What a restore did: the backup's instant, how many contacts it wrote and merged, and whom its caller must erase again."""

    at: datetime
    written: int = 0
    merged: int = 0
    to_erase: list[Contact] = field(default_factory=list)
    registries: dict[bytes, bytes] = field(default_factory=dict)


class Restore:
    """One restore of one file into one store."""

    def __init__(self, store: Store, archive: Archive, erasures: Mapping[str, datetime], now: datetime) -> None:
        self._store = store
        self._client = store.client
        self._archive = archive
        self._erasures = erasures
        self._now = now

    def run(self, path: Path) -> Done:
        """Raises WrongSecret or BadBackup before anything is touched; StoreUnavailable midway, and may then be run again."""
        done = Done(backup.verify(self._store.keyring, path).at)
        self._fresh = self._empty_partitions()
        for line in backup.read(self._store.keyring, path):
            self._line(line, done)
        self._registries(done)
        for number in self._fresh:
            self._fold_in(keys.ALL_PARTITIONS[number])
        return done

    def _empty_partitions(self) -> set[int]:
        """Partitions that hold no event yet, or only those of a restore that was broken off."""
        with translated():
            return {
                p.number
                for p in keys.ALL_PARTITIONS
                if not self._client.exists(p.ledger) or self._client.exists(_mark(p))
            }

    def _line(self, line: Line, done: Done) -> None:
        found = _PARTITIONED.match(line.name)
        if line.kind == "file":
            self._archive.put(line.name, line.content[0])
        elif found and found[2] == "contact":
            self._contact(keys.ALL_PARTITIONS[int(found[1])], found[3], _pairs(line), done)
        elif found and line.kind == "stream":
            self._stream(keys.ALL_PARTITIONS[int(found[1])], line)
        elif found:
            self._beside(line)
        else:
            self._common(line, done)

    def _contact(self, partition: keys.Partition, fingerprint: str, fields: dict[bytes, bytes], done: Done) -> None:
        facts = decode_facts(fields.get(b"facts"))
        erased_at = self._erasures.get(fingerprint)
        if erased_at and erased_at > done.at and b"card" in fields:
            done.to_erase.append(vault.open_card(self._store.keyring, vault.decode(fields[b"card"])).contact)
        name = partition.contact(fingerprint)
        with translated():
            known = self._client.exists(name)
        if not known and partition.number in self._fresh:
            self._write(name, facts, fields)
            done.written += 1
        elif b"card" in fields:
            done.merged += self._merge(vault.decode(fields[b"card"]), facts)
        else:
            done.merged += self._merge_erased(name, facts)

    def _write(self, name: str, facts: Facts, fields: dict[bytes, bytes]) -> None:
        kept: dict[bytes, Any] = {n: fields[n] for n in (b"who", b"card") if n in fields}
        with translated():
            news: dict[bytes, Any] = {
                b"rev": facts.revision,
                b"facts": msgspec.json.encode(facts),
            }
            news |= kept
            self._client.hset(name, mapping=news)

    def _merge(self, card: vault.Card, facts: Facts) -> bool:
        contact: Contact = vault.open_card(self._store.keyring, card).contact
        if merged(self._store.read(contact).facts, facts) == self._store.read(contact).facts:
            return False
        self._store.change(contact, lambda now, _partition: Draft(Restored(self._now, BY, merged(now, facts))))
        return True

    def _merge_erased(self, name: str, facts: Facts) -> bool:
        """No readable side on either side of it: the facts alone are added to."""
        with translated():
            current = decode_facts(self._client.hget(name, "facts"))
            both = merged(current, facts)
            if both != current:
                self._client.hset(name, mapping={"rev": both.revision, "facts": msgspec.json.encode(both)})
        return both != current

    def _stream(self, partition: keys.Partition, line: Line) -> None:
        if partition.number not in self._fresh:
            return
        with translated():
            self._client.set(_mark(partition), "1")
            last = (
                self._client.xinfo_stream(line.name)["last-generated-id"] if self._client.exists(line.name) else b"0-0"
            )
            pipe = self._client.pipeline(transaction=False)
            for place, leaf, box in _threes(line.content):
                if keys.order(place.decode()) > keys.order(last.decode()):
                    pipe.xadd(
                        line.name,
                        {"leaf": leaf, **({"box": box} if line.name.endswith("ledger") else {})},
                        id=place.decode(),
                    )
            pipe.execute()

    def _beside(self, line: Line) -> None:
        """Indexes and idempotency keys: what is missing is added, so that a replayed START still does nothing."""
        with translated():
            if line.kind == "hash":
                pipe = self._client.pipeline(transaction=False)
                for name, value in _pairs(line).items():
                    pipe.hsetnx(line.name, name, value)
                pipe.execute()
            elif line.kind == "zset":
                self._client.zadd(line.name, {member: float(score) for member, score in _pairs(line).items()}, nx=True)
            elif self._client.set(line.name, line.content[0], nx=True) and line.expires_at:
                self._client.expireat(line.name, line.expires_at)

    def _common(self, line: Line, done: Done) -> None:
        shard = _SHARD.match(line.name)
        with translated():
            if line.kind == "hash" and line.name in ADDED_TO:
                for name, record in _pairs(line).items():
                    self._client.hsetnx(line.name, name, record)
            elif line.name == keys.REGISTRIES:
                in_force = self._client.hgetall(keys.REGISTRIES)
                done.registries = {name: it for name, it in _pairs(line).items() if name not in in_force}
            elif line.name == keys.META and b"chain" in _pairs(line):
                self._client.hsetnx(keys.META, "chain", _pairs(line)[b"chain"])
            elif shard and shard[1].encode() in done.registries:
                self._client.set(line.name, line.content[0])

    def _registries(self, done: Done) -> None:
        """In force only now that their numbers are in: a restore that was broken off has listed nobody as unlisted."""
        with translated():
            for name, record in done.registries.items():
                self._client.hsetnx(keys.REGISTRIES, name, record)

    def _fold_in(self, partition: keys.Partition) -> None:
        """Events written while the backup ran are in its streams, and not yet in the facts beside them."""
        with translated():
            rows = self._client.xrange(partition.ledger)
            by_cid = self._client.hgetall(partition.ids)
        for row in rows:
            it = entry(partition, row)
            fingerprint = by_cid.get(it.head.cid.encode())
            if fingerprint:
                self._apply(partition.contact(fingerprint.decode()), it.head.revision, it.event)
        with translated():
            self._client.delete(_mark(partition))

    def _apply(self, name: str, revision: int, event: object) -> None:
        with translated():
            facts = decode_facts(self._client.hget(name, "facts"))
            if revision > facts.revision and facts.erased_at is None:
                news = apply(facts, event)  # type: ignore[arg-type]
                self._client.hset(name, mapping={"rev": news.revision, "facts": msgspec.json.encode(news)})


def _mark(partition: keys.Partition) -> str:
    return f"{partition.tag}:restoring"


def _pairs(line: Line) -> dict[bytes, bytes]:
    return dict(zip(line.content[::2], line.content[1::2], strict=True))


def _threes(content: list[bytes]) -> Iterator[tuple[bytes, bytes, bytes]]:
    return zip(content[::3], content[1::3], content[2::3], strict=True)
