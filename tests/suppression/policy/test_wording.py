"""What people read: the sentence of a reason, the explanation, and the names of rules and registries."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from rows import FOUR, TUE, YES, Row, block, callback, consent, contract, listing, review, row, stop

from suppression.policy import decide, explain, load_rules, policy_of, registries_for
from suppression.records import Verdict

RULES = load_rules()


def verdict_of(line: Row, lang: str = "fr") -> Verdict:
    return decide(line.file, line.question, RULES, line.question.at, line.listings, lang)


SENTENCES = [
    (row("FR-3", "", TUE, "", stop("2026-11-23 11:02")), "FR-3", "S'est opposé par SMS le 23/11/2026", "Objected by text message on 2026-11-23"),
    (row("FR-3", "", TUE, "", stop("2026-11-23 00:30", via="unheard-of"), to="RE"), "FR-3",
        "S'est opposé auprès de l'entreprise le 23/11/2026", "Objected to the company on 2026-11-23"),
    (row("house", "", TUE, "", YES, block("2026-11-02", name="litigation", until="2026-12-24")), "house",
        "Sur une liste interne de l'entreprise (litigation) depuis le 02/11/2026 et jusqu'au 24/12/2026",
        "On a list of the company (litigation) since 2026-11-02 until 2026-12-24"),
    (row("house", "", TUE, "", YES, review("2026-11-23")), "house",
        "Un message reçu par SMS le 23/11/2026 est peut-être une opposition : il attend d'être lu",
        "A message received by text message on 2026-11-23 may be an objection: it waits to be read"),
    (row("FR-8", "", TUE, "", YES, purpose="cpf"), "FR-8", "La prospection pour « cpf » est interdite par téléphone",
        'Marketing for "cpf" is forbidden by phone'),
    (row("FR-1", "", TUE, ""), "FR-1", "Aucune autorisation en vigueur pour contacter cette personne par téléphone",
        "No permission in force to reach this person by phone"),
    (row("FR-2", "", TUE, "", consent("2025-11-02")), "FR-2", "L'autorisation a pris fin le 02/11/2026", "The permission ended on 2026-11-02"),
    (row("FR-1", "", TUE, "", consent("2026-11-02", purpose="alarms"), purpose="windows"), "FR-1",
        "L'autorisation a été donnée pour « alarms », pas pour « windows »", 'The permission was given for "alarms", not for "windows"'),
    (row("UK-1", "", TUE, "", to="GB", lists=(listing("tps", "2026-11-20"),)), "UK-1", "Le registre ctps n'est pas chargé",
        "The registry ctps is not loaded"),
    (row("FR-4", "", "2026-11-24 21:04", "", YES), "FR-4",
        "Hors des heures permises (lun.-ven. 10:00-13:00, 14:00-20:00) : il est 24/11/2026 à 21:04 (Europe/Paris)",
        "Outside the permitted hours (Mon-Fri 10:00-13:00, 14:00-20:00): it is 2026-11-24 at 21:04 (Europe/Paris)"),
    (row("FR-4", "", "2026-12-25 11:00", "", YES), "FR-4", "C'est un jour férié là où vit la personne",
        "It is a public holiday where the person lives"),
    (row("FR-4", "", TUE, "", YES, *FOUR), "FR-4", "Déjà 4 tentatives en 30 jours, pour 4 permises", "Already 4 attempts in 30 days, 4 permitted"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "rule", "french", "english"), SENTENCES, ids=[french for _, _, french, _ in SENTENCES]
)
def test_a_reason_is_one_sentence(line: Row, rule: str, french: str, english: str) -> None:
    [first, *_] = verdict_of(line).reasons
    assert (first.rule, first.text) == (rule, french)
    assert verdict_of(line, "en").reasons[0].text == english
    assert verdict_of(line, "eo").reasons[0].text == english  # a language without texts


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (row("FR-2", "a year at most", TUE, "", consent("2025-11-02")), "FR-2"),
        (row("FR-5", "a contract that ended", TUE, "", contract(until="2026-11-02")), "FR-5"),
        (row("FR-6", "six working days", TUE, "", callback("2026-11-02")), "FR-6"),
        (row("FR-2", "the last to run out", TUE, "", contract(until="2026-10-02"), consent("2025-11-02")), "FR-2"),
        (row("FR-11", "by SMS", TUE, "", contract(until="2026-11-02"), by="sms"), "FR-11"),
        (row("FR-1", "none at all", TUE, ""), "FR-1"),
    ],
    ids=lambda it: getattr(it, "about", ""),
)
def test_what_ran_out_names_the_rule_that_sets_its_term(line: Row, rule: str) -> None:
    verdict = verdict_of(line)
    assert [it.rule for it in verdict.reasons] == [rule]
    assert f"({rule} : {RULES.laws['FR'].country.sources[source_of(rule, line)]}" in explain(verdict, line.file, RULES)


def source_of(rule: str, line: Row) -> str:
    """The source that the clause of that rule names: of the grounds in force, else of the regime."""
    duties = RULES.laws["FR"].in_force(line.question.at).duties_for("FR", line.question.channel, "consumer")
    return next((it.source for it in duties.grounds.values() if it.rule == rule), duties.clause.source)


def test_the_end_of_a_block_is_told_in_the_time_of_the_rest() -> None:
    [reason] = verdict_of(row("house", "", TUE, "", YES, block("2026-11-02", until="2026-12-24"))).reasons
    assert reason.details == {"lists": ["do-not-call"], "until": "2026-12-23T23:00:00Z"}


def test_a_reason_says_since_when_and_how() -> None:
    line = row("FR-3", "", TUE, "", stop("2026-11-23 11:02"))
    reason = verdict_of(line).reasons[0]
    assert (reason.via, reason.since) == ("sms", line.file.opt_outs[0].at)


def test_a_refusal_is_explained_rule_by_rule() -> None:
    line = row("FR-4", "", "2026-11-24 21:04", "", YES, *FOUR)
    said = explain(verdict_of(line), line.file, RULES, "fr")
    assert said.startswith(
        "NON : +33*******78 ne doit pas être contacté par téléphone au nom de « acme » le 24/11/2026 à 21:04"
    )
    assert "France, version FR/2026-08-11 (FR-1 : C. consom. L223-1" in said
    assert "✓ Pas d'opposition de la personne" in said
    assert "✗ Heures permises : Hors des heures permises" in said
    assert "(FR-4 : C. consom. D223-9 (décret 2026-662 art. 4)" in said
    assert "- un consentement, du 01/10/2026 à 00:00 au 01/10/2027 à 00:00" in said
    assert said.endswith("Redemander à partir du 03/12/2026 à 11:00, à faits inchangés.")
    assert "0612345678" not in said


def test_an_allow_is_explained_by_its_basis() -> None:
    line = row("FR-1", "", TUE, "", YES)
    said = explain(verdict_of(line), line.file, RULES, "en")
    assert said.startswith("YES: +33*******78 may be contacted by phone")
    assert said.endswith("What permits it: a consent.")
    assert "✗" not in said


def test_what_waiting_does_not_heal_is_said() -> None:
    line = row("FR-1", "", TUE, "")
    assert explain(verdict_of(line), line.file, RULES, "fr").endswith(
        "Attendre n'y changera rien : il faut un fait nouveau."
    )


@pytest.mark.parametrize(
    ("to", "at", "policy", "registries"),
    [
        ("FR", TUE, "FR/2026-08-11", ()),
        ("YT", TUE, "FR/2026-08-11", ()),
        ("FR", "2026-08-11 00:00", "FR/2026-08-11", ()),
        ("FR", "2026-08-10 23:59", "FR/2026-02-01", ("bloctel",)),
        ("FR", "2024-06-04 11:00", "FR/2023-03-01", ("bloctel",)),
        ("FR", "2020-06-02 11:00", "strictest/1970-01-01", ()),
        ("JP", TUE, "strictest/1970-01-01", ()),
        ("GB", TUE, "GB/2024-01-01", ("tps", "ctps")),
        ("IT", TUE, "IT/2026-06-19", ("rpo",)),
        ("US-KY", TUE, "US/2024-01-01", ("us-dnc",)),
        ("CA", TUE, "CA/2024-01-01", ("ca-dncl",)),
        ("AU", TUE, "AU/2024-01-01", ("au-dncr",)),
        ("BE", TUE, "BE/2024-01-01", ("be-dncm",)),
    ],
)
def test_the_rules_in_force_have_a_name_and_their_registries(
    to: str, at: str, policy: str, registries: tuple[str, ...]
) -> None:
    line = row("", "", at, "", to=to)
    assert (policy_of(line.question, RULES), registries_for(line.question, RULES)) == (policy, registries)
    assert verdict_of(line).policy == policy


def test_the_verdict_follows_the_instant_given_not_that_of_asking() -> None:
    line = row("", "", TUE, "", YES)
    later = line.question.at + timedelta(hours=10)
    asked = replace(line.question, at=later)
    assert not decide(line.file, asked, RULES, later).allowed
    assert decide(line.file, asked, RULES, line.question.at).allowed
