"""The rule files: every value has its source, and every mistake is said at once, at the start."""

import copy
import re
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest

from suppression.errors import SettingsError
from suppression.policy import Country, load_rules, rules_in
from suppression.policy.checking import clauses, problems_of

ROOM = Path(str(resources.files("suppression.policy")))
RAW = {file.name: msgspec.toml.decode(file.read_bytes()) for file in sorted((ROOM / "rules").iterdir())}
COUNTRIES = {name: msgspec.convert(raw, Country) for name, raw in RAW.items()}
CLAUSES = [(name, path) for name, country in COUNTRIES.items() for path, _ in clauses(country)]
RULES_PAGE = Path(__file__).parents[3] / "docs" / "rules.md"


def inside(raw: Any, path: str) -> Any:
    for step in re.findall(r"[^.\[\]]+|\[\d+\]", path.replace("-", "-")):
        raw = raw[int(step[1:-1])] if step.startswith("[") else raw[step]
    return raw


@pytest.mark.parametrize("key", ["source", "rule", "from"])
@pytest.mark.parametrize(("name", "path"), CLAUSES, ids=str)
def test_a_value_without_its_source_stops_the_start(name: str, path: str, key: str) -> None:
    broken = copy.deepcopy(RAW[name])
    del inside(broken, path)[key]
    assert any(key in problem for problem in problems_of({**RAW, name: broken}))


@pytest.mark.parametrize("name", RAW)
def test_every_scalar_of_a_file_stands_in_a_table_with_a_source(name: str) -> None:
    """Even what the schema would let through: a table with numbers in it, but no source."""
    allowed = {"country", "name", "zone", "zones", "territories", "unknown_countries", "sources"}
    for key, part in RAW[name].items():
        if key not in allowed:
            assert all("source" in table for table in tables(part)), key


def tables(part: Any) -> list[dict[str, Any]]:
    """The innermost tables that say something themselves; texts by language belong to the table around them."""
    if isinstance(part, list):
        return [table for item in part for table in tables(item)]
    if "source" in part or not any(isinstance(value, dict) for value in part.values()):
        return [part]
    return [table for value in part.values() for table in tables(value)]


@pytest.mark.parametrize("name", RAW)
def test_every_source_is_used(name: str) -> None:
    used = {clause.source for _, clause in clauses(COUNTRIES[name])}
    assert set(COUNTRIES[name].sources) == used


@pytest.mark.parametrize(("name", "path"), CLAUSES, ids=str)
def test_every_rule_id_stands_in_the_rules_page(name: str, path: str) -> None:
    if not RULES_PAGE.exists():
        pytest.skip("docs/rules.md is not there")
    assert f"| {inside(RAW[name], path)['rule']} |" in RULES_PAGE.read_text("utf-8")


FAULTS = [
    ({"colour": "red"}, "unknown field `colour`"),
    ({"zone": "Europe/Atlantis"}, "no time zone 'Europe/Atlantis'"),
    ({"sources": {}}, "is not in [sources]"),
    ({"country": "DE"}, "territory DE is claimed twice"),
    ({"unknown_countries": True}, "exactly one file must have unknown_countries"),
    ({"regimes": []}, "regimes: nothing for voice, consumer"),
    ({"regimes": []}, "regimes: nothing for automated calls, business"),
    ({"hours": {}}, "no [hours.calls]"),
    ({"grounds": {}}, "no [grounds.consent]"),
    ({"caps": {"calls": 4}}, "caps.calls: Expected `object`, got `int`"),
]


@pytest.mark.parametrize(("change", "problem"), FAULTS, ids=[problem for _, problem in FAULTS])
def test_what_is_wrong_with_a_file_is_said(change: dict[str, Any], problem: str) -> None:
    problems = problems_of({**RAW, "FR.toml": {**RAW["FR.toml"], **change}})
    assert any(problem in said for said in problems), problems


VALUES = [
    ("hours.calls", {"windows": ["mon-fri 13:00-10:00"]}, "a window ends after it begins"),
    ("hours.calls", {"windows": ["mon-fri 10:00-10:00"]}, "10:00-10:00: a window ends after it begins"),
    ("hours.calls", {"windows": ["mon-fri 10:00-24:30"]}, "10:00-24:30: a window ends after it begins"),
    ("hours.calls", {"windows": ["fri-mon 10:00-13:00"]}, "the week begins on Monday"),
    ("hours.calls", {"windows": ["mon-fre 10:00-13:00"]}, "hours.calls"),
    ("hours.calls", {"windows": ["weekdays"]}, "matching regex"),
    ("hours.calls", {"from": "2027-01-01"}, "but hours.calls only from 2027-01-01"),
    ("caps.calls", {"attempts": 0}, "Expected `int` >= 1"),
    ("grounds.callback", {"basis": "hunch"}, "Invalid enum value 'hunch'"),
    ("holidays", {"days": ["02-29"]}, "02-29 is not a day of every year"),
    ("regimes[0]", {"mode": "anything"}, "regimes[0]: Invalid enum value"),
    (
        "regimes[0]",
        {"automated": True, "channels": ["voice", "sms"]},
        "regimes[0]: automated speaks of calls (voice) alone",
    ),
    ("regimes[0]", {"hours": "nights"}, "no [hours.nights]"),
    ("registries.bloctel", {"days": "thirty"}, "registries.bloctel: Expected `int`"),
]


@pytest.mark.parametrize(("path", "change", "problem"), VALUES, ids=str)
def test_what_is_wrong_with_a_value_is_said(path: str, change: dict[str, Any], problem: str) -> None:
    broken = copy.deepcopy(RAW["FR.toml"])
    inside(broken, path).update(change)
    problems = problems_of({**RAW, "FR.toml": broken})
    assert any(problem in said for said in problems), problems


def test_all_problems_of_all_files_are_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "XA.toml").write_text("country = ")
    (tmp_path / "XB.toml").write_text('country = "XB"\ncolour = 1\nname = 3\nzone = 4\n')
    with pytest.raises(SettingsError) as caught:
        load_rules(tmp_path)
    said = "\n".join(caught.value.problems)
    assert "XA.toml: cannot be read" in said
    assert "XB.toml: name" in said
    assert "XB.toml: zone" in said


def test_the_canonical_text_makes_the_same_rules_again() -> None:
    chosen = load_rules(options=frozenset({"abolition"}))
    again = rules_in(chosen.text, chosen.phrases)
    assert (again.digest, again.text, again.options) == (chosen.digest, chosen.text, chosen.options)
    assert {name: law.country for name, law in again.laws.items()} == {n: law.country for n, law in chosen.laws.items()}
    assert [it.policy for it in again.laws["FR"].epochs] == [it.policy for it in chosen.laws["FR"].epochs]


def test_the_digest_follows_every_value_and_no_comment(tmp_path: Path) -> None:
    shipped = load_rules()
    text = (ROOM / "rules" / "DE.toml").read_text("utf-8")
    (tmp_path / "DE.toml").write_text(f"# a remark\n{text}", "utf-8")
    assert load_rules(tmp_path).digest == shipped.digest
    (tmp_path / "DE.toml").write_text(text.replace("minutes_before = 5", "minutes_before = 6"), "utf-8")
    assert load_rules(tmp_path).digest != shipped.digest
    assert load_rules(options=frozenset({"abolition"})).digest != shipped.digest


def test_an_unknown_option_is_said() -> None:
    with pytest.raises(SettingsError, match="no rule file has the option 'moselle'"):
        load_rules(options=frozenset({"moselle"}))


def test_a_file_of_the_directory_replaces_the_shipped_one(tmp_path: Path) -> None:
    text = (ROOM / "rules" / "DE.toml").read_text("utf-8").replace("2024-01-01", "2023-01-01")
    (tmp_path / "DE.toml").write_text(text, "utf-8")
    assert load_rules(tmp_path).laws["DE"].epochs[-1].policy == "DE/2023-01-01"


def test_the_code_knows_no_country() -> None:
    codes = (
        {country.country for country in COUNTRIES.values()} | set(COUNTRIES["FR.toml"].territories) | {"UK", "RE", "YT"}
    )
    for file in ROOM.glob("*.py"):
        assert not codes & set(re.findall(r'"([^"\n]*)"', file.read_text("utf-8"))), file.name


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_languages_say_the_same_things(lang: str) -> None:
    spoken, other = load_rules().phrases[lang], load_rules().phrases["fr"]
    for table in ("reasons", "via", "channels", "bases", "weekdays", "form", "explain", "checks"):
        assert getattr(spoken, table).keys() == getattr(other, table).keys()


def test_a_form_can_be_told_what_to_say() -> None:
    rules = load_rules()
    french = rules.notice("FR", "fr", "Acme SAS, 1 rue de la Paix", "dpo@acme.example")
    assert "L. 223-2" in french
    assert "Acme SAS" in french
    assert "dpo@acme.example" in french
    assert "[name and address of the company]" in rules.notice("FR", "en")
    assert "L. 223-2" in rules.notice("FR", "de")  # the country's own text, in English, before a general one in German
    assert "der Werbung jederzeit" in rules.notice("DE", "de")
    assert "right to object at any time" in rules.notice("JP", "ja")


LANGUAGES = ("fr", "en", "de", "es", "it", "nl", "pt", "eo")
OCCASIONS: tuple[Any, ...] = (None, "call", "automated", "message")


@pytest.mark.parametrize("country", [*(it.country for it in COUNTRIES.values()), "JP"])
def test_every_country_says_something_on_every_occasion_in_every_language(country: str) -> None:
    rules = load_rules()
    for occasion, lang in product(OCCASIONS, LANGUAGES):
        said = rules.notice(country, lang, "Acme SAS", "dpo@acme.example", occasion)
        assert "Acme SAS" in said
        assert not {"{", "}"} & set(said)


@pytest.mark.parametrize(
    ("country", "lang", "occasion", "words"),
    [
        ("FR", "fr", "call", ["pour le compte de Acme", "commercial", "d'un tiers", "[votre nom]"]),  # FR-7
        ("FR", "fr", "automated", ["automatique", "intelligence artificielle", "STOP"]),  # FR-14, EU-7
        ("FR", "fr", "message", ["STOP"]),  # FR-13
        ("NL", "nl", "call", ["recht van verzet"]),
        ("NL", "nl", None, ["Uw contactgegevens", "art. 11.7 Telecommunicatiewet"]),
        ("NL", "fr", None, ["Your contact details", "art. 11.7"]),  # both parts in one language
        ("GB", "en", "call", ["freephone"]),  # UK-1
        ("GB", "en", None, ["Telephone Preference Service"]),
        ("DE", "de", None, ["der Werbung jederzeit", "fünf Jahre ab ihrer Erteilung", "§ 7a UWG"]),
        ("DE", "de", "automated", ["Maschine"]),  # the general text: rules.md has none of its own
        ("ES", "es", None, ["cada dos años"]),
        ("IT", "it", None, ["Registro pubblico delle opposizioni", "meno di 30 giorni"]),
        ("BE", "nl", None, ["Bel me niet meer"]),
        ("PT", "pt", None, ["13.º-A"]),
        ("AT", "de", None, ["§ 174 TKG"]),
        ("CH", "it", None, ["LCSl"]),
        ("US", "en", None, ["National Do Not Call Registry", "10 business days"]),
        ("US", "en", "message", ["HELP"]),  # US-9
        ("CA", "fr", None, ["LNNTE"]),
        ("AU", "en", "call", ["end the call"]),  # AU-1
        ("JP", "en", "message", ["STOP"]),
    ],
)
def test_what_is_said_follows_the_rules_page(country: str, lang: str, occasion: Any, words: list[str]) -> None:
    said = load_rules().notice(country, lang, "Acme SAS", "dpo@acme.example", occasion)
    assert [it for it in words if it not in said] == []


def test_where_no_such_rights_are_known_none_are_promised() -> None:
    assert "portability" in load_rules().notice("DE", "en")
    assert "portability" not in load_rules().notice("US", "en")


@pytest.mark.parametrize(
    ("name", "path", "change", "problem"),
    [
        ("NL.toml", "says.call", {"texts": {"en": "I am {somebody}"}}, "says.call.texts.en: the blanks are"),
        ("NL.toml", "notice", {"texts": {"en": "x", "eo": "y"}}, "NL: notice adds in a language"),
        ("strictest.toml", "says.message", {"texts": {"fr": "STOP"}}, "all of [says] in English"),
        ("strictest.toml", "notice", {"adds": True}, "all of [says] in English"),
    ],
)
def test_what_is_wrong_with_a_notice_is_said(name: str, path: str, change: dict[str, Any], problem: str) -> None:
    broken = copy.deepcopy(RAW[name])
    inside(broken, path).update(change)
    problems = problems_of({**RAW, name: broken})
    assert any(problem in said for said in problems), problems


def test_terms_of_keeping_have_their_floor() -> None:
    laws = load_rules().laws
    assert laws["FR"].retention.proofs.years == 3
    assert (laws["DE"].retention.proofs.years, laws["DE"].retention.proofs.after) == (5, ("obtained", "use", "end"))
    assert laws["US"].retention.opt_outs.years == 10
    for law in laws.values():
        assert law.retention.blocks, law.country.country
        assert law.retention.blocks.after == ("end",)
