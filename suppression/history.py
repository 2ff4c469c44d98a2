"""Events, and what each does to the facts: the facts of a contact are nothing but the fold of its events.

An event is one line of the ledger. It holds no address and no words: those lie encrypted beside it (see store/vault.py).
"""

from datetime import date, datetime, timedelta
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import Struct

from suppression.contact import Contact
from suppression.records import (
    ALL_BRANDS,
    Attempt,
    Audience,
    Block,
    Channel,
    Facts,
    Lift,
    Listing,
    OptOut,
    Outcome,
    Permission,
    Question,
    Reopening,
    Request,
    Review,
)

# The longest rolling period of a frequency cap in the rule files is 30 days; older attempts live on in the ledger.
ATTEMPTS_KEPT = timedelta(days=100)

Identified = TypeVar("Identified", Block, Permission, Review, Attempt, Request, Lift)


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


class Event(Struct, frozen=True, omit_defaults=True, tag_field="type", tag=_snake):
    """One change: `at` is when it was recorded, `by` who did it (`person`, a key's name, an admin's)."""

    at: datetime
    by: str


class OptedOut(Event, frozen=True):
    """The person said STOP."""

    opt_out: OptOut


class OptedIn(Event, frozen=True):
    """The person said START on one channel."""

    reopening: Reopening


class Repeated(Event, frozen=True):
    """A STOP that was on file already: it keeps its date, and stands against whatever was obtained before it was said again."""

    brand: str
    channels: frozenset[Channel]
    via: str
    opt_out_id: str = ""
    said: datetime | None = None


class Heard(Event, frozen=True):
    """A message that changed nothing (help, ordinary words, a late START), kept so that no word is lost."""

    brand: str
    via: str
    label: str


class Blocked(Event, frozen=True):
    """The company put the contact on a list of its own."""

    block: Block


class Unblocked(Event, frozen=True):
    """A block was taken away again."""

    block_id: str


class Permitted(Event, frozen=True):
    """A permission was recorded."""

    permission: Permission


class Withdrawn(Event, frozen=True):
    """A permission ended before its time."""

    permission_id: str


class ReviewOpened(Event, frozen=True):
    """A doubtful message waits for a human."""

    review: Review


class ReviewDecided(Event, frozen=True):
    """A human (or the clock, after 72 hours) decided a review."""

    review_id: str
    decision: Literal["stop", "none"]
    opt_out: OptOut | None = None


class Asked(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="asked"):
    """A check as the ledger keeps it: everything the verdict depends on but the facts, which the ledger has as well.

    `rules` is the digest of the rule files that answered; empty in questions from before it was noted.
    """

    asked_at: datetime
    at: datetime
    channel: Channel
    brand: str
    policy: str
    country: str
    audience: Audience = "consumer"
    purpose: str | None = None
    agent: str = ""
    consent_elsewhere: bool = False
    listings: tuple[Listing, ...] = ()
    rules: str = ""
    caller: str | None = None
    automated: bool = False

    def question(self, contact: Contact) -> Question:
        """The question again, about that contact."""
        return Question(
            contact, self.channel, self.brand, self.at, self.asked_at, self.audience, self.purpose, self.agent,
            self.country, self.consent_elsewhere, self.caller, self.automated,
        )  # fmt: skip


class Attempted(Event, frozen=True):
    """A contact was tried, or its place among the permitted attempts taken, by the check that `asked` says.

    `carried_by` is the permission that was used for it: in some countries its proof is kept from each use (UWG § 7a).
    """

    attempt: Attempt
    asked: Asked | None = None
    carried_by: str = ""


class AttemptClosed(Event, frozen=True):
    """A reservation became an attempt with an outcome, or was released (`outcome` None: it no longer counts)."""

    attempt_id: str
    outcome: Outcome | None = None


class LiftAsked(Event, frozen=True):
    """An admin asked for an opt-out to be lifted, with a written reason."""

    lift: Lift


class LiftApproved(Event, frozen=True):
    """Another admin approved: the opt-outs recorded before are lifted."""

    lift_id: str
    revision: int


class RequestOpened(Event, frozen=True):
    """The person invoked a right; the person is opted out as well by an event of its own."""

    request: Request


class RequestClosed(Event, frozen=True):
    """A request was answered."""

    request_id: str


class Linked(Event, frozen=True):
    """Two contacts belong to one person (a phone shared in Telegram); the other's address lies encrypted in the card."""

    kind: str


class Unlinked(Event, frozen=True):
    """The other contact of the person was erased."""


class Rectified(Event, frozen=True):
    """GDPR art. 16: this address was replaced by another (`old`), or took over from it (`new`); both are linked."""

    kind: str
    side: Literal["old", "new"]


class Scrubbed(Event, frozen=True):
    """A whole file was checked: its SHA-256, the terms, since when, how many of its rows may be contacted.

    `rules` is the digest of the rule files that answered.
    """

    file: str
    began: datetime
    channel: Channel
    brand: str
    rows: int
    allowed: int
    audience: Audience = "consumer"
    purpose: str | None = None
    source: str | None = None
    caller: str | None = None
    automated: bool = False
    rules: str = ""


class RegistryLoaded(Event, frozen=True):
    """A registry came into force: its keeper's date, how many numbers, and the file's size in bytes and SHA-256."""

    registry: str
    version: str
    as_of: date
    numbers: int
    size: int
    file: str


class Purged(Event, frozen=True):
    """Facts past their term of keeping were dropped, and their proofs made unreadable; `ids` names them."""

    ids: tuple[str, ...]


class Restored(Event, frozen=True):
    """A backup brought back what the store had lost of this contact: its facts since, whole."""

    facts: Facts


class Erased(Event, frozen=True):
    """GDPR art. 17: address, words and proofs are gone; the opt-outs stay."""


Change = (
    OptedOut | OptedIn | Repeated | Heard | Blocked | Unblocked | Permitted | Withdrawn | ReviewOpened | ReviewDecided
    | Attempted | AttemptClosed | LiftAsked | LiftApproved | RequestOpened | RequestClosed | Linked | Unlinked | Rectified
    | Scrubbed | RegistryLoaded | Purged | Restored | Erased
)  # fmt: skip


def own_key(event: Change) -> str:
    """The fact under whose own key the private part of an event lies, so that it can be destroyed alone; empty: the contact's."""
    return event.permission.id if isinstance(event, Permitted) else ""


def apply(facts: Facts, event: Change) -> Facts:
    """The facts after one more event; pure, so that the facts of any past revision can be made again."""
    after = _effect(facts, event)
    return msgspec.structs.replace(after, revision=max(facts.revision, after.revision) + 1)


def carried(facts: Facts, revision: int) -> Facts:
    """What is left of a contact's facts by an erasure at that revision, taken from its facts of any later one.

    Opt-outs and reopenings are never taken away, so the older ones among them are the ones that the erasure left.
    """
    return Facts(
        revision,
        tuple(it for it in facts.opt_outs if it.revision <= revision),
        tuple(it for it in facts.reopenings if it.revision <= revision),
        erased_at=facts.erased_at,
    )


def _effect(facts: Facts, event: Change) -> Facts:  # noqa: C901, PLR0911, PLR0912 -- a table of events, one line each
    match event:
        case OptedOut(opt_out=it):
            return _add(msgspec.structs.replace(facts, reviews=_unsettled(facts.reviews, it)), opt_outs=it)
        case Repeated(opt_out_id=it, said=said) if said:
            return msgspec.structs.replace(facts, opt_outs=_said_again(facts, it, said))
        case OptedIn(reopening=it):
            return _add(facts, reopenings=it)
        case Blocked(block=it):
            return _add(facts, blocks=it)
        case Unblocked(block_id=gone):
            return msgspec.structs.replace(facts, blocks=_without(facts.blocks, gone))
        case Permitted(permission=it):
            return _add(facts, permissions=it)
        case Withdrawn(permission_id=it, at=at) if not _is_withdrawn(facts, it):
            return msgspec.structs.replace(facts, permissions=_changed(facts.permissions, it, withdrawn_at=at))
        case ReviewOpened(review=it):
            return _add(facts, reviews=it)
        case ReviewDecided(review_id=it, opt_out=stop):
            decided = msgspec.structs.replace(facts, reviews=_without(facts.reviews, it))
            return _add(decided, opt_outs=stop) if stop else decided
        case Attempted(attempt=it, at=at, carried_by=used):
            permissions = _changed(facts.permissions, used, used_at=it.at)
            kept = msgspec.structs.replace(facts, attempts=_recent(facts.attempts, at), permissions=permissions)
            return _add(kept, attempts=it)
        case AttemptClosed(attempt_id=it, outcome=None):
            return msgspec.structs.replace(facts, attempts=_without(facts.attempts, it))
        case AttemptClosed(attempt_id=it, outcome=outcome):
            return msgspec.structs.replace(facts, attempts=_changed(facts.attempts, it, outcome=outcome))
        case LiftAsked(lift=it):
            return _add(facts, lifts=it)
        case LiftApproved(lift_id=it, revision=revision, by=by):
            return msgspec.structs.replace(facts, lifts=_changed(facts.lifts, it, approved_by=by, revision=revision))
        case RequestOpened(request=it):
            return _add(facts, requests=it)
        case RequestClosed(request_id=it):
            return msgspec.structs.replace(facts, requests=_without(facts.requests, it))
        case Purged(ids=ids):
            return _purged(facts, frozenset(ids))
        case Restored(facts=whole):
            return whole
        case Erased(at=at):
            return Facts(facts.revision, facts.opt_outs, facts.reopenings, erased_at=at)
        case _:
            return facts


def _add(facts: Facts, **one: Any) -> Facts:
    [(name, it)] = one.items()
    return msgspec.structs.replace(facts, **{name: (*getattr(facts, name), it)})


def _without(facts: tuple[Identified, ...], gone: str) -> tuple[Identified, ...]:
    return tuple(it for it in facts if it.id != gone)


def _changed(facts: tuple[Identified, ...], changed: str, **news: Any) -> tuple[Identified, ...]:
    return tuple(msgspec.structs.replace(it, **news) if it.id == changed else it for it in facts)


def _unsettled(reviews: tuple[Review, ...], stop: OptOut) -> tuple[Review, ...]:
    """A plain STOP answers the doubtful messages of its brand."""
    return tuple(it for it in reviews if stop.brand not in (it.brand, ALL_BRANDS) or not it.channels <= stop.channels)


def _said_again(facts: Facts, opt_out_id: str, said: datetime) -> tuple[OptOut, ...]:
    return tuple(
        msgspec.structs.replace(it, repeated_at=max(it.latest, said), revision=facts.revision + 1)
        if it.id == opt_out_id
        else it
        for it in facts.opt_outs
    )


def _is_withdrawn(facts: Facts, permission_id: str) -> bool:
    """The first withdrawal counts: a second one must not lengthen what it ended."""
    return any(it.id == permission_id and it.withdrawn_at for it in facts.permissions)


def _recent(attempts: tuple[Attempt, ...], now: datetime) -> tuple[Attempt, ...]:
    return tuple(it for it in attempts if it.at > now - ATTEMPTS_KEPT)


def _purged(facts: Facts, gone: frozenset[str]) -> Facts:
    kept = {
        name: tuple(it for it in getattr(facts, name) if it.id not in gone)
        for name in ("lifts", "blocks", "permissions", "reviews", "attempts", "requests")
    }
    return msgspec.structs.replace(facts, **kept)
