"""From what a check found to the reason that people read: one sentence in their language, in the person's own time."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from suppression.policy.calendar import local
from suppression.policy.case import Case
from suppression.policy.checks import Finding
from suppression.policy.schema import Hours
from suppression.policy.texts import Phrases
from suppression.records import Reason


def reason(case: Case, found: Finding, now: datetime, phrases: Phrases) -> Reason:
    """The reason that a verdict gives for a finding."""
    text = phrases.reason(found.code, _Blanks(case, found, now, phrases))
    details = {name: value for name, value in (found.details or {}).items() if value is not None}
    return Reason(found.code, found.rule, text, found.since, found.via, details or None)


def wall(instant: datetime, case: Case) -> datetime:
    """An instant in the time of the person, or of the country where nobody knows which."""
    zones = case.place.zones or (case.place.law.country.zone,)
    return local(instant, zones[0])


def hours_in_words(clause: Hours, phrases: Phrases) -> str:
    """Windows as people write them (`lun.-ven. 10:00-13:00, 14:00-20:00`)."""
    return " ; ".join(_line_in_words(line, phrases) for line in clause.windows)


def _line_in_words(line: str, phrases: Phrases) -> str:
    days, *windows = line.split()
    named = "-".join(phrases.weekdays[day] for day in days.split("-"))
    return f"{named} {', '.join(windows)}"


class _Blanks:
    """The blanks of a sentence, each filled only when the sentence has it."""

    def __init__(self, case: Case, found: Finding, now: datetime, phrases: Phrases) -> None:
        self.case, self.found, self.now, self.phrases = case, found, now, phrases
        self.details = found.details or {}

    def __getitem__(self, name: str) -> Any:
        fill = _FILL.get(name)
        return fill(self) if fill else self.details.get(name)


def _until(blanks: _Blanks) -> str:
    until = blanks.details.get("until")
    if not until:
        return ""
    day = blanks.phrases.day(wall(datetime.fromisoformat(until), blanks.case))
    return blanks.phrases.form["until"].format(date=day)


def _caller(blanks: _Blanks) -> str:
    caller = blanks.details.get("caller")
    return blanks.phrases.form["caller"].format(caller=caller) if caller else ""


def _hours(blanks: _Blanks) -> str:
    clause = blanks.found.clause
    return hours_in_words(clause, blanks.phrases) if isinstance(clause, Hours) else ""


def _zone(blanks: _Blanks) -> str:
    return blanks.case.place.zones[0] if blanks.case.place.zones else blanks.phrases.form["unknown_zone"]


_FILL: dict[str, Callable[[_Blanks], str]] = {
    "channel": lambda blanks: blanks.phrases.channels[blanks.case.question.channel],
    "date": lambda blanks: blanks.phrases.day(wall(blanks.found.since or blanks.now, blanks.case)),
    "via": lambda blanks: blanks.phrases.via.get(blanks.found.via or "", blanks.phrases.via["other"]),
    "names": lambda blanks: ", ".join(blanks.details.get("lists") or blanks.details.get("registries") or ()),
    "now": lambda blanks: blanks.phrases.minute(wall(blanks.now, blanks.case)),
    "days": lambda blanks: str(-(-blanks.details["hours"] // 24)),
    "until": _until,
    "caller": _caller,
    "hours": _hours,
    "zone": _zone,
}
