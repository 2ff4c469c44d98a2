"""Reading the ledger: the change feed, one contact's history, one past question.

The feed's cursor is a vector, one place per partition; order holds per contact, and by time across contacts read together.
"""

import base64
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from suppression.errors import InvalidRequest, NotFound
from suppression.history import Asked, Attempted, Change, apply
from suppression.records import Facts
from suppression.store import keys
from suppression.store.connect import Client, translated
from suppression.store.store import event_id

PAGE = 1000
_VERDICT = re.compile(r"vrd_([0-9]{2})([0-9]{1,15}-[0-9]{1,6})(r?)\Z")
_event = msgspec.json.Decoder(Change)
_asked = msgspec.json.Decoder(Asked)


class Head(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands before the event in each leaf: who (id and commitment), and the contact's revision."""

    who: str
    revision: int
    private: str = ""

    @property
    def cid(self) -> str:
        """The random contact id."""
        return self.who.partition(":")[0]


_head = msgspec.json.Decoder(Head)


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
        return event_id("evt", self.partition.number, self.place.encode())

    @property
    def head(self) -> Head:
        """Who, and at which revision."""
        return _head.decode(self.leaf)

    @property
    def event(self) -> Change:
        """The event itself."""
        event: Change = _event.decode(self.leaf)
        return event


class Ledger:
    """The record of all events of one store."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def feed(self, cursor: str | None, limit: int) -> tuple[list[Entry], str]:
        """Up to `limit` events after `cursor`, oldest first, and the cursor to go on from. Raises InvalidRequest."""
        places = _decode_cursor(cursor)
        with translated():
            pipe = self._client.pipeline(transaction=False)
            for partition, place in zip(keys.ALL_PARTITIONS, places, strict=True):
                pipe.xrange(partition.ledger, f"({place}", "+", limit)
            replies = pipe.execute()
        found = [_entry(p, it) for p, part in zip(keys.ALL_PARTITIONS, replies, strict=True) for it in part]
        page = sorted(found, key=lambda it: (_order(it.place), it.partition.number))[:limit]
        for entry in page:
            places[entry.partition.number] = entry.place
        return page, _encode_cursor(places)

    def history(self, partition: keys.Partition, cid: str, up_to: int | None = None) -> Iterator[Entry]:
        """The events of one contact, oldest first, up to a revision."""
        for entry in self.entries(partition, partition.ledger):
            head = entry.head
            if head.cid != cid:
                continue
            if up_to is not None and head.revision > up_to:
                return
            yield entry

    def questions(self, partition: keys.Partition, cid: str) -> Iterator[tuple[Entry, Asked]]:
        """The checks of one contact, oldest first."""
        for entry in self.entries(partition, partition.questions):
            if entry.head.cid == cid:
                yield entry, _asked.decode(entry.leaf)

    def question(self, verdict_id: str) -> tuple[Entry, Asked, Facts]:
        """A past question with the facts as they stood, made again from the events. Raises NotFound."""
        found = _VERDICT.match(verdict_id)
        if not found or int(found[1]) >= keys.PARTITIONS:
            raise NotFound(f"no verdict {verdict_id[:40]}")
        partition = keys.ALL_PARTITIONS[int(found[1])]
        stream = partition.ledger if found[3] else partition.questions
        with translated():
            rows = self._client.xrange(stream, found[2], found[2])
        if not rows:
            raise NotFound(f"no verdict {verdict_id}")
        entry = _entry(partition, rows[0])
        asked, revision = self._asked(entry, bool(found[3]))
        return entry, asked, self.facts_at(partition, entry.head.cid, revision)

    def facts_at(self, partition: keys.Partition, cid: str, revision: int) -> Facts:
        """The facts of a contact at a past revision: the fold of its events until then."""
        facts = Facts()
        for entry in self.history(partition, cid, revision):
            facts = apply(facts, entry.event)
        return facts

    def entries(self, partition: keys.Partition, stream: str, after: str = "0-0") -> Iterator[Entry]:
        """Every entry of one stream after a place, oldest first, read in pages."""
        while True:
            with translated():
                rows = self._client.xrange(stream, f"({after}", "+", PAGE)
            yield from (_entry(partition, it) for it in rows)
            if len(rows) < PAGE:
                return
            after = rows[-1][0].decode()

    def _asked(self, entry: Entry, reserved: bool) -> tuple[Asked, int]:
        """A reservation's own event made a revision; its verdict stood on the one before."""
        if not reserved:
            return _asked.decode(entry.leaf), entry.head.revision
        event = entry.event
        if not isinstance(event, Attempted) or event.asked is None:
            raise NotFound("no verdict stands there")
        return event.asked, entry.head.revision - 1


def _entry(partition: keys.Partition, row: tuple[bytes, dict[bytes, Any]]) -> Entry:
    return Entry(partition, row[0].decode(), row[1][b"leaf"], row[1].get(b"box", b""))


def _order(place: str) -> tuple[int, int]:
    ms, _, seq = place.partition("-")
    return int(ms), int(seq)


def _encode_cursor(places: list[str]) -> str:
    return base64.urlsafe_b64encode(zlib.compress(",".join(places).encode())).decode().rstrip("=")


def _decode_cursor(cursor: str | None) -> list[str]:
    if not cursor:
        return ["0-0"] * keys.PARTITIONS
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), 4096).decode()
        places = text.split(",")
        if len(places) != keys.PARTITIONS or not all(re.fullmatch(r"\d{1,15}-\d{1,10}", it) for it in places):
            raise ValueError("not a vector of places")
    except (ValueError, zlib.error) as cause:
        raise InvalidRequest("this cursor is none of ours", ({"field": "after", "problem": "unreadable"},)) from cause
    return places
