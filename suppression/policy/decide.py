"""The verdict: every check asked, every failing reason given, and on `allow` the permission that carried it.

The checks themselves stand in `checks.py`, a table that a lawyer can read; what the law asks stands in `rules/*.toml`.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain, islice

from suppression.contact import Kind
from suppression.policy.case import Case, Standing, cases
from suppression.policy.checks import CHECKS, is_holiday, is_within_hours
from suppression.policy.places import whereabouts
from suppression.policy.retry import retry_at
from suppression.policy.rulebook import Rulebook
from suppression.policy.wording import reason
from suppression.records import Basis, Facts, Listing, Question, Verdict


def decide(  # noqa: PLR0913 -- a pure function takes all that it depends on
    facts: Facts,
    question: Question,
    rules: Rulebook,
    now: datetime,
    listings: tuple[Listing, ...] = (),
    lang: str = "fr",
) -> Verdict:
    """May this contact be reached at `now`: a verdict with an empty id, its reasons worded in `lang`."""
    stream = cases(facts, question, rules, now, listings)
    case = next(stream)
    findings = list(
        islice((finding for check in CHECKS if (finding := check(case, now))), 1 if _is_nobody(question) else None)
    )
    phrases = rules.phrases_in(lang)
    return Verdict(
        id="",
        verdict="deny" if findings else "allow",
        question=question,
        reasons=tuple(reason(case, finding, now, phrases) for finding in findings),
        basis=None if findings else _basis(case, now),
        retry_at=retry_at(chain((case,), stream)) if findings else None,
        policy=case.epoch.policy,
        rules=rules.digest,
    )


def _is_nobody(question: Question) -> bool:
    """What is no address at all has no law to break: `invalid_contact` says it all."""
    return question.contact.kind is Kind.SENDER


def policy_of(question: Question, rules: Rulebook) -> str:
    """The country and date of effect of the rules in force for this question (`FR/2026-08-11`)."""
    return whereabouts(question.contact, question.country, rules).law.in_force(question.at).policy


def registries_for(question: Question, rules: Rulebook) -> tuple[str, ...]:
    """The names of the registries that the rule in force asks for this contact."""
    place = whereabouts(question.contact, question.country, rules)
    epoch = place.law.in_force(question.at)
    return tuple(epoch.duties_for(place.territory, question.channel, question.audience, question.automated).registries)


def _basis(case: Case, now: datetime) -> str:
    """The permission that carried an `allow`: the first that meets all that was asked, else the first that stands."""
    standing = case.standing_at(now)
    asked = list(_asked(case, now))
    carrying = (one for one in standing if all(one.basis in bases for bases in asked))
    chosen: Standing | None = next(carrying, next(iter(standing), None))
    if chosen:
        return chosen.basis
    return "opt_out_regime" if case.duties.mode == "opt_out" else "consent_elsewhere"


def _asked(case: Case, now: datetime) -> Iterator[tuple[Basis, ...]]:
    """The kinds of permission of which one was needed: against a ban, against the clock, against a registry."""
    duties = case.duties
    if case.ban:
        yield case.ban.unless
    if duties.hours and (not is_within_hours(case, now) or is_holiday(case, now)):
        yield duties.hours.clause.lifted_by
    for listing in case.listings:
        clause = duties.registries.get(listing.registry)
        if clause and listing.listed == (clause.listed == "deny"):
            yield (*clause.outranked_by, *clause.waived_by)
