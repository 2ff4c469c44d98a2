"""Windows, holidays and working days, in the wall time of one zone; it does not know who asks or why."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays as package

from suppression.policy.schema import Hours

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = timedelta(days=1)
Span = tuple[datetime, datetime]
Minutes = tuple[int, int]


@dataclass(frozen=True, eq=False, slots=True)
class Holidays:
    """The days off of one place: days named by the rule file, and those of a country of the `holidays` package."""

    days: tuple[str, ...]
    country: str | None

    def has(self, day: date) -> bool:
        """Whether this is a day off."""
        return day in _days_off(self, day.year)


@dataclass(frozen=True, eq=False, slots=True)
class Timetable:
    """The hours clause made ready: the half-open windows of each weekday and of eves, in minutes of the day."""

    clause: Hours
    week: tuple[tuple[Minutes, ...], ...]
    eves: tuple[Minutes, ...] | None
    works_on_holidays: bool

    def windows(self, day: date, holidays: Holidays) -> tuple[Minutes, ...]:
        """The windows of that day, whether or not it is a holiday."""
        regular = self.week[day.weekday()]
        if self.eves is not None and regular and holidays.has(day + DAY):
            return self.eves
        return regular


def timetable(clause: Hours) -> Timetable:
    """The timetable that a clause means; raises ValueError on an impossible day or hour."""
    week: list[tuple[Minutes, ...]] = [()] * 7
    for line in clause.windows:
        days, windows = _weekly(line)
        for day in days:
            week[day] = (*week[day], *windows)
    eves = _weekly(clause.eves)[1] if clause.eves else None
    return Timetable(clause, tuple(tuple(sorted(day)) for day in week), eves, clause.holidays == "on")


def local(instant: datetime, zone: str) -> datetime:
    """The wall time there."""
    return instant.astimezone(_zone(zone))


@lru_cache(maxsize=4096)
def midnight(day: date, zone: str) -> datetime:
    """The instant at which that day begins there, in UTC."""
    return datetime.combine(day, time(), _zone(zone)).astimezone(UTC)


@lru_cache(maxsize=16_384)
def end_of_working_days(day: date, count: int, week: str, zone: str, holidays: Holidays) -> datetime:
    """The end of the `count`-th working day (`mon-sat` or `mon-fri`, without days off) after a day, in that zone."""
    last = WEEKDAYS.index(week[-3:])
    while count:
        day += DAY
        count -= day.weekday() <= last and not holidays.has(day)
    return midnight(day + DAY, zone)


@lru_cache(maxsize=16_384)
def spans(table: Timetable, holidays: Holidays, zone: str, day: date) -> tuple[Span, ...]:
    """The windows of that day there, as instants in UTC, whether or not it is a day off."""
    there, windows = _zone(zone), table.windows(day, holidays)
    return tuple((_instant(day, start, there), _instant(day, end, there)) for start, end in windows)


def is_within_windows(table: Timetable, holidays: Holidays, zone: str, now: datetime) -> bool:
    """Whether an instant lies in a window of its weekday there."""
    return any(start <= now < end for start, end in spans(table, holidays, zone, local(now, zone).date()))


def is_day_off(table: Timetable, holidays: Holidays, zone: str, now: datetime) -> bool:
    """Whether an instant lies there on a holiday on which nobody may be reached."""
    return not table.works_on_holidays and holidays.has(local(now, zone).date())


@lru_cache(maxsize=4096)
def openings(table: Timetable, holidays: Holidays, zones: tuple[str, ...], day: date) -> tuple[datetime, ...]:
    """The instants of that UTC day at which a window begins in one of the zones, in order."""
    near = (day - DAY, day, day + DAY)
    starts = {start for zone in zones for local_day in near for start, _ in spans(table, holidays, zone, local_day)}
    return tuple(sorted(start for start in starts if start.date() == day))


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones, Butcher)."""
    century, of_century = divmod(year, 100)
    leaps, after_leap = divmod(century, 4)
    quads, after_quad = divmod(of_century, 4)
    moon = (19 * (year % 19) + century - leaps - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * after_leap + 2 * quads - moon - after_quad) % 7
    late = (year % 19 + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def named_day(day: str, year: int) -> date:
    """The date that a day of a rule file (`12-25`, `easter+1`) means in that year; ValueError if there is none."""
    if day.startswith("easter"):
        return easter(year) + timedelta(days=int(day.removeprefix("easter")))
    return date.fromisoformat(f"{year:04}-{day}")


@lru_cache(maxsize=4096)
def _days_off(holidays: Holidays, year: int) -> frozenset[date]:
    own = {named_day(day, year) for day in holidays.days}
    if holidays.country and holidays.country in package.list_supported_countries():
        own |= set(package.country_holidays(holidays.country, years=year))
    return frozenset(own)


@lru_cache(maxsize=1024)
def _zone(key: str) -> ZoneInfo:
    return ZoneInfo(key)


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    whole = day + DAY if minutes == 24 * 60 else day
    return datetime.combine(whole, time(minutes // 60 % 24, minutes % 60), zone).astimezone(UTC)


def _weekly(line: str) -> tuple[range, tuple[Minutes, ...]]:
    days, *windows = line.split()
    first, _, last = days.partition("-")
    return _days(first, last or first), tuple(_window(window) for window in windows)


def _days(first: str, last: str) -> range:
    found = range(WEEKDAYS.index(first), WEEKDAYS.index(last) + 1)
    if not found:
        raise ValueError(f"{first}-{last}: the week begins on Monday")
    return found


def _window(text: str) -> Minutes:
    start, end = (_minutes(part) for part in text.split("-"))
    if not start < end <= 24 * 60:
        raise ValueError(f"{text}: a window ends after it begins, and by 24:00")
    return start, end


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
