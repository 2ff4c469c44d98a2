"""Sentences by code and language, filled with what was found; the words themselves are data (`texts/*.toml`)."""

from datetime import datetime
from typing import Any

from msgspec import Struct


class Phrases(Struct, frozen=True, forbid_unknown_fields=True):
    """One language: the sentence of each reason, names of things, and the lines of an explanation."""

    date: str
    time: str
    reasons: dict[str, str]
    via: dict[str, str]
    channels: dict[str, str]
    bases: dict[str, str]
    weekdays: dict[str, str]
    form: dict[str, str]
    explain: dict[str, str]
    checks: dict[str, str]

    def day(self, instant: datetime) -> str:
        """The date as people of this language write it."""
        return instant.strftime(self.date)

    def minute(self, instant: datetime) -> str:
        """Date and time as people of this language write them."""
        return instant.strftime(self.time)

    def reason(self, code: str, blanks: Any) -> str:
        """The sentence of a reason code; `blanks` is asked by name for what fills it."""
        return self.reasons[code].format_map(blanks)
