"""The lines of the ledger as stored: in the streams of Redis, and, once sealed and old, in the archive.

A reader of a whole stream sees both as one, oldest first, even while lines move from one to the other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from suppression.history import Change
from suppression.ports import Archive
from suppression.seal import Stream
from suppression.store import keys
from suppression.store.connect import Client, translated
from suppression.store.segments import Line, Segments

PAGE = 1000
START = "0-0"


class Head(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands before the event in each leaf: who (id and commitment), and the contact's revision."""

    who: str
    revision: int
    private: str = ""

    @property
    def cid(self) -> str:
        """The random contact id."""
        return self.who.partition(":")[0]

    @property
    def commitment(self) -> str:
        """The salted commitment to the contact's address."""
        return self.who.partition(":")[2]


_head = msgspec.json.Decoder(Head)
_event = msgspec.json.Decoder(Change)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger as stored: its partition, place, sealed leaf and private box."""

    partition: keys.Partition
    place: str
    leaf: bytes
    box: bytes = b""

    @property
    def id(self) -> str:
        """The public event id."""
        return keys.event_id("evt", self.partition.number, self.place.encode())

    @property
    def head(self) -> Head:
        """Who, and at which revision."""
        return _head.decode(self.leaf)

    @property
    def event(self) -> Change:
        """The event itself."""
        event: Change = _event.decode(self.leaf)
        return event


class Entries:
    """Reads the lines of one store and its archive."""

    def __init__(self, client: Client, archive: Archive) -> None:
        self._client = client
        self.segments = Segments(archive)

    def after(self, partition: keys.Partition, stream: Stream, place: str = START) -> Iterator[Entry]:
        """Every line of a stream after a place, oldest first, read in pages. Raises LedgerBroken for a damaged segment."""
        while True:
            for span in self.segments.after(partition, stream, place):
                yield from self._of_segment(partition, span.name, place)
                place = span.last
            page = self._page(partition, stream, place)
            if self.segments.after(partition, stream, place):
                continue  # lines moved while the page was read, so it may have a gap
            yield from page
            if len(page) < PAGE:
                return
            place = page[-1].place

    def at(self, partition: keys.Partition, stream: Stream, place: str) -> Entry | None:
        """The line at one place; a young one costs one read."""
        with translated():
            rows = self._client.xrange(stream_key(partition, stream), place, place)
        if rows:
            return entry(partition, rows[0])
        span = self.segments.holding(partition, stream, place)
        found = self.segments.lines(span.name) if span else ()
        return next((_entry_of(partition, it) for it in found if it.place == place), None)

    def was_moved(self, partition: keys.Partition, place: str) -> bool:
        """Whether an event stands in the archive, and this store's own stream has gone beyond it and begins behind it."""
        if not self.segments.holding(partition, "ledger", place):
            return False
        with translated():
            pipe = self._client.pipeline(transaction=False)
            pipe.xinfo_stream(partition.ledger)
            [stream] = pipe.execute(raise_on_error=False)
        if isinstance(stream, Exception):  # there is none: nothing was ever in it
            return False
        first, last = stream["recorded-first-entry-id"].decode(), stream["last-generated-id"].decode()
        is_before = first == START or keys.order(place) < keys.order(first)
        return is_before and keys.order(place) <= keys.order(last) and self.at(partition, "ledger", place) is not None

    def heads(self, places: Sequence[str], stream: Stream, count: int) -> list[list[Entry]]:
        """Up to `count` lines after a place in each of the 64 partitions, in two round trips at most."""
        with translated():
            pipe = self._client.pipeline(transaction=False)
            for partition, place in zip(keys.ALL_PARTITIONS, places, strict=True):
                pipe.xrange(stream_key(partition, stream), f"({place}", "+", count)
            replies = pipe.execute()
        young = [[entry(p, it) for it in rows] for p, rows in zip(keys.ALL_PARTITIONS, replies, strict=True)]
        return [
            self._with_old(partition, stream, place, rows, count)
            for partition, place, rows in zip(keys.ALL_PARTITIONS, places, young, strict=True)
        ]

    def ends(self, streams: Sequence[str]) -> list[str]:
        """The last place that each stream ever gave out, `0-0` where there is none."""
        with translated():
            pipe = self._client.pipeline(transaction=False)
            for name in streams:
                pipe.xinfo_stream(name)
            return [
                START if isinstance(it, Exception) else it["last-generated-id"].decode()
                for it in pipe.execute(raise_on_error=False)
            ]

    def _with_old(
        self, partition: keys.Partition, stream: Stream, place: str, young: list[Entry], count: int
    ) -> list[Entry]:
        """The archive is asked after Redis was, so that what moves in between is in one of the two, or in both."""
        old: list[Entry] = []
        for span in self.segments.after(partition, stream, place):
            old += self._of_segment(partition, span.name, place)
            place = span.last
            if len(old) >= count:
                return old[:count]
        return [*old, *(it for it in young if keys.order(it.place) > keys.order(place))][:count] if old else young

    def _of_segment(self, partition: keys.Partition, name: str, place: str) -> Iterator[Entry]:
        for line in self.segments.lines(name):
            if keys.order(line.place) > keys.order(place):
                yield _entry_of(partition, line)

    def _page(self, partition: keys.Partition, stream: Stream, place: str) -> list[Entry]:
        with translated():
            rows = self._client.xrange(stream_key(partition, stream), f"({place}", "+", PAGE)
        return [entry(partition, it) for it in rows]


def stream_key(partition: keys.Partition, stream: Stream) -> str:
    """The key of a stream in Redis."""
    return partition.ledger if stream == "ledger" else partition.questions


def entry(partition: keys.Partition, row: tuple[bytes, dict[bytes, Any]]) -> Entry:
    """The line that a row of a stream holds; a row that is none of ours has an empty leaf."""
    return Entry(partition, row[0].decode(), row[1].get(b"leaf", b""), row[1].get(b"box", b""))


def _entry_of(partition: keys.Partition, line: Line) -> Entry:
    return Entry(partition, line.place, line.leaf.encode(), line.box)
