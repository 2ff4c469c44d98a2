"""What stands in the cells of a list, into the words of the house."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from suppression.errors import InvalidRequest
from suppression.records import ALL_CHANNELS, Channel

ALL = frozenset({"all", "*", "tous", "toutes"})
YES = frozenset({"yes", "y", "true", "1", "x", "oui", "ja", "sí", "si", "sì", "sim"})
NO = frozenset({"", "no", "n", "false", "0", "-", "non", "nein", "nee", "não", "nao"})
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # before it nobody kept such a list; a date there is a mistake
FOREIGN = {
    "phone": "voice",
    "telephone": "voice",
    "tel": "voice",
    "call": "voice",
    "appel": "voice",
    "mail": "email",
    "e-mail": "email",
}
_LOCAL = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?\Z")


def channels_in(text: str, given: bool = False) -> frozenset[Channel]:
    """The channels that a cell names, all of them for `all` or an empty one (not where they must be `given`).

    Raises InvalidRequest for one that there is not.
    """
    names = {FOREIGN.get(it, it) for it in re.split(r"[\s,;|/+]+", text.lower()) if it}
    if (not names and not given) or names & ALL:
        return ALL_CHANNELS
    if not names or not names <= set(map(str, Channel)):
        raise InvalidRequest(f"channels are {', '.join(Channel)} or all")
    return frozenset(map(Channel, names))


def instant_in(text: str, zone: str, name: str = "date") -> datetime | None:
    """An instant: ISO 8601 or 31/12/2026 10:30; without a zone that of the file's country, without an hour the day's first.

    None for an empty cell. Raises InvalidRequest.
    """
    if not text:
        return None
    try:
        found = _european(text) or datetime.fromisoformat(text)
        instant = (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, OverflowError) as cause:
        raise InvalidRequest(f"{name} is no date, such as 2026-11-23T10:05:00+01:00") from cause
    if not instant >= EARLIEST:
        raise InvalidRequest(f"{name} lies before {EARLIEST.year}")
    return instant


def names_in(text: str) -> tuple[str, ...]:
    """The names in a cell, between commas or semicolons."""
    return tuple(it.strip() for it in re.split(r"[,;|]", text) if it.strip())


def yes_in(text: str, name: str) -> bool:
    """Whether a cell says yes; an empty one says no. Raises InvalidRequest for what is neither."""
    said = text.strip().lower()
    if said not in YES | NO:
        raise InvalidRequest(f"{name} is yes or no")
    return said in YES


def _european(text: str) -> datetime | None:
    """Day before month: no file of ours is American, and a wrong guess would show as a date in the future or be refused."""
    found = _LOCAL.match(text)
    if not found:
        return None
    day, month, year, hour, minute, second = (int(it or 0) for it in found.groups())
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 -- the zone is the file's, added by the caller
