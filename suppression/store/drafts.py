"""A change on its way: as it was decided, as it is sent, and what became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from suppression.contact import Contact
from suppression.errors import KeyReused, StoreUnavailable
from suppression.history import Change
from suppression.records import Facts
from suppression.store import keys, vault
from suppression.store.connect import Call

FOREVER = 0


@dataclass(frozen=True, slots=True)
class Once:
    """What makes a message the same as one taken in before: its key, and what it asked for.

    `days` is how long it is remembered; FOREVER (0) for whatever reopens a contact, so that a replay does nothing.
    """

    key: str
    request: str = ""
    days: int = 400


@dataclass(frozen=True, slots=True)
class Draft:
    """A change as decided: the event, what is private about it, and the places where it must be found again.

    `ids` are the new ids by which this contact can be looked up, `dropped` those that end; `due` maps what waits for
    somebody (`review|<id>`) to its instant, `settled` names what no longer waits; `link` is another contact of the person.
    """

    event: Change
    answer: Mapping[str, Any] = field(default_factory=dict)
    private: Mapping[str, Any] | None = None
    ids: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    due: Mapping[str, datetime] = field(default_factory=dict)
    settled: tuple[str, ...] = ()
    link: Contact | None = None
    unlink: Contact | None = None
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a change: its event, the answer given, the contact's card and revision.

    `repeated`: the very message was taken in before, and this is what was answered then.
    """

    event_id: str
    answer: dict[str, Any]
    repeated: bool
    card: vault.Card | None = None
    revision: int = 0


class Wanted(NamedTuple):
    """A change that somebody waits for: to which contact, what is to be decided on its facts, and what makes it once."""

    contact: Contact
    make: Callable[[Facts, keys.Partition], Draft]
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One contact as it stands: card (None if never seen), its readable side, and facts."""

    contact: Contact
    fingerprint: str
    card: vault.Card | None
    facts: Facts

    @property
    def partition(self) -> keys.Partition:
        """Where everything of this contact lives."""
        return keys.of_fingerprint(self.fingerprint)


class Commit(NamedTuple):
    """A change ready to be sent: what it was decided on, the digest of its request, the revision that it makes."""

    call: Call
    now: Snapshot
    draft: Draft
    asked: str
    revision: int

    def receipt(self, reply: list[bytes]) -> Receipt | None:
        """What the script answered: None if the contact had moved on. Raises KeyReused."""
        if reply[0] == b"moved":
            return None
        if reply[0] == b"done":
            place, answer, repeated = reply[1], dict(self.draft.answer), False
        else:
            request, place, stored = reply[1].split(b"|", 2)
            if request.decode() != self.asked:
                raise KeyReused("the same idempotency key came with another request")
            answer, repeated = msgspec.json.decode(stored), True
        event = keys.event_id("evt", self.now.partition.number, place)
        return Receipt(event, answer, repeated, self.now.card, self.revision)


def receipt_of(commit: Commit, reply: Any) -> Receipt | Exception | None:
    """As `receipt`, where a refusal may stand instead of a reply, and is an answer as well."""
    if isinstance(reply, Exception):
        return StoreUnavailable(f"the store refused: {reply}")
    try:
        return commit.receipt(reply)
    except KeyReused as why:
        return why


def indexed(now: Snapshot, card: vault.Card, draft: Draft, erased: bool) -> list[object]:
    """The arguments of commit.lua from the 13th on."""
    own = "" if now.card or erased else card.cid
    ended = [*draft.dropped, *((card.cid,) if erased else ())]
    due = [it for member, instant in draft.due.items() for it in (instant.timestamp(), member)]
    sizes = (len(draft.ids), len(ended), len(draft.due), len(draft.settled))
    return [now.fingerprint, own, *sizes, *draft.ids, *ended, *due, *draft.settled]


def counted(event: Change) -> str:
    """The field of the counts that an event adds to: its type, and of an opt-out the brand as well (`opted_out|acme`)."""
    tag, opt_out = type(event).__struct_config__.tag, getattr(event, "opt_out", None)
    return f"{tag}|{opt_out.brand}" if opt_out else str(tag)
