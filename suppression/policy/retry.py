"""When to ask again: the first instant at which the same facts give an `allow`.

Between two instants at which something on file begins or ends, only the clock changes the answer. So the stretches
between them are tried in order, and in each the first opening of the hours is looked for.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from suppression.contact import Kind
from suppression.policy.calendar import DAY, openings
from suppression.policy.case import FOREVER, Case
from suppression.policy.checks import CHECKS, OF_THE_CLOCK, Check
from suppression.policy.schema import Cap

# Every law opens some hour within two months, or never: then waiting does not help.
HORIZON = 60 * DAY
LATEST = datetime(2200, 1, 1, tzinfo=UTC)  # nobody waits so long; files write "never" as the year 9999
LASTING: tuple[Check, ...] = tuple(check for check in CHECKS if check not in OF_THE_CLOCK)


def retry_at(cases: Iterable[Case]) -> datetime | None:
    """The first instant at which one of the cases, in the order of time, is an `allow`; None where none ever is."""
    hopeful = (case for case in cases if not _is_hopeless(case))
    tried = (_first_allowed(case, start, end) for case in hopeful for start, end in _stretches(case))
    return next((found for found in tried if found), None)


def _is_hopeless(case: Case) -> bool:
    """What no waiting heals: no address, a human's decision, the person's own word without any later consent."""
    if case.question.contact.kind is Kind.SENDER or case.reviews:
        return True
    return any(not reopening for _, reopening in case.opt_outs)


def _first_allowed(case: Case, start: datetime, end: datetime) -> datetime | None:
    if any(check(case, start) for check in LASTING):
        return None
    return next((instant for instant in _openings(case, start, end) if _is_open(case, instant)), None)


def _is_open(case: Case, instant: datetime) -> bool:
    return not any(check(case, instant) for check in OF_THE_CLOCK)


def _openings(case: Case, start: datetime, end: datetime) -> Iterator[datetime]:
    """The start of the stretch, and every instant in it at which a window begins."""
    yield start
    table, place = case.duties.hours, case.place
    last = min(end, start + min(HORIZON, FOREVER - start))
    day = start.date()
    while table and day <= last.date():
        yield from (at for at in openings(table, place.holidays, place.zones, day) if start < at < last)
        day += DAY


def _stretches(case: Case) -> Iterator[tuple[datetime, datetime]]:
    last = min(case.end, LATEST)
    edges = sorted({case.start, *(edge for edge in _edges(case) if case.start < edge < last)})
    return pairwise((*edges, case.end))


def _edges(case: Case) -> Iterator[datetime]:
    """Every instant at which something on file begins or ceases to count."""
    for standing in case.standings:
        yield from (standing.start, standing.end)
    for block in case.blocks:
        yield from (case.begins(block), block.until or FOREVER)
    for listing in case.listings:
        if listing.registry in case.duties.registries:
            yield case.stale_from(listing)
    for cap, tries in case.tries:
        yield from _cap_edges(cap, tries, case.start)


def _cap_edges(cap: Cap, tries: list[datetime], start: datetime) -> Iterator[datetime]:
    """When the cap may begin or cease to bind; without attempts still to come, only the instant at which it frees."""
    period = timedelta(hours=cap.hours)
    if len(tries) < cap.attempts:
        return
    if tries[-1] <= start:
        yield tries[-cap.attempts] + period
        return
    for at in tries:
        yield from (at, at + period)
