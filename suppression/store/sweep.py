"""Going over everything on file of one partition, for what must end by itself: retention.

It only finds and removes; what is past its term is decided by suppression/retention.py.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice

from suppression.seal import STREAMS
from suppression.store import keys, vault
from suppression.store.connect import Script, translated
from suppression.store.entries import Entries
from suppression.store.store import Snapshot, Store, decode_facts

BATCH = 500
PURGED = b'"type":"purged"'

# The record of a contact whose card is gone, unless something was recorded of it since.
DROP = Script("""
if redis.call("HEXISTS", KEYS[1], "who") == 1 or redis.call("HGET", KEYS[1], "rev") ~= ARGV[1] then return 0 end
return redis.call("DEL", KEYS[1])
""")


def snapshots(store: Store, partition: keys.Partition) -> Iterator[Snapshot]:
    """Every readable contact of a partition, found by its random id, read in batches; erased ones have none."""
    with translated():
        known = store.client.hscan_iter(partition.ids, count=BATCH)
        pairs = (mark.decode() for name, mark in known if b"_" not in name and b"@" not in name)
        while batch := list(islice(pairs, BATCH)):
            yield from _read(store, partition, batch)


def silent_since(entries: Entries, partition: keys.Partition, cids: Sequence[str], horizon: datetime) -> frozenset[str]:
    """Which of these contacts no event and no check has concerned since an instant; reads all that was recorded since.

    Our own purges do not count: they would keep awake what they put to sleep.
    """
    silent = set(cids)
    for stream in STREAMS:
        for entry in entries.after(partition, stream, place_of(horizon)) if silent else ():
            if PURGED not in entry.leaf:
                silent.discard(entry.head.cid)
            if not silent:
                break
    return frozenset(silent)


def holds_older(entries: Entries, partition: keys.Partition, horizon: datetime) -> bool:
    """Whether a partition has any line older than an instant: in the first years there is nothing to look for."""
    oldest = (next(entries.after(partition, stream), None) for stream in STREAMS)
    return any(it is not None and keys.order(it.place) < keys.order(place_of(horizon)) for it in oldest)


def drop(store: Store, fingerprint: str, revision: int) -> bool:
    """Removes the record of a contact just erased, fingerprint and all; False if something came in meanwhile."""
    name = keys.of_fingerprint(fingerprint).contact(fingerprint)
    with translated():
        return bool(DROP.run(store.client, [name], [revision]))


def place_of(instant: datetime) -> str:
    """The place in a stream at which an instant begins."""
    return f"{max(int(instant.astimezone(UTC).timestamp() * 1000), 0)}-0"


def _read(store: Store, partition: keys.Partition, fingerprints: Sequence[str]) -> Iterator[Snapshot]:
    pipe = store.client.pipeline(transaction=False)
    for it in fingerprints:
        pipe.hmget(partition.contact(it), "card", "facts")
    for fingerprint, (card, facts) in zip(fingerprints, pipe.execute(), strict=True):
        if card:
            opened = vault.decode(card)
            yield Snapshot(vault.open_card(store.keyring, opened).contact, fingerprint, opened, decode_facts(facts))
