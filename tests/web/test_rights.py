"""A person's rights over HTTP: the readable dossier, the copy of a consent, rectification, requests."""

import pytest

from tests.web.conftest import Api, problem

OLD, NEW = "+33639980601", "+33639980602"
CONSENT = {
    "basis": "consent",
    "channels": ["voice"],
    "obtained_at": "2026-11-20T10:00:00+01:00",
    "proof": {"form": "<b>12</b>"},
}


def test_a_browser_gets_a_page_and_a_program_json(api: Api) -> None:
    api("POST", "/v1/optouts", {"contact": OLD, "words": "<script>x</script>"})
    page = api("GET", f"/v1/contacts/{OLD}", headers={"Accept": "text/html,application/xhtml+xml;q=0.9"})
    assert (page.status_code, page.content_type) == (200, "text/html; charset=utf-8")
    assert "Vos oppositions" in page.text
    assert "<script" not in page.text
    assert "style-src 'self'" in page.headers["Content-Security-Policy"]
    for accept in ("application/json", "*/*", "image/png"):
        assert api("GET", f"/v1/contacts/{OLD}", headers={"Accept": accept}).json["contact"] == OLD


def test_the_copy_of_a_consent(api: Api) -> None:
    id_ = api("POST", "/v1/permissions", {"contact": OLD, **CONSENT}).json["id"]
    copy = api("GET", f"/v1/permissions/{id_}").json
    assert (copy["contact"], copy["proof"]) == (OLD, {"form": "<b>12</b>"})
    assert problem(api("GET", f"/v1/permissions/{id_}", key="agent")) == (403, "forbidden")
    assert problem(api("GET", "/v1/permissions/prm_00ff")) == (404, "not_found")


def test_a_contact_is_rectified_once(api: Api) -> None:
    old = "+33639980604"
    api("POST", "/v1/permissions", {"contact": old, **CONSENT})
    api("POST", "/v1/optouts", {"contact": old, "channels": ["sms"]})
    moved = [api("POST", f"/v1/contacts/{old}/rectify", {"to": "06 39 98 06 02"}).json for _ in range(2)]
    assert moved[0] == moved[1]
    assert (moved[0]["from"], moved[0]["to"]) == (old, NEW)
    assert moved[0]["carried"]["permissions"] == 1
    assert api.verdict(NEW)["reasons"][0]["code"] == "opted_out"


@pytest.mark.parametrize(
    ("old", "body", "found"),
    [
        (OLD, {}, (422, "invalid_request")),
        (OLD, {"to": "nobody"}, (422, "invalid_contact")),
        (OLD, {"to": OLD}, (422, "invalid_request")),
        ("+33639980699", {"to": NEW}, (404, "not_found")),
        ("nobody", {"to": NEW}, (422, "invalid_contact")),
    ],
)
def test_what_cannot_be_rectified_is_told(api: Api, old: str, body: dict[str, str], found: tuple[int, str]) -> None:
    assert problem(api("POST", f"/v1/contacts/{old}/rectify", body)) == found


def test_a_request_is_listed_until_it_is_closed(api: Api) -> None:
    body = {"contact": "0639980603", "kind": "access", "via": "letter", "words": "where did you get my number?"}
    opened = api("POST", "/v1/requests", body, headers={"Idempotency-Key": "letter-7"})
    again = api("POST", "/v1/requests", body, headers={"Idempotency-Key": "letter-7"})
    assert (opened.status_code, again.json["id"]) == (201, opened.json["id"])
    [found] = [it for it in api("GET", "/v1/requests").json["requests"] if it["id"] == opened.json["id"]]
    assert (found["kind"], found["overdue"], found["contact"]) == ("access", False, "+33*******03")
    assert api("POST", f"/v1/requests/{found['id']}/close").status_code == 200
    assert problem(api("POST", f"/v1/requests/{found['id']}/close")) == (404, "not_found")
    assert found["id"] not in [it["id"] for it in api("GET", "/v1/requests").json["requests"]]
