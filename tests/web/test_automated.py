"""Calls that a machine makes, or an AI speaks, need a consent that was given for them (CPCE L34-5, PECR 19, 47 CFR 64.1200)."""

import pytest

from tests.web.conftest import Api, problem

GIVEN = {"basis": "consent", "channels": ["voice"], "obtained_at": "2026-11-01T10:00:00Z", "proof": {"form": "7"}, "source": "form 7"}  # fmt: skip


def said(api: Api, **asked: object) -> tuple[str, list[tuple[str, str]]]:
    verdict = api("POST", "/v1/check", asked, "agent").json
    return verdict["verdict"], [(it["code"], it["rule"]) for it in verdict["reasons"]]


@pytest.fixture
def called(api: Api) -> str:
    """Somebody who consented to calls, but not to automated ones."""
    assert api("POST", "/v1/permissions", {**GIVEN, "contact": "+33639980701"}).status_code == 201
    return "+33639980701"


@pytest.fixture
def dialled(api: Api) -> str:
    """Somebody who consented to automated calls."""
    assert api("POST", "/v1/permissions", {**GIVEN, "contact": "+33639980702", "automated": True}).status_code == 201
    return "+33639980702"


def test_a_consent_to_calls_is_none_to_automated_ones(api: Api, called: str, dialled: str) -> None:
    assert said(api, contact=called) == ("allow", [])
    assert said(api, contact=called, automated=True) == ("deny", [("no_consent", "FR-14")])
    assert said(api, contact=dialled, automated=True) == ("allow", [])
    assert said(api, contact=dialled) == ("allow", [])


def test_businesses_are_asked_as_well(api: Api) -> None:
    assert said(api, contact="+33639980703", audience="business") == ("allow", [])
    assert said(api, contact="+33639980703", audience="business", automated=True)[0] == "deny"


def test_every_form_of_the_question_knows_it(api: Api, called: str, dialled: str) -> None:
    line = {"Accept": "text/plain"}
    for number, verdict in ((called, b"DENY no_consent\n"), (dialled, b"ALLOW consent\n")):
        assert (
            api("GET", f"/v1/check?contact=%2B{number[1:]}&automated=true", key="agent", headers=line).data == verdict
        )
    batch = api("POST", "/v1/check/batch", {"contacts": [called, dialled], "automated": True}, "agent").json["results"]
    assert [it["verdict"] for it in batch] == ["deny", "allow"]
    csv = f"phone\n{called}\n{dialled}\n".encode()
    told = api("POST", "/v1/scrub?automated=true", data=csv, content_type="text/csv", key="dialer").get_data(as_text=True)  # fmt: skip
    assert [it.split(",")[2] for it in told.splitlines()[1:]] == ["deny", "allow"]


def test_the_past_verdict_and_its_proof_know_it(api: Api, called: str) -> None:
    id_ = api("POST", "/v1/check", {"contact": called, "automated": True}, "agent").json["id"]
    assert api("GET", f"/v1/verdicts/{id_}", key="agent").json["reasons"][0]["rule"] == "FR-14"


def test_only_yes_or_no_is_an_answer(api: Api) -> None:
    assert problem(api("POST", "/v1/check", {"contact": "+33639980704", "automated": "perhaps"}, "agent")) == (422, "invalid_request")  # fmt: skip


def test_the_dossier_tells_it(api: Api, dialled: str) -> None:
    page = api("GET", f"/v1/contacts/{dialled}", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "appels automatisés" in page
    assert api("GET", f"/v1/contacts/{dialled}").json["facts"]["permissions"][0]["automated"] is True
