"""Sealing: everything recorded since the last seal gets a new one, chained to it and signed, as a file of the archive.

What a run does follows from the archive alone, so a run that was killed at any point is simply run again: a seal is there whole
or not at all, and the next one begins where the last one ends. The archive never overwrites, so two workers cannot fork the chain;
the store remembers the newest seal, so that one taken away, or a worker with another archive, shows.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from suppression import merkle
from suppression import seal as form
from suppression.errors import LedgerBroken
from suppression.keyring import Keyring
from suppression.ports import Archive
from suppression.seal import NONE_BEFORE, STREAMS, Part, Seal, Stream
from suppression.store import directory, keys
from suppression.store.connect import Client, fails_over, on_disk, translated
from suppression.store.entries import START, Entries, Entry, stream_key
from suppression.store.lease import lease

FOLDER = "seals"
SEALER = "sealer"  # field of the meta hash: the data directory that seals, where several serve the store
ACCEPTED = "accepted_seal"  # field of the meta hash: the newest seal when an older copy was taken as it is
# Without a new event; a seal bounds the time in which something could have been put in before it.
LONGEST = timedelta(hours=1)
MOST = 100_000  # lines of one stream in one seal; what is beyond waits for the next, at once
HIGHEST = 2**64 - 1  # of the second half of a place
SWEEP = 200  # lines read of each stream at first; a minute rarely has more


class Seals:
    """The seals of one store, in one archive."""

    def __init__(
        self, client: Client, archive: Archive, keyring: Keyring, data_dir: Path, wait_for_disk: Callable[[], bool]
    ) -> None:
        """`wait_for_disk`: the server does not sync each write by itself, so what is read is sealed only after WAITAOF.

        Where a replica may take over, it is sealed only once the replicas have it: a seal over what a new master lacks refuses it.
        """
        self.client = client
        self.archive = archive
        self.entries = Entries(client, archive)
        self.lock = data_dir / "archive.lock"
        self.alone = True  # else several hosts serve the store, and one of them seals
        self._data_dir = data_dir
        self._keyring = keyring
        self._wait_for_disk = wait_for_disk

    @property
    def key(self) -> str:
        """The public key, as seals name it; read when used, since the store hands over the first secret's."""
        return form.key_of(self._keyring.ledger_seed)

    def seal(self, now: datetime) -> Seal | None:
        """One new seal over everything new; None if there is nothing new, or another worker is at it.

        Raises StoreUnavailable, ArchiveUnavailable, and LedgerBroken if seals were taken away or changed.
        """
        with lease(self.lock) as mine:
            return self._seal(now) if mine else None

    def attest(self, message: bytes) -> str:
        """The ledger key's signature under what is told of a sealed line."""
        return form.attest(message, self._keyring.ledger_seed)

    def last(self) -> Seal | None:
        """The newest seal, None before the first. Raises LedgerBroken unless the one that the store remembers is there."""
        number, remembered = self.remembered()
        if remembered and not self.alone and self.archive.get(name_of(number)) is None:
            return None  # it lies with the host that seals; older copies are that one's to find
        if remembered and self.get(number).hash != remembered:
            raise LedgerBroken(f"{name_of(number)} is not the seal that the store remembers")
        number = number or len(self.archive.list(FOLDER))
        while self.archive.get(name_of(number + 1)):
            number += 1
        return self.get(number) if number else None

    def get(self, number: int) -> Seal:
        """A seal by its number. Raises LedgerBroken."""
        content = self.archive.get(name_of(number))
        if content is None:
            raise LedgerBroken(f"{name_of(number)} is missing from the archive")
        return form.decode(content)

    def remembered(self) -> tuple[int, str]:
        """Number and hash of the newest seal as the store remembers it; 0 and nothing before the first."""
        with translated():
            found = self.client.get(keys.SEALED)
        number, _, known = (found or b"0:").decode().partition(":")
        return int(number), known

    def older_by(self) -> int:
        """How many sealed streams end before their seal says: more than 0 means that the store is an older copy of itself."""
        last = self.last()
        with translated():
            if last is None or int(self.client.hget(keys.META, ACCEPTED) or 0) >= last.number:
                return 0
        ends = [
            (stream_key(it, stream), ends_of(last, stream)[it.number])
            for stream in STREAMS
            for it in keys.ALL_PARTITIONS
        ]
        reached = self.entries.ends([name for name, _ in ends])
        return sum(keys.order(has) < keys.order(end) for has, (_, end) in zip(reached, ends, strict=True))

    def accept_older(self) -> None:
        """What is lost is known to be lost: the store may serve as it is. `ledger verify` goes on naming it."""
        last = self.last()
        with translated():
            self.client.hset(keys.META, ACCEPTED, last.number if last else 0)

    def archived_up_to(self) -> dict[keys.Partition, str]:
        """The last place of each partition's ledger that stands in a sealed file."""
        return {it: self.entries.segments.end(it, "ledger") for it in keys.ALL_PARTITIONS}

    def covering(self, partition: keys.Partition, stream: Stream, place: str) -> Seal | None:
        """The seal over the line at that place, or None while it is not sealed."""
        last = self.last()
        if last is None or not _reaches(last, partition, stream, place):
            return None
        lowest, highest = 1, last.number
        while lowest < highest:
            middle = (lowest + highest) // 2
            if _reaches(self.get(middle), partition, stream, place):
                highest = middle
            else:
                lowest = middle + 1
        return self.get(lowest)

    def sealed(self, partition: keys.Partition, part: Part) -> list[Entry]:
        """The lines that a seal's part covers."""
        found = []
        for entry in self.entries.after(partition, part.stream, _just_before(part.first)):
            if keys.order(entry.place) > keys.order(part.last):
                break
            found.append(entry)
        return found

    def _seal(self, now: datetime) -> Seal | None:
        if not self.alone and not directory.is_first(self.client, self._data_dir, SEALER):
            return None
        last = self.last()
        parts = tuple(self._parts(last))
        if not parts and last and now - datetime.fromisoformat(last.sealed_at) < LONGEST:
            return None
        if self._wait_for_disk() or fails_over(self.client):  # else the server has synced each write by itself
            on_disk(self.client, [it.mark for it in keys.ALL_PARTITIONS], self._wait_for_disk())
        seal = form.sign(_next(last, parts, now), self._keyring.ledger_seed)
        if not self.archive.put(name_of(seal.number), form.encode(seal)):
            return None  # somebody with another lock was faster
        self.archive.put(form.KEY_FILE, form.pem_of(self.key).encode())
        with translated():
            self.client.set(keys.SEALED, f"{seal.number}:{seal.hash}")
        return seal

    def _parts(self, last: Seal | None) -> Iterator[Part]:
        for stream in STREAMS:
            ends = ends_of(last, stream)
            heads = self.entries.heads(ends, stream, SWEEP)
            for partition, end, head in zip(keys.ALL_PARTITIONS, ends, heads, strict=True):
                if head:
                    lines = self.entries.after(partition, stream, end) if len(head) == SWEEP else iter(head)
                    yield _part(partition, stream, lines)


def ends_of(seal: Seal | None, stream: Stream) -> tuple[str, ...]:
    """The last sealed place of each partition."""
    return seal.ends[stream] if seal else (START,) * keys.PARTITIONS


def is_full(seal: Seal) -> bool:
    """Whether lines may have been left for the next one."""
    return any(it.count >= MOST for it in seal.parts)


def name_of(number: int) -> str:
    """The file of a seal in the archive."""
    return f"{FOLDER}/{number:09d}.json"


def hash_of(entry: Entry) -> bytes:
    """The leaf hash of a line."""
    return merkle.leaf_hash(form.leaf(entry.place, entry.leaf))


def _part(partition: keys.Partition, stream: Stream, lines: Iterator[Entry]) -> Part:
    hashes, first, last = [], "", ""
    for entry in islice(lines, MOST):
        first, last = first or entry.place, entry.place
        hashes.append(hash_of(entry))
    return Part(partition.number, stream, first, last, len(hashes), merkle.root(hashes).hex())


def _next(last: Seal | None, parts: tuple[Part, ...], now: datetime) -> Seal:
    ends = {stream: list(ends_of(last, stream)) for stream in STREAMS}
    for it in parts:
        ends[it.stream][it.partition] = it.last
    return Seal(
        number=last.number + 1 if last else 1,
        sealed_at=now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        previous=last.hash if last else NONE_BEFORE,
        parts=parts,
        ends={stream: tuple(it) for stream, it in ends.items()},
        root=form.root_of(parts),
        key="",
    )


def _just_before(place: str) -> str:
    ms, seq = keys.order(place)
    return f"{ms}-{seq - 1}" if seq else f"{ms - 1}-{HIGHEST}"


def _reaches(seal: Seal, partition: keys.Partition, stream: Stream, place: str) -> bool:
    return keys.order(seal.ends[stream][partition.number]) >= keys.order(place)
