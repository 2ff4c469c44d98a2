"""Reading the ledger, old events in the archive included: the change feed, one contact's history, one past question.

The feed's cursor is a vector, one place per partition; order holds per contact, and by time across contacts read together.
"""

import base64
import re
import zlib
from collections.abc import Iterator

import msgspec

from suppression.errors import InvalidRequest, NotFound
from suppression.history import Asked, Attempted, apply, carried
from suppression.records import Facts
from suppression.seal import Stream
from suppression.store import keys
from suppression.store.connect import Client, translated
from suppression.store.entries import Entries, Entry

_VERDICT = re.compile(r"vrd_([0-9]{2})([0-9]{1,15}-[0-9]{1,6})(r?)\Z")
_asked = msgspec.json.Decoder(Asked)
_facts = msgspec.json.Decoder(Facts)


class Ledger:
    """The record of all events of one store."""

    def __init__(self, client: Client, entries: Entries) -> None:
        self._client = client
        self._entries = entries

    def feed(self, cursor: str | None, limit: int) -> tuple[list[Entry], str]:
        """Up to `limit` events after `cursor`, oldest first, and the cursor to go on from. Raises InvalidRequest."""
        places = _decode_cursor(cursor)
        found = [entry for part in self._entries.heads(places, "ledger", limit) for entry in part]
        page = sorted(found, key=lambda it: (keys.order(it.place), it.partition.number))[:limit]
        for entry in page:
            places[entry.partition.number] = entry.place
        return page, _encode_cursor(places)

    def history(self, partition: keys.Partition, cid: str, up_to: int | None = None) -> Iterator[Entry]:
        """The events of one contact, oldest first, up to a revision."""
        for entry in self._entries.after(partition, "ledger"):
            head = entry.head
            if head.cid != cid:
                continue
            if up_to is not None and head.revision > up_to:
                return
            yield entry

    def questions(self, partition: keys.Partition, cid: str) -> Iterator[tuple[Entry, Asked]]:
        """The checks of one contact, oldest first."""
        for entry in self._entries.after(partition, "questions"):
            if entry.head.cid == cid:
                yield entry, _asked.decode(entry.leaf)

    def question(self, verdict_id: str) -> tuple[Entry, Asked, Facts]:
        """A past question with the facts as they stood, made again from the events. Raises NotFound."""
        entry, asked, revision = self.asked(verdict_id)
        return entry, asked, self.facts_at(entry.partition, entry.head.cid, revision)

    def asked(self, verdict_id: str) -> tuple[Entry, Asked, int]:
        """A past question, and the revision of the facts that it was answered from. Raises NotFound."""
        found = _VERDICT.match(verdict_id)
        if not found or int(found[1]) >= keys.PARTITIONS:
            raise NotFound("no verdict of that id is on file")
        entry = self._entries.at(keys.ALL_PARTITIONS[int(found[1])], stream_of(verdict_id), found[2])
        if entry is None:
            raise NotFound("no verdict of that id is on file")
        return entry, *self._asked(entry, bool(found[3]))

    def facts_at(self, partition: keys.Partition, cid: str, revision: int) -> Facts:
        """The facts of a contact at a past revision: the fold of its events until then."""
        facts: Facts | None = None
        for entry in self.history(partition, cid, revision):
            facts = apply(facts or self._carried(partition, cid, entry.head.revision - 1), entry.event)
        return facts or self._carried(partition, cid, revision)

    def _carried(self, partition: keys.Partition, cid: str, revision: int) -> Facts:
        """What an erasure left to the contact's next id; nothing for a contact never erased."""
        if not revision:
            return Facts()
        with translated():
            fingerprint = self._client.hget(partition.ids, cid)
            stored = self._client.hget(partition.contact(fingerprint.decode()), "facts") if fingerprint else None
        return carried(_facts.decode(stored) if stored else Facts(), revision)

    def _asked(self, entry: Entry, reserved: bool) -> tuple[Asked, int]:
        """A reservation's own event made a revision; its verdict stood on the one before."""
        if not reserved:
            return _asked.decode(entry.leaf), entry.head.revision
        event = entry.event
        if not isinstance(event, Attempted) or event.asked is None:
            raise NotFound("no verdict stands there")
        return event.asked, entry.head.revision - 1


def stream_of(verdict_id: str) -> Stream:
    """Where the question of a verdict stands: a reserving one in the ledger, with its reservation."""
    return "ledger" if verdict_id.endswith("r") else "questions"


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
