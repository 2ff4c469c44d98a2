"""A country is one file: the example of docs/adding-a-country.md, as it stands there, is loaded and answers."""

import re
from datetime import date
from pathlib import Path

import pytest
from rows import CONTACTS, YES, Row, appointment, consent, contract, listing, on_list, row, tried

from suppression.policy import Rulebook, decide, load_rules, policy_of, registries_for

GUIDE = Path(__file__).parents[3] / "docs" / "adding-a-country.md"
FRESH = (listing("ad-robinson", "2026-06-20"),)
CONTACTS["AD"] = ("+376312345", "Europe/Andorra")

ROWS = [
    row("AD-4", "not listed", "2026-06-24 11:00", "allow opt_out_regime", to="AD", lists=FRESH),
    row("AD-4", "listed", "2026-06-24 11:00", "deny registry", to="AD", lists=(on_list("ad-robinson", "2026-06-20"),)),
    row("AD-4", "not loaded", "2026-06-24 11:00", "deny registry_missing", to="AD"),
    row("AD-5", "July", "2026-07-01 11:00", "deny no_consent", to="AD"),
    row("AD-5", "customer", "2026-07-01 11:00", "allow contract", contract(), to="AD"),
    row("AD-5", "180 days", "2026-11-24 11:00", "deny consent_expired", consent("2026-05-02"), to="AD"),
    row("AD-2", "siesta", "2026-11-24 13:00", "deny outside_hours @ 2026-11-24 15:00", YES, to="AD"),
    row("AD-2", "Saturday", "2026-11-28 11:00", "allow consent", YES, to="AD"),
    row("AD-2", "its own holiday", "2026-09-08 11:00", "deny holiday @ 2026-09-09 09:30", contract(), to="AD"),
    row("AD-2", "an appointment", "2026-11-29 21:00", "allow appointment", appointment("2026-11-29 21:00"), to="AD"),
    row("AD-3", "two a week", "2026-11-24 11:00", "deny frequency_cap @ 2026-11-30 09:30", YES,
        tried("2026-11-23 09:30"), tried("2026-11-23 11:00"), to="AD"),
    row("AD-6", "timeshare", "2026-11-24 11:00", "deny banned_sector", YES, to="AD", purpose="timeshare"),
    row("AD-6", "timeshare, customer", "2026-11-24 11:00", "allow contract", YES, contract(), to="AD", purpose="timeshare"),
    row("AD-7", "a machine calls", "2026-11-24 11:00", "deny no_consent", YES, to="AD", automated=True),
    row("AD-7", "with a consent to that", "2026-11-24 11:00", "allow consent", consent("2026-10-01", automated=True), to="AD", automated=True),
    row("AD", "before its first date: the strictest", "2024-11-26 11:00", "deny no_consent @ 2026-07-01 09:30",
        contract("2024-01-08"), to="AD"),
]  # fmt: skip


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    [example] = re.findall(r"```toml\n(.*?)```", GUIDE.read_text("utf-8"), flags=re.DOTALL)
    directory = tmp_path_factory.mktemp("rules")
    (directory / "AD.toml").write_text(example, "utf-8")
    return load_rules(directory)


@pytest.mark.parametrize("line", ROWS, ids=lambda line: f"{line.article}: {line.about}")
def test_the_new_country_answers(line: Row, rules: Rulebook) -> None:
    verdict = decide(line.file, line.question, rules, line.question.at, line.listings)
    again = f" @ {verdict.retry_at.astimezone(line.zone):%Y-%m-%d %H:%M}" if verdict.retry_at else ""
    said = ",".join(reason.code for reason in verdict.reasons) or verdict.basis
    assert f"{verdict.verdict} {said}{again}" == line.answer


def test_it_names_itself_and_its_registry(rules: Rulebook) -> None:
    june, july = ROWS[0].question, ROWS[3].question
    assert (policy_of(june, rules), registries_for(june, rules)) == ("AD/2025-01-01", ("ad-robinson",))
    assert (policy_of(july, rules), registries_for(july, rules)) == ("AD/2026-07-01", ())


def test_without_the_file_the_strictest_rules_hold() -> None:
    line = row("domain", "a contract is no permission there", "2026-11-24 11:00", "", contract(), to="AD")
    verdict = decide(line.file, line.question, load_rules(), line.question.at)
    assert [reason.code for reason in verdict.reasons] == ["no_consent"]


def test_the_guide_explains_every_table_of_a_file() -> None:
    guide = GUIDE.read_text("utf-8")
    for word in ("regimes", "hours", "caps", "grounds", "registries", "bans", "places", "territories", "holidays",
                 "extra_holidays", "refusal", "retention", "notice", "says"):  # fmt: skip
        assert f"{word}" in guide
    assert date.fromisoformat("2026-07-01").isoformat() in guide
