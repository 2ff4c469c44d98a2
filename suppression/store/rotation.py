"""A new secret for an installation: every digest nests under it, every wrapped key is wrapped anew; no address is read.

It runs with the service down, and says so in the store: nobody is served from a half-rotated one. Broken off at any point,
it is simply run again: what is done is remembered in the store until the end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import msgspec

from suppression.errors import InvalidRequest
from suppression.keyring import Keyring, read_chain
from suppression.store import keys, vault
from suppression.store.connect import NAME, Client, Script, masters, translated
from suppression.store.credentials import Agent
from suppression.store.erasures import Erasures
from suppression.store.journal import Journal

ROTATING = "rotating"  # field of the meta hash: no process serves while it is there
ROTATION = "stopliste-rotation"
PAGE = 1_000


@dataclass
class Rotated:
    """How much was rotated in this run."""

    contacts: int = 0
    receipts: int = 0


class Rotation:
    """One rotation from one secret to the next; `new` has `old` at the end of its chain."""

    def __init__(self, client: Client, old: Keyring, new: Keyring) -> None:
        self._client = client
        self._old = old
        self._new = new
        self._move = Script(files("suppression.store").joinpath("rotate.lua").read_text())

    def run(self, journal: Journal, erasures: Erasures) -> Rotated:
        """Rotates whatever is not rotated yet. Raises StoreUnavailable midway, and may then be run again."""
        done = Rotated()
        self._begin()
        for partition in keys.ALL_PARTITIONS:
            self._contacts(partition, done)
            self._receipts(partition, done)
            self._ids(partition)
        self._credentials()
        erasures.rename({name: self._new.nested("fingerprint", name) for name in erasures.all()}, self._new.generation)
        journal.reseal(self._new)
        self._finish()
        return done

    def _begin(self) -> None:
        """The note of what is done starts empty, unless a rotation that was broken off left it."""
        with translated():
            if self._client.hexists(keys.META, ROTATING):
                return
            for partition in keys.ALL_PARTITIONS:
                self._client.delete(_done(partition))
            self._client.hset(keys.META, ROTATING, "1")

    def _contacts(self, partition: keys.Partition, done: Rotated) -> None:
        for name in self._names(partition.contact("*")):
            fingerprint = name.rpartition(":")[2]
            with translated():
                card = self._client.hget(name, "card")
            rewrapped = self._rewrapped(card) if card else b""
            if rewrapped is not None:  # else it is wrapped by the new secret: done before
                new = partition.contact(self._new.nested("fingerprint", fingerprint))
                done.contacts += self._moved(name, new, partition, rewrapped)

    def _receipts(self, partition: keys.Partition, done: Rotated) -> None:
        for name in self._names(partition.once("*")):
            digest = name.rpartition(":")[2]
            done.receipts += self._moved(name, partition.once(self._new.nested("once", digest)), partition, b"")

    def _ids(self, partition: keys.Partition) -> None:
        """Ids lead to fingerprints: into a new hash, put in place in one step with the note that it is done."""
        with translated():
            if self._client.sismember(_done(partition), partition.ids):
                return
            found = self._client.hgetall(partition.ids)
            news = {
                n: it if n.endswith(b"@") else self._new.nested("fingerprint", it.decode()) for n, it in found.items()
            }
            pipe = self._client.pipeline(transaction=True)
            pipe.delete(partition.ids)
            if news:
                pipe.hset(partition.ids, mapping=news)
            pipe.sadd(_done(partition), partition.ids)
            pipe.execute()

    def _credentials(self) -> None:
        for name in (keys.API_KEYS, keys.AGENTS):
            with translated():
                if self._client.hget(keys.META, f"{ROTATING}:{name}"):
                    continue
                news = dict(self._credential(name, *it) for it in self._client.hgetall(name).items())
                self._client.delete(f"{{{name}}}:rotated")
                if news:
                    self._client.hset(f"{{{name}}}:rotated", mapping=news)
                self._client.hset(keys.META, f"{ROTATING}:{name}", "1")
        for name in (keys.API_KEYS, keys.AGENTS):
            with translated():
                if self._client.exists(f"{{{name}}}:rotated"):
                    self._client.rename(f"{{{name}}}:rotated", name)

    def _credential(self, name: str, digest: bytes, record: bytes) -> tuple[str, bytes]:
        new = self._new.nested("credentials", digest.decode())
        if name != keys.AGENTS:
            return new, record
        agent = msgspec.json.decode(record, type=Agent)
        telegram = self._new.seal(self._old.open(agent.telegram, digest.decode()), new)
        return new, msgspec.json.encode(msgspec.structs.replace(agent, telegram=telegram))

    def _finish(self) -> None:
        """The canary and the chain under the new secret; from here on the old one opens nothing."""
        with translated():
            store = self._client.hget(keys.META, "store")
            chain = self._new.seal(msgspec.json.encode(self._new.chain), "chain")
            pipe = self._client.pipeline(transaction=True)
            pipe.hset(keys.META, mapping={"canary": self._new.seal(store, "canary"), "chain": chain})
            pipe.hdel(keys.META, ROTATING, *(f"{ROTATING}:{it}" for it in (keys.API_KEYS, keys.AGENTS)))
            pipe.execute()
            for partition in keys.ALL_PARTITIONS:
                self._client.delete(_done(partition))

    def _names(self, pattern: str) -> Iterable[str]:
        with translated():
            return [it.decode() for it in self._client.scan_iter(pattern, count=PAGE)]

    def _moved(self, old: str, new: str, partition: keys.Partition, card: bytes) -> int:
        with translated():
            return int(self._move.run(self._client, [old, new, _done(partition)], [card]))

    def _rewrapped(self, stored: bytes) -> bytes | None:
        card = vault.decode(stored)
        if not vault.opens(self._old, card):
            return None
        return vault.encode(vault.rewrap(self._old, self._new, card))


def rotate(client: Client, old_secret: str, new_secret: str, data_dir: Path) -> Rotated | None:
    """From one secret to the next; None if that was done already. Raises WrongSecret if the store belongs to neither.

    `client` was connected as `ROTATION`: whoever bears the usual name is a process that must be stopped first.
    """
    with translated():
        meta = client.hgetall(keys.META)
        others = [it for node in masters(client) for it in node.client_list() if it["name"] == NAME]
    if others:
        raise InvalidRequest("stop the service first: other processes are connected to the store")
    if Keyring(new_secret).opens(meta[b"canary"], "canary"):
        return None
    old = Keyring(old_secret)
    old.open(meta[b"canary"], "canary")
    if b"chain" in meta:
        old.adopt(read_chain(old, meta[b"chain"]))
    new = old.next(new_secret)
    return Rotation(client, old, new).run(Journal(data_dir, old), Erasures(data_dir))


def _done(partition: keys.Partition) -> str:
    return f"{partition.tag}:rotated"
