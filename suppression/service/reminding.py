"""Admins are reminded, once a day, of the requests that are due within a week or overdue (GDPR art. 12(3))."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from suppression.contact import Contact, Kind
from suppression.policy.calendar import local
from suppression.records import ALL_BRANDS
from suppression.service.requests import Requests

EARLIEST_HOUR = 8  # nobody is woken by a reminder


@dataclass(frozen=True, slots=True)
class Reminder:
    """One admin's reminder of one day: the requests, most urgent first, and the language to say it in."""

    admin: int
    day: date
    lang: str
    requests: list[dict[str, Any]]


class Reminding(Requests):
    """Reminders."""

    def take_reminder(self, admin: int) -> Reminder | None:
        """What an admin (a Telegram id) is to be told now; None if nothing is due, they were told today, or it is early.

        Whoever takes it delivers it: it counts as given, in every process and after a restart, unless `return_reminder` takes
        it back. The day and its hours are those of the country of the first brand.
        """
        there = local(self._clock(), self.zone_of_house())
        if there.hour < EARLIEST_HOUR or not (due := self.requests_due_soon()):
            return None
        if not self._reminders.claim(admin, there.date()):
            return None
        return Reminder(admin, there.date(), self._language_of(admin), due)

    def return_reminder(self, it: Reminder) -> None:
        """It could not be delivered, and is due again."""
        self._reminders.release(it.admin, it.day)

    def note_admins_language(self, admin: int, lang: str) -> None:
        """Remembers the language of an admin's Telegram, for what is said to them unasked."""
        self._reminders.note_language(admin, lang)

    def zone_of_house(self) -> str:
        """The time zone by which the company itself counts its days."""
        first = next(iter(self.brands.by_key.values()))
        return self._rules.law_of(first.country or self._region).country.zone

    def _language_of(self, admin: int) -> str:
        own = self._reminders.language(admin)
        return own or self.home_language(Contact(Kind.TELEGRAM, str(admin)), ALL_BRANDS)
