"""The checks: one small judgement per reason code, in order of weight; the table at the end is the law's checklist.

Each says what it found wrong at an instant, or nothing. Each stands alone: all are asked, none knows the others.
"""

from bisect import bisect_right
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from suppression.contact import Kind
from suppression.policy.calendar import is_day_off, is_within_windows, local
from suppression.policy.case import FOREVER, Case, Standing
from suppression.policy.schema import Clause, Registry
from suppression.records import Channel, Listing, rfc3339

HOUSE = "house"  # a rule of the company's own, not of the law


class Finding(NamedTuple):
    """What a check found: its code, the rule that says so, and what its sentence is filled with."""

    code: str
    rule: str
    since: datetime | None = None
    via: str | None = None
    details: dict[str, Any] | None = None
    clause: Clause | None = None


Check = Callable[[Case, datetime], Finding | None]

# Telegram finds people by their phone number too.
REACHED_BY: dict[Kind, frozenset[Channel]] = {
    Kind.PHONE: frozenset({Channel.VOICE, Channel.SMS, Channel.WHATSAPP, Channel.TELEGRAM}),
    Kind.EMAIL: frozenset({Channel.EMAIL}),
    Kind.TELEGRAM: frozenset({Channel.TELEGRAM}),
    Kind.SENDER: frozenset(),
}


def invalid_contact(case: Case, _now: datetime) -> Finding | None:
    """Nobody can be reached under the name of a sender, nor by a channel that does not lead to such an address."""
    if case.question.channel not in REACHED_BY[case.question.contact.kind]:
        return Finding("invalid_contact", HOUSE)
    return None


def opted_out(case: Case, now: datetime) -> Finding | None:
    """The person said stop, and no later consent stands."""
    for opt_out, reopening in case.opt_outs:
        if not any(consent.at(now) for consent in reopening):
            refusal = case.duties.refusal
            return Finding("opted_out", refusal.rule, opt_out.at, opt_out.via, clause=refusal)
    return None


def blocked(case: Case, now: datetime) -> Finding | None:
    """The company put the contact on a list of its own, not yet ended."""
    standing = [block for block in case.blocks if case.begins(block) <= now < (block.until or FOREVER)]
    if not standing:
        return None
    longest = max(standing, key=lambda block: block.until or FOREVER)
    lists = sorted({block.list for block in standing})
    until = rfc3339(longest.until) if longest.until else None
    return Finding("blocked", HOUSE, longest.at, details={"lists": lists, "until": until})


def pending_review(case: Case, _now: datetime) -> Finding | None:
    """A message that may be an opt-out waits for a human: the whole brand pauses."""
    for review in case.reviews:
        return Finding("pending_review", HOUSE, review.at, review.via)
    return None


def banned_sector(case: Case, now: datetime) -> Finding | None:
    """The law forbids this purpose on this channel, and no permission that it excepts stands."""
    ban = case.ban
    if ban is None or case.has(ban.unless, now):
        return None
    return Finding("banned_sector", ban.rule, details={"purpose": case.question.purpose}, clause=ban)


def no_consent(case: Case, now: datetime) -> Finding | None:
    """A permission is asked for, and none is on file."""
    if not _lacks_permission(case, now) or _other_purpose(case, now) or _run_out(case, now):
        return None
    details = {"caller": case.question.caller}
    return Finding("no_consent", case.duties.clause.rule, details=details, clause=case.duties.clause)


def consent_expired(case: Case, now: datetime) -> Finding | None:
    """A permission is asked for, and the only one for this purpose has run out: the rule is that of its kind."""
    last = _run_out(case, now) if _lacks_permission(case, now) else None
    if last is None:
        return None
    ground = case.duties.grounds[last.basis]
    return Finding("consent_expired", ground.rule, last.end, clause=ground)


def purpose_mismatch(case: Case, now: datetime) -> Finding | None:
    """A permission is asked for, and the one that stands was given for something else."""
    if not _lacks_permission(case, now) or _run_out(case, now) or not (given := _other_purpose(case, now)):
        return None
    details = {"given": given, "purpose": case.question.purpose}
    return Finding("purpose_mismatch", case.duties.clause.rule, details=details, clause=case.duties.clause)


def registry(case: Case, now: datetime) -> Finding | None:
    """The contact stands on a list that forbids (or is missing from one that permits), and nothing outranks it."""
    hits = [hit for hit in case.listings if _is_hit(case, hit) and not _is_outranked(case, hit, now)]
    if not hits:
        return None
    clause = case.duties.registries[hits[0].registry]
    return Finding("registry", clause.rule, details={"registries": [hit.registry for hit in hits]}, clause=clause)


def registry_stale(case: Case, now: datetime) -> Finding | None:
    """A list that the law asks is too old."""
    old = [hit for hit in case.listings if _is_stale(case, hit, now)]
    return _unusable("registry_stale", case, [hit.registry for hit in old if _is_asked(case, hit.registry, now)])


def registry_missing(case: Case, now: datetime) -> Finding | None:
    """A list that the law asks was never loaded."""
    loaded = {listing.registry for listing in case.listings}
    names = [name for name in case.duties.registries if name not in loaded and _is_asked(case, name, now)]
    return _unusable("registry_missing", case, names)


def outside_hours(case: Case, now: datetime) -> Finding | None:
    """It is not one of the hours at which the person may be reached, in some zone where the person may be."""
    return None if is_within_hours(case, now) else _against_hours("outside_hours", case, now)


def holiday(case: Case, now: datetime) -> Finding | None:
    """It is a day off, in some zone where the person may be."""
    return _against_hours("holiday", case, now) if is_holiday(case, now) else None


def frequency_cap(case: Case, now: datetime) -> Finding | None:
    """The brand has tried as often as it may in the rolling period."""
    for cap, tries in case.tries:
        counted = bisect_right(tries, now) - bisect_right(tries, now - timedelta(hours=cap.hours))
        if counted >= cap.attempts:
            details = {"attempts": counted, "most": cap.attempts, "hours": cap.hours}
            return Finding("frequency_cap", cap.rule, details=details, clause=cap)
    return None


CHECKS: tuple[Check, ...] = (
    invalid_contact,
    opted_out,
    blocked,
    pending_review,
    banned_sector,
    no_consent,
    consent_expired,
    purpose_mismatch,
    registry,
    registry_stale,
    registry_missing,
    outside_hours,
    holiday,
    frequency_cap,
)
OF_THE_CLOCK = (outside_hours, holiday)


def _needs_permission(case: Case, now: datetime) -> bool:
    """Whether somebody must have said yes: by law, or because only a later consent reopened an opt-out."""
    if case.opt_outs and not opted_out(case, now):
        return True
    return case.duties.mode == "opt_in" and not case.question.consent_elsewhere


def _lacks_permission(case: Case, now: datetime) -> bool:
    return _needs_permission(case, now) and not case.standing_at(now)


def _run_out(case: Case, now: datetime) -> Standing | None:
    """The permission for this purpose that was the last to run out by itself; a withdrawn one is as if never given."""
    ended = [one for one in case.standings if one.fits and not one.withdrawn and one.start < one.end <= now]
    return max(ended, key=lambda one: one.end, default=None)


def _other_purpose(case: Case, now: datetime) -> str | None:
    return next((one.permission.purpose for one in case.standings if not one.fits and one.at(now)), None)


def _is_hit(case: Case, listing: Listing) -> bool:
    clause = case.duties.registries.get(listing.registry)
    return clause is not None and listing.listed == (clause.listed == "deny")


def _is_outranked(case: Case, listing: Listing, now: datetime) -> bool:
    clause = case.duties.registries[listing.registry]
    if case.has(clause.waived_by, now):
        return True
    return any(_outranks(case, one.permission.obtained_at, one.basis, clause, listing) for one in case.standing_at(now))


def _outranks(case: Case, given: datetime, basis: str, clause: Registry, listing: Listing) -> bool:
    if basis not in clause.outranked_by:
        return False
    if basis != "consent" or not clause.later_consent_only:
        return True
    days = [local(given, zone).date() for zone in case.place.zones]
    return bool(days) and min(days) > listing.as_of


def _is_asked(case: Case, name: str, now: datetime) -> bool:
    return not case.has(case.duties.registries[name].waived_by, now)


def _is_stale(case: Case, listing: Listing, now: datetime) -> bool:
    return listing.registry in case.duties.registries and now >= case.stale_from(listing)


def _unusable(code: str, case: Case, names: list[str]) -> Finding | None:
    if not names:
        return None
    clause = case.duties.registries[names[0]]
    return Finding(code, clause.rule, details={"registries": names}, clause=clause)


def is_within_hours(case: Case, now: datetime) -> bool:
    """Whether all zones agree that it is an hour for it; of an unknown place nobody can say so."""
    table, place = case.duties.hours, case.place
    if table is None:
        return True
    return bool(place.zones) and all(is_within_windows(table, place.holidays, zone, now) for zone in place.zones)


def is_holiday(case: Case, now: datetime) -> bool:
    """Whether it is a day off that counts, in some zone where the person may be."""
    table, place = case.duties.hours, case.place
    return table is not None and any(is_day_off(table, place.holidays, zone, now) for zone in place.zones)


def _against_hours(code: str, case: Case, now: datetime) -> Finding | None:
    table = case.duties.hours
    if table is None or case.has(table.clause.lifted_by, now):
        return None
    return Finding(code, table.clause.rule, clause=table.clause)
