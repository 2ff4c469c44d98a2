"""A consent serves the third party that it names, and no other (C. consom. R223-1)."""

import pytest

from tests.web.conftest import Api, problem

CALLER = "Phoning Plus SARL"


@pytest.fixture
def number(api: Api) -> str:
    """A number whose consent to calls names one third-party caller."""
    given = {
        "contact": "+33639980601", "basis": "consent", "channels": ["voice"], "obtained_at": "2026-11-01T10:00:00Z",
        "shared_with": [CALLER], "source": "form 7", "proof": {"form": "7"},
    }  # fmt: skip
    assert api("POST", "/v1/permissions", given).status_code == 201
    return "+33639980601"


def said(api: Api, **asked: object) -> tuple[str, list[str]]:
    verdict = api("POST", "/v1/check", asked, "agent").json
    return verdict["verdict"], [it["code"] for it in verdict["reasons"]]


def test_a_caller_that_the_consent_does_not_name_gets_no_basis_of_it(api: Api, number: str) -> None:
    assert said(api, contact=number) == ("allow", [])
    assert said(api, contact=number, caller=CALLER) == ("allow", [])
    assert said(api, contact=number, caller="Ring Ring SA") == ("deny", ["no_consent"])


def test_the_reason_names_the_caller(api: Api, number: str) -> None:
    [reason] = api("POST", "/v1/check", {"contact": number, "caller": "Ring Ring SA", "lang": "en"}, "agent").json["reasons"]  # fmt: skip
    assert reason["details"] == {"caller": "Ring Ring SA"}
    assert reason["text"].endswith("by phone: none names Ring Ring SA")


def test_every_form_of_the_question_knows_the_caller(api: Api, number: str) -> None:
    line = {"Accept": "text/plain"}
    assert (
        api("GET", f"/v1/check?contact=%2B{number[1:]}&caller=Ring", key="agent", headers=line).data
        == b"DENY no_consent\n"
    )
    batch = api("POST", "/v1/check/batch", {"contacts": [number], "caller": "Ring"}, "agent").json
    assert batch["results"][0]["verdict"] == "deny"
    for caller, verdict in ((CALLER, "allow"), ("Ring", "deny")):
        csv = f"phone\n{number}\n".encode()
        told = api(
            "POST", "/v1/scrub", query_string={"caller": caller}, data=csv, content_type="text/csv", key="dialer"
        )
        assert f",{verdict}," in told.get_data(as_text=True)
    reserved = api("POST", "/v1/check", {"contact": number, "caller": "Ring", "reserve": True}, "agent").json
    assert (reserved["verdict"], "reservation" in reserved) == ("deny", False)


def test_the_past_verdict_knows_who_called(api: Api, number: str) -> None:
    id_ = api("POST", "/v1/check", {"contact": number, "caller": "Ring"}, "agent").json["id"]
    assert api("GET", f"/v1/verdicts/{id_}", key="agent").json["verdict"] == "deny"


def test_a_caller_without_a_name_is_a_mistake(api: Api, number: str) -> None:
    assert problem(api("POST", "/v1/check", {"contact": number, "caller": ""}, "agent")) == (422, "invalid_request")
