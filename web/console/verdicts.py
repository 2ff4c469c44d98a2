"""The verdicts beside the local phone, asked for as an agent would ask, and shown as the API gives them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from suppression.errors import StoplisteError
from suppression.records import Channel, Question, Verdict
from suppression.service import Service, Terms
from suppression.service.showing import shown
from suppression.texts import say

PARIS = ZoneInfo("Europe/Paris")
TUESDAY, SATURDAY = 1, 5
ELEVEN = time(11)
DAYS_AHEAD = 7  # from a Tuesday on, these hold five working days; a country has fewer holidays in a row


@dataclass(frozen=True)
class Shown:
    """An answer as the page shows it, with the question and the answer as the API has them.

    Without a verdict nobody could tell, and that is never an allow.
    """

    verdict: Verdict | None
    when: str = ""
    request: str = ""
    document: str = ""
    problem: str = ""

    @property
    def look(self) -> str:
        """`allow`, `deny` or `unknown`: its colour and its words."""
        return self.verdict.verdict if self.verdict else "unknown"


def brand_of(service: Service) -> str:
    """The brand that the phone reaches: the first of the brands file."""
    return next(iter(service.brands.by_key))


def business_sms(service: Service, number: str, lang: str) -> Shown:
    """May a company be written to on a working day at eleven? So nothing but the person's own word decides."""

    def ask() -> Verdict:
        for at in working_days(datetime.now(UTC)):
            verdict = service.check(number, Terms(Channel.SMS, brand_of(service), "business", at=at, lang=lang))
            if not any(it.code == "holiday" for it in verdict.reasons):
                break
        return verdict

    return _shown(ask, lang)


def consumer_call(service: Service, number: str, lang: str) -> Shown:
    """May a consumer be called right now? The law of the country has its say as well."""
    return _shown(lambda: service.check(number, Terms(Channel.VOICE, brand_of(service), lang=lang)), lang)


def working_days(now: datetime) -> list[datetime]:
    """Mondays to Fridays at eleven in Paris, from the next Tuesday on, in UTC as the API has them."""
    today = now.astimezone(PARIS).date()
    first = today + timedelta(days=(TUESDAY - today.weekday() - 1) % 7 + 1)
    days = (datetime.combine(first + timedelta(days=it), ELEVEN, PARIS) for it in range(DAYS_AHEAD))
    return [it.astimezone(UTC) for it in days if it.weekday() < SATURDAY]


def in_words(instant: datetime, lang: str) -> str:
    """An instant as people of Paris say it: `mardi 1er décembre 2026 à 11 h 00`."""
    local = instant.astimezone(PARIS)
    weekday = say("phone", "weekdays", lang).split()[local.weekday()]
    month = say("phone", "months", lang).split()[local.month - 1]
    day = "1er" if local.day == 1 and lang == "fr" else str(local.day)
    clock = {"hour": local.hour, "minute": f"{local.minute:02}"}
    return say("phone", "instant", lang, weekday=weekday, day=day, month=month, year=local.year, **clock)


def _shown(ask: Callable[[], Verdict], lang: str) -> Shown:
    try:
        verdict = ask()
    except StoplisteError as why:
        return Shown(None, problem=f"{why.code}: {why}")
    when = in_words(verdict.question.at, lang)
    return Shown(verdict, when, _pretty(_request(verdict.question, lang)), _pretty(shown(verdict)))


def _request(question: Question, lang: str) -> dict[str, Any]:
    """The body with which the API is asked the same."""
    return {
        "contact": str(question.contact), "channel": question.channel, "audience": question.audience, "brand": question.brand,
        "at": question.at, "lang": lang,
    }  # fmt: skip


def _pretty(content: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode()
