"""The case: a question with the law that answers it and what on file bears on it, while one epoch lasts.

It gathers and never judges; the judgements, one per reason code, stand in `checks.py`.

What is on file has happened: where a block, an attempt or a withdrawal bears a later instant than that of asking, another
host's clock is ahead, and it counts from the instant of asking on. Else two hosts might both take the last attempt.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from unicodedata import normalize

from msgspec import Struct

from suppression.policy.calendar import DAY, end_of_working_days, local, midnight
from suppression.policy.places import Whereabouts, whereabouts
from suppression.policy.rulebook import Duties, Epoch, Rulebook
from suppression.policy.schema import Ban, Cap, Ground
from suppression.records import (
    ALL_BRANDS,
    Attempt,
    Basis,
    Block,
    Facts,
    Listing,
    OptOut,
    Permission,
    Question,
    Reopening,
    Review,
)

FOREVER = datetime.max.replace(tzinfo=UTC)
EASTERNMOST = "Pacific/Kiritimati"  # where each day begins first


class Standing(NamedTuple):
    """A permission of a kind that the law accepts, and the half-open span in which it stands.

    `fits` is false where it was given for another purpose; `withdrawn` where the person took it back.
    """

    permission: Permission
    basis: Basis
    start: datetime
    end: datetime
    fits: bool
    withdrawn: bool

    def at(self, now: datetime) -> bool:
        """Whether it stands at that instant."""
        return self.start <= now < self.end


class Case(Struct, frozen=True, eq=False):
    """What bears on one question from `start` to `end`: one epoch of the law, the facts of its brand and channel.

    `opt_outs` are those that neither a START nor a lift took back, oldest first, each with the later consents that
    reopen it while they stand; `standings` come in the order in which the law names the bases; `tries` are, for each
    cap, the sorted instants of the attempts that it counts; `ban` is what the purpose meets.
    """

    question: Question
    listings: tuple[Listing, ...]
    place: Whereabouts
    epoch: Epoch
    duties: Duties
    start: datetime
    end: datetime
    opt_outs: tuple[tuple[OptOut, tuple[Standing, ...]], ...]
    blocks: tuple[Block, ...]
    reviews: tuple[Review, ...]
    standings: tuple[Standing, ...]
    tries: tuple[tuple[Cap, list[datetime]], ...]
    ban: Ban | None

    def standing_at(self, now: datetime) -> tuple[Standing, ...]:
        """The permissions that stand and fit the purpose at that instant."""
        return tuple(one for one in self.standings if one.fits and one.start <= now < one.end)

    def has(self, bases: tuple[Basis, ...], now: datetime) -> bool:
        """Whether a permission of one of these kinds stands and fits."""
        if not bases or not self.standings:
            return False
        return any(one.basis in bases and one.fits and one.at(now) for one in self.standings)

    def begins(self, block: Block) -> datetime:
        """From when on a block counts."""
        return min(block.at, self.question.asked_at)

    def stale_from(self, listing: Listing) -> datetime:
        """The first instant at which a registry is too old: the day after its last good one, where that comes first."""
        day = listing.as_of + timedelta(days=self.duties.registries[listing.registry].days) + DAY
        return min((midnight(day, zone) for zone in self.place.zones), default=midnight(day, EASTERNMOST))


def cases(
    facts: Facts, question: Question, rules: Rulebook, now: datetime, listings: tuple[Listing, ...]
) -> Iterator[Case]:
    """The case at `now`, then the same at each later date of effect."""
    place = whereabouts(question.contact, question.country, rules)
    epochs = place.law.epochs
    for index in range(place.law.place_in_time(now), len(epochs)):
        end = epochs[index + 1].since if index + 1 < len(epochs) else FOREVER
        yield _case(facts, question, listings, place, (max(now, epochs[index].since), end))


def _case(
    facts: Facts,
    question: Question,
    listings: tuple[Listing, ...],
    place: Whereabouts,
    span: tuple[datetime, datetime],
) -> Case:
    epoch = place.law.in_force(span[0])
    duties = epoch.duties_for(place.territory, question.channel, question.audience, question.automated)
    standings = tuple(_standings(facts, question, duties, place))
    return Case(
        question=question,
        listings=listings,
        place=place,
        epoch=epoch,
        duties=duties,
        start=span[0],
        end=span[1],
        opt_outs=_opt_outs(facts, question, standings),
        blocks=tuple(block for block in facts.blocks if _covers(block, question)),
        reviews=tuple(review for review in facts.reviews if _is_brands(review, question)),
        standings=standings,
        tries=tuple((cap, _tries(facts, question, cap)) for cap in duties.caps),
        ban=next((ban for ban in duties.bans if is_about(question.purpose, ban.purposes)), None),
    )


def is_about(purpose: str | None, sector: Iterable[str]) -> bool:
    """Whether a purpose, however it is spelt, names one of a sector's words."""
    said = f"_{folded(purpose)}_" if purpose else ""
    return any(f"_{it}_" in said for it in sector)


@lru_cache(maxsize=1024)
def folded(purpose: str) -> str:
    """A purpose without accents, capitals and punctuation: "Rénovation énergétique" is `renovation_energetique`."""
    plain = normalize("NFKD", purpose.casefold()).encode("ascii", "ignore").decode()
    return "_".join(re.findall(r"[a-z0-9]+", plain))


def _is_brands(fact: OptOut | Block | Permission | Review | Attempt, question: Question) -> bool:
    return fact.brand in (question.brand, ALL_BRANDS)


def _covers(fact: OptOut | Block | Permission, question: Question) -> bool:
    return _is_brands(fact, question) and question.channel in fact.channels


def _tries(facts: Facts, question: Question, cap: Cap) -> list[datetime]:
    channels = cap.channels or (question.channel,)
    counted = (one.at for one in facts.attempts if one.channel in channels and _is_brands(one, question))
    return sorted(min(at, question.asked_at) for at in counted)


# ---- the person's own word


def _opt_outs(
    facts: Facts, question: Question, standings: tuple[Standing, ...]
) -> tuple[tuple[OptOut, tuple[Standing, ...]], ...]:
    kept = [one for one in facts.opt_outs if _covers(one, question) and not _is_taken_back(one, facts, question)]
    kept.sort(key=lambda opt_out: opt_out.at)
    return tuple((opt_out, _reopening(opt_out, standings)) for opt_out in kept)


def _reopening(opt_out: OptOut, standings: tuple[Standing, ...]) -> tuple[Standing, ...]:
    """The consents given after the opt-out's instant and recorded after it."""
    return tuple(
        one
        for one in standings
        if one.basis == "consent"
        and one.permission.obtained_at > opt_out.latest
        and one.permission.revision > opt_out.revision
    )


def _is_taken_back(opt_out: OptOut, facts: Facts, question: Question) -> bool:
    """Whether the person's later START on this channel, or two admins, took the opt-out back."""
    return any(_starts(reopening, opt_out, question) for reopening in facts.reopenings) or any(
        lift.approved_by is not None and (lift.revision or 0) > opt_out.revision for lift in facts.lifts
    )


def _starts(reopening: Reopening, opt_out: OptOut, question: Question) -> bool:
    whose = question.brand if opt_out.brand == ALL_BRANDS else opt_out.brand
    return (
        reopening.channel == question.channel
        and reopening.brand in (opt_out.brand, whose)
        and reopening.revision > opt_out.revision
        and reopening.at >= opt_out.latest
    )


# ---- permissions


def _standings(facts: Facts, question: Question, duties: Duties, place: Whereabouts) -> Iterator[Standing]:
    for basis, ground in duties.grounds.items():
        for permission in facts.permissions:
            if (
                permission.basis == basis
                and (permission.automated or not ground.automated)
                and _covers(permission, question)
                and _is_shared(permission, question)
                and not _was_ended(permission, facts, question)
            ):
                yield _standing(permission, ground, question, place)


def _is_shared(permission: Permission, question: Question) -> bool:
    """A consent serves a third-party caller only if it names it: R223-1 asks so, and EU law of whoever relies on one."""
    if question.caller is None or permission.basis != "consent":
        return True
    caller = _name(question.caller)
    return bool(caller) and caller in map(_name, permission.shared_with)


def _name(given: str) -> str:
    """A company's name without capitals and odd spaces; letters of every script count."""
    return " ".join(normalize("NFKC", given).casefold().split())


def _was_ended(permission: Permission, facts: Facts, question: Question) -> bool:
    """Whether an opt-out ended this consent: one that covers it and is not older, or was recorded later.

    It stays ended when the opt-out is taken back: a START opens the channel, it does not give the consent again.
    """
    return permission.basis == "consent" and any(
        permission.revision < opt_out.revision or permission.obtained_at <= opt_out.latest
        for opt_out in facts.opt_outs
        if _covers(opt_out, question)
    )


def _standing(permission: Permission, ground: Ground, question: Question, place: Whereabouts) -> Standing:
    start, end = _span(permission, ground, place)
    if permission.valid_until:
        end = min(end, permission.valid_until + timedelta(days=ground.days_after_end))
    taken_back = min(permission.withdrawn_at, question.asked_at) if permission.withdrawn_at else FOREVER
    fits = None in (permission.purpose, question.purpose) or folded(permission.purpose or "") == folded(
        question.purpose or ""
    )
    withdrawn = permission.withdrawn_at is not None and taken_back <= end
    return Standing(permission, ground.basis, start, min(end, taken_back), fits, withdrawn)


def _span(permission: Permission, ground: Ground, place: Whereabouts) -> tuple[datetime, datetime]:
    given = permission.obtained_at
    if ground.basis == "appointment":
        return _around(permission, ground)
    if ground.working_days:
        return given, _end_of_working_days(given, ground, place)
    return given, given + timedelta(days=ground.days) if ground.days else FOREVER


def _end_of_working_days(given: datetime, ground: Ground, place: Whereabouts) -> datetime:
    """The end of the last working day where it comes first; where nobody knows the zone, the request never stands."""
    days, week, off = ground.working_days or 0, ground.working_week, place.holidays
    ends = (end_of_working_days(local(given, zone).date(), days, week, zone, off) for zone in place.zones)
    return min(ends, default=given)


def _around(permission: Permission, ground: Ground) -> tuple[datetime, datetime]:
    agreed = permission.appointment
    if agreed is None:
        return FOREVER, FOREVER
    start = agreed - timedelta(minutes=ground.minutes_before)
    return max(start, permission.obtained_at), agreed + timedelta(minutes=ground.minutes_after)
