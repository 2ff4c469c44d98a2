"""Easter, holidays, windows over clock changes, and working days."""

from datetime import UTC, date, datetime

import holidays as package
import pytest

from suppression.policy import load_rules
from suppression.policy.calendar import (
    Holidays,
    easter,
    end_of_working_days,
    is_within_windows,
    midnight,
    spans,
    timetable,
)
from suppression.policy.schema import Hours

NONE = Holidays((), None)
FRANCE = load_rules().laws["FR"].country.holidays


def table(*windows: str, holidays: str = "off", eves: str | None = None) -> Hours:
    since = date(2026, 1, 1)
    return Hours(rule="T-1", source="t", since=since, windows=windows, holidays=holidays, eves=eves)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "sunday",
    ["1818-03-22", "1943-04-25", "2000-04-23", "2008-03-23", "2024-03-31", "2026-04-05", "2038-04-25", "2285-03-22"],
)
def test_easter_falls_where_it_fell(sunday: str) -> None:
    day = date.fromisoformat(sunday)
    assert easter(day.year) == day


@pytest.mark.parametrize("year", range(2020, 2046))
def test_the_list_of_france_is_that_of_the_package(year: int) -> None:
    assert FRANCE
    ours = Holidays(FRANCE.days, None)
    theirs = set(package.country_holidays("FR", years=year))
    every_day = (date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()))
    assert {day for day in every_day if ours.has(day)} == theirs


def test_a_country_without_a_list_uses_the_packages() -> None:
    assert Holidays((), "JP").has(date(2026, 11, 23))
    assert not Holidays((), "nowhere").has(date(2026, 12, 25))


def test_a_night_that_loses_an_hour_and_one_that_wins_it() -> None:
    all_day = timetable(table("mon-sun 00:00-24:00"))
    [(start, end)] = spans(all_day, NONE, "Europe/Paris", date(2026, 3, 29))
    assert (end - start).total_seconds() == 23 * 3600
    [(start, end)] = spans(all_day, NONE, "Europe/Paris", date(2026, 10, 25))
    assert (end - start).total_seconds() == 25 * 3600


def test_windows_are_half_open() -> None:
    calls = timetable(table("mon-fri 10:00-13:00"))
    for minute, within in (("09:59", False), ("10:00", True), ("12:59", True), ("13:00", False)):
        at = datetime.fromisoformat(f"2026-11-24T{minute}:00+00:00")
        assert is_within_windows(calls, NONE, "UTC", at) is within


def test_the_eve_of_a_holiday_has_its_own_windows_and_a_closed_day_stays_closed() -> None:
    calls = timetable(table("mon-fri 09:00-20:00", eves="mon-sat 10:00-19:00"))
    christmas = Holidays(("12-25", "11-30"), None)
    assert spans(calls, christmas, "UTC", date(2026, 12, 24))[0][0].hour == 10
    assert spans(calls, christmas, "UTC", date(2026, 12, 23))[0][0].hour == 9
    assert spans(calls, christmas, "UTC", date(2026, 11, 29)) == ()  # a Sunday before a holiday


@pytest.mark.parametrize(
    ("week", "count", "start", "end"),
    [
        ("mon-sat", 5, "2026-11-16", "2026-11-22"),  # Tue 17 … Sat 21
        ("mon-fri", 5, "2026-11-16", "2026-11-24"),  # Tue 17 … Fri 20, Mon 23
        ("mon-sat", 5, "2026-11-06", "2026-11-14"),  # Sat 7, Mon 9, Tue 10, not the 11th, Thu 12, Fri 13
        ("mon-sat", 1, "2026-12-24", "2026-12-27"),  # not Christmas, so Sat 26
    ],
)
def test_working_days_end_with_their_last_day(week: str, count: int, start: str, end: str) -> None:
    off = Holidays(("11-11", "12-25"), None)
    day = end_of_working_days(date.fromisoformat(start), count, week, "Europe/Paris", off)
    assert day == midnight(date.fromisoformat(end), "Europe/Paris")
    assert day.tzinfo is UTC
