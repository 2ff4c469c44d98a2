"""What the law answers, line by line: the article, the situation, and the verdict with the instant to ask again.

The rows stand in `rows_*.py`. A `deny` without `@` is one that waiting does not heal.
"""

from datetime import timedelta

import pytest
import rows_elsewhere
import rows_france
import rows_suppressions
from msgspec.structs import replace
from rows import YES, Row, contract, row, stop

from suppression import records
from suppression.policy import Rulebook, decide, explain, load_rules

RULES = load_rules()
ALL = [*rows_france.ROWS, *rows_suppressions.ROWS, *rows_elsewhere.ROWS]


def answer(line: Row, rules: Rulebook = RULES) -> str:
    question = line.question
    verdict = decide(line.file, question, rules, question.at, line.listings)
    again = f" @ {verdict.retry_at.astimezone(line.zone):%Y-%m-%d %H:%M}" if verdict.retry_at else ""
    said = ",".join(reason.code for reason in verdict.reasons) or verdict.basis
    return f"{verdict.verdict} {said}{again}"


@pytest.mark.parametrize("line", ALL, ids=lambda line: f"{line.article}: {line.about} ({line.to}, {line.by})")
def test_the_answer(line: Row) -> None:
    assert answer(line) == line.answer


@pytest.mark.parametrize("line", ALL, ids=lambda line: f"{line.article}: {line.about}")
def test_every_reason_names_its_rule_and_says_it_in_both_languages(line: Row) -> None:
    for lang in ("fr", "en"):
        verdict = decide(line.file, line.question, RULES, line.question.at, line.listings, lang)
        assert all(reason.rule and reason.text and "None" not in reason.text for reason in verdict.reasons)
        assert explain(verdict, line.file, RULES, lang).count("✗") == len(verdict.reasons)


def test_the_table_is_long_enough_to_be_believed() -> None:
    assert len(ALL) >= 200


def test_days_of_alsace_are_an_option() -> None:
    chosen = load_rules(options=frozenset({"alsace-moselle"}))
    good_friday = row("C. trav. L3134-13", "Good Friday", "2027-03-26 11:00", "deny holiday @ 2027-03-30 10:00", YES)
    assert answer(good_friday, chosen) == good_friday.answer
    assert answer(good_friday) == "allow consent"


def test_days_of_abolition_are_an_option_of_each_territory() -> None:
    chosen = load_rules(options=frozenset({"abolition"}))
    there = row("C. trav. L3422-2", "La Réunion", "2027-12-20 11:00", "", contract(), to="RE")
    elsewhere = row("C. trav. L3422-2", "Guyane", "2027-12-20 11:00", "", contract(), to="GF")
    assert answer(there, chosen) == "deny holiday @ 2027-12-21 10:00"
    assert answer(elsewhere, chosen) == "allow contract"


def test_what_reopens_was_recorded_after_the_stop_not_with_it() -> None:
    line = row("domain law 4", "", "2026-11-24 11:00", "", contract(), stop("2026-11-02"))
    stopped = line.file
    at = stopped.opt_outs[0].at
    with_it = 2  # the revision of the stop itself
    start_ = records.Reopening("acme", records.Channel.VOICE, at, with_it)
    lift_ = records.Lift("lift", "ann", at, approved_by="bob", revision=with_it)
    consent_ = replace(stopped.permissions[0], basis="consent", obtained_at=at + timedelta(days=1), revision=with_it)
    for more in ({"reopenings": (start_,)}, {"lifts": (lift_,)}, {"permissions": (*stopped.permissions, consent_)}):
        verdict = decide(replace(stopped, **more), line.question, RULES, line.question.at)
        assert [reason.code for reason in verdict.reasons] == ["opted_out"]
