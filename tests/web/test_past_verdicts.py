"""A past verdict is the answer of its day: made again with the rules that were in force when it was given."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import wiring
from cli.ledger import proof
from suppression.service import Unproven, check_proof, key_in
from suppression.settings import load
from tests.web.conftest import Clock, problem
from web.app import create_app

NUMBER = "+33639980501"
GOOD_FRIDAY = "2027-03-26T11:00:00+01:00"  # a day off of Alsace-Moselle, where the installation says so
Door = Callable[..., Any]


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Callable[..., Door]]:
    """Starts the same installation again, with the settings of the day, as often as asked; each gives its HTTP door."""
    running: list[wiring.Program] = []
    clock = Clock()

    def start(**settings: str) -> Door:
        while running:
            running.pop().close()
        program = wiring.build(load({"STOPLISTE_DATA_DIR": str(tmp_path / "data"), **settings}), clock)
        running.append(program)
        client = create_app(program.service, program.settings).test_client()
        key = {"Authorization": f"Bearer {program.service.create_key('k', 'admin')}"}

        def door(method: str, path: str, body: object = None, **headers: str) -> Any:
            return client.open(path, method=method, json=body, headers={**key, **headers})

        door.program = program  # type: ignore[attr-defined]
        return door

    yield start
    for it in running:
        it.close()


def permitted(door: Door) -> None:
    proof = {"contact": NUMBER, "basis": "consent", "channels": ["voice"], "obtained_at": "2026-11-01T10:00:00Z", "proof": {"form": "7"}}  # fmt: skip
    assert door("POST", "/v1/permissions", proof).status_code == 201


def ask(door: Door, **more: object) -> Any:
    return door("POST", "/v1/check", {"contact": NUMBER, "at": GOOD_FRIDAY, **more}).json


def test_the_rules_of_the_day_are_kept_and_asked_again(doors: Callable[..., Door]) -> None:
    door = doors()
    permitted(door)
    before = ask(door)
    past = door("GET", f"/v1/verdicts/{before['id']}").json
    assert (before["verdict"], past["verdict"], past["rules"]["same"]) == ("allow", "allow", True)

    door = doors(STOPLISTE_RULE_OPTIONS="alsace-moselle")
    today = ask(door)
    again = door("GET", f"/v1/verdicts/{before['id']}").json
    assert [it["code"] for it in today["reasons"]] == ["holiday"]
    assert (again["verdict"], again["basis"]) == ("allow", "consent")
    assert again["rules"] == {"version": "FR/2026-08-11", "digest": past["rules"]["digest"], "same": False}
    assert door("GET", f"/v1/verdicts/{today['id']}").json["rules"]["same"] is True


def test_the_proof_holds_the_digest_and_shows_it(
    doors: Callable[..., Door], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = doors()
    id_ = ask(door)["id"]
    door.program.service.seal()  # type: ignore[attr-defined]
    answer = door("GET", f"/v1/verdicts/{id_}").json
    file = tmp_path / "answer.json"
    file.write_bytes(door("GET", f"/v1/verdicts/{id_}").data)
    monkeypatch.setenv("STOPLISTE_DATA_DIR", str(tmp_path / "data"))
    shown = CliRunner().invoke(proof, ["verify", str(file)])
    assert (shown.exit_code, answer["rules"]["digest"] in shown.output) == (0, True), shown.output
    file.write_text(file.read_text().replace(answer["rules"]["digest"], "0" * 64, 1))
    assert CliRunner().invoke(proof, ["verify", str(file)]).exit_code == 1


def test_rules_that_are_gone_or_changed_are_no_others(doors: Callable[..., Door], tmp_path: Path) -> None:
    id_ = ask(doors())["id"]
    [kept] = (tmp_path / "data" / "archive" / "rules").iterdir()
    door = doors(STOPLISTE_RULE_OPTIONS="abolition")
    content = kept.read_bytes()
    kept.write_bytes(content[:-9])
    assert problem(door("GET", f"/v1/verdicts/{id_}")) == (500, "ledger_broken")
    kept.unlink()
    assert problem(door("GET", f"/v1/verdicts/{id_}")) == (500, "ledger_broken")
    kept.write_bytes(content)
    assert door("GET", f"/v1/verdicts/{id_}").status_code == 200


def test_no_question_is_taken_while_its_rules_cannot_be_kept(doors: Callable[..., Door], tmp_path: Path) -> None:
    doors()
    rules = tmp_path / "data" / "archive" / "rules"
    [kept] = rules.iterdir()
    kept.unlink()
    rules.rmdir()
    rules.write_text("a disk that takes no folder")
    door = doors()
    assert problem(door("POST", "/v1/check", {"contact": NUMBER})) == (503, "archive_unavailable")
    assert door("POST", "/v1/optouts", {"contact": NUMBER}).status_code == 201  # a STOP needs no rules
    rules.unlink()
    assert ask(door)["verdict"] == "deny"


def reserved(door: Door) -> Any:
    return door("POST", "/v1/check", {"contact": NUMBER, "audience": "business", "reserve": True}).json


def test_the_verdict_of_a_reservation_names_it(doors: Callable[..., Door]) -> None:
    door = doors()
    given = reserved(door)
    past = door("GET", f"/v1/verdicts/{given['id']}").json
    assert (past["verdict"], past["reservation"]) == ("allow", given["reservation"])
    assert "reservation" not in door("GET", f"/v1/verdicts/{ask(door)['id']}").json
    assert door("POST", f"/v1/reservations/{past['reservation']}/release").status_code == 200
    door("DELETE", f"/v1/contacts/{NUMBER}")
    assert door("GET", f"/v1/verdicts/{given['id']}").json["reservation"] == given["reservation"]


def test_another_reservation_is_not_proven(doors: Callable[..., Door]) -> None:
    door = doors()
    id_ = reserved(door)["id"]
    program: wiring.Program = door.program  # type: ignore[attr-defined]
    program.service.seal()
    past = door("GET", f"/v1/verdicts/{id_}").json
    key = key_in(program.service.public_key())
    proven = check_proof(json.dumps(past).encode(), key)
    assert (proven.reserved, proven.reservation) == (True, past["reservation"])
    with pytest.raises(Unproven, match="reservation"):
        check_proof(json.dumps(past | {"reservation": "rsv_00x"}).encode(), key)


@pytest.mark.parametrize(
    ("query", "header", "begins"),
    [
        ("", "", "Aucune"),
        ("?lang=en", "", "No permission"),
        ("?lang=fr", "en", "Aucune"),  # what is asked for goes before what the program prefers
        ("", "en-GB, fr;q=0.5", "No permission"),
        ("", "de, *;q=0.1", "Aucune"),
        ("", "nonsense;;q=x", "Aucune"),
    ],
)
def test_reasons_come_in_the_language_asked_for(
    doors: Callable[..., Door], query: str, header: str, begins: str
) -> None:
    door, more = doors(), {"Accept-Language": header} if header else {}
    body = {"contact": NUMBER, **({"lang": query[-2:]} if query else {})}
    given = door("POST", "/v1/check", body, **more).json
    batch = door("POST", "/v1/check/batch", {"contacts": [NUMBER], **({"lang": query[-2:]} if query else {})}, **more)
    past = door("GET", f"/v1/verdicts/{given['id']}{query}", **more).json
    for it in (given, batch.json["results"][0], past):
        assert it["reasons"][0]["text"].startswith(begins)


def test_a_language_that_nobody_speaks_here_is_refused(doors: Callable[..., Door]) -> None:
    door = doors()
    assert problem(door("GET", f"/v1/verdicts/{ask(door)['id']}?lang=de")) == (422, "invalid_request")


def test_a_backup_carries_the_rules_along(doors: Callable[..., Door], tmp_path: Path) -> None:
    id_ = ask(doors())["id"]
    door = doors(STOPLISTE_RULE_OPTIONS="abolition")
    door.program.service.backup(tmp_path / "backup")  # type: ignore[attr-defined]
    [one, other] = sorted((tmp_path / "data" / "archive" / "rules").iterdir())
    one.unlink()
    other.unlink()
    door.program.service.restore(tmp_path / "backup")  # type: ignore[attr-defined]
    assert door("GET", f"/v1/verdicts/{id_}").json["rules"]["same"] is False
