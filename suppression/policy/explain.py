"""A verdict in plain words, rule by rule, for the agent who does not believe it; it decides nothing anew."""

from collections.abc import Iterator

from suppression.policy.case import FOREVER, Case, Standing, cases
from suppression.policy.checks import CHECKS, HOUSE, Finding
from suppression.policy.rulebook import Rulebook
from suppression.policy.schema import Clause
from suppression.policy.texts import Phrases
from suppression.policy.wording import reason, wall
from suppression.records import Facts, Reason, Verdict


def explain(verdict: Verdict, facts: Facts, rules: Rulebook, lang: str = "fr") -> str:
    """Why a verdict says what it says: the answer, the law, each check with its article, and when to ask again.

    The reasons are the verdict's own; the facts give the permissions on file. The address is masked.
    """
    case = next(cases(facts, verdict.question, rules, verdict.question.at, ()))
    phrases = rules.phrases_in(lang)
    head = (_answer(verdict, case, phrases), _law(case, phrases, lang))
    tail = (*_permissions(case, phrases), *_outlook(verdict, case, phrases))
    return "\n".join((*head, "", *_checks(verdict, case, phrases), "", *tail))


def _answer(verdict: Verdict, case: Case, phrases: Phrases) -> str:
    question = case.question
    return phrases.explain[verdict.verdict].format(
        contact=question.contact.masked,
        channel=phrases.channels[question.channel],
        brand=question.brand,
        now=phrases.minute(wall(question.at, case)),
    )


def _law(case: Case, phrases: Phrases, lang: str) -> str:
    country, clause = case.place.law.country, case.duties.clause
    name = country.name.get(lang, country.country)
    source = case.duties.sources[clause.source]
    return phrases.explain["law"].format(country=name, policy=case.epoch.policy, rule=clause.rule, source=source)


def _checks(verdict: Verdict, case: Case, phrases: Phrases) -> Iterator[str]:
    """One line a check; checks that share a title (three are about the permission) share the line."""
    failed = {found.code: found for found in verdict.reasons}
    titles: dict[str, list[Reason]] = {}
    for check in CHECKS:
        code = check.__name__
        titles.setdefault(phrases.checks[code], []).extend([failed[code]] if code in failed else [])
    for title, reasons in titles.items():
        yield from (_failure(found, title, case, phrases) for found in reasons)
        if not reasons:
            yield phrases.explain["passed"].format(title=title)


def _failure(found: Reason, title: str, case: Case, phrases: Phrases) -> str:
    clause = next((one for one in _clauses(case, found.code) if one.rule == found.rule), None)
    finding = Finding(found.code, found.rule, found.since, found.via, found.details, clause)
    text = reason(case, finding, case.question.at, phrases).text
    source = case.duties.sources[clause.source] if clause else phrases.explain[HOUSE]
    return phrases.explain["failed"].format(title=title, text=text, rule=found.rule, source=source)


def _clauses(case: Case, code: str) -> tuple[Clause, ...]:
    """The clauses in force that can give a reason of that code."""
    duties = case.duties
    hours = (duties.hours.clause,) if duties.hours else ()
    registries = tuple(duties.registries.values())
    table: dict[str, tuple[Clause, ...]] = {
        "opted_out": (duties.refusal,),
        "banned_sector": duties.bans,
        "consent_expired": tuple(duties.grounds.values()),
        "registry": registries,
        "registry_stale": registries,
        "registry_missing": registries,
        "outside_hours": hours,
        "holiday": hours,
        "frequency_cap": duties.caps,
    }
    return table.get(code, (duties.clause,))


def _permissions(case: Case, phrases: Phrases) -> Iterator[str]:
    if not case.standings:
        yield phrases.explain["no_permissions"]
        return
    yield phrases.explain["permissions"]
    yield from (_permission(one, case, phrases) for one in case.standings if one.start < FOREVER)


def _permission(one: Standing, case: Case, phrases: Phrases) -> str:
    basis, start = phrases.bases[one.basis], phrases.minute(wall(one.start, case))
    if one.end == FOREVER:
        return phrases.explain["endless"].format(basis=basis, start=start)
    return phrases.explain["permission"].format(basis=basis, start=start, end=phrases.minute(wall(one.end, case)))


def _outlook(verdict: Verdict, case: Case, phrases: Phrases) -> Iterator[str]:
    if verdict.basis:
        yield phrases.explain["basis"].format(basis=phrases.bases[verdict.basis])
    elif verdict.retry_at:
        yield phrases.explain["retry"].format(date=phrases.minute(wall(verdict.retry_at, case)))
    else:
        yield phrases.explain["never"]
