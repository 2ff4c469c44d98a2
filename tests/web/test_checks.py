"""The routes that answer: what is asked, in which form, and what comes of it."""

import pytest

from tests.web.conftest import Api, problem

ASKED = {"channel": "sms", "audience": "business"}


def test_a_verdict_has_exactly_the_fields_that_the_contract_shows(api: Api) -> None:
    api("POST", "/v1/optouts", {"contact": "06 39 98 01 01", "via": "sms"})
    found = api.verdict("+33639980101")
    assert list(found) == [
        "id", "verdict", "contact", "channel", "brand", "reasons", "basis", "retry_at", "checked_at", "policy",
    ]  # fmt: skip
    assert (found["verdict"], found["contact"], found["basis"], found["retry_at"]) == (
        "deny",
        "+33639980101",
        None,
        None,
    )
    assert found["reasons"][0]["code"] == "opted_out"
    assert set(found["reasons"][0]) == {"code", "rule", "text", "since", "via"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("+33 6 39 98 01 02", "+33639980102"),
        ("06 39 98 01 02", "+33639980102"),
        ("tel:+33639980102", "+33639980102"),
        ("Ann@Example.ORG", "ann@example.org"),
        ("telegram:12345", "telegram:12345"),
    ],
)
def test_a_contact_is_read_in_every_form(api: Api, written: str, read: str) -> None:
    assert api.verdict(written)["contact"] == read


def test_post_get_and_text_say_the_same(api: Api) -> None:
    asked = {"contact": "+33639980103", **ASKED}
    post, get = api("POST", "/v1/check", asked, "agent"), api("GET", "/v1/check", key="agent", query_string=asked)
    assert {**post.json, "id": 0, "checked_at": 0} == {**get.json, "id": 0, "checked_at": 0}
    line = api("POST", "/v1/check", asked, "agent", {"Accept": "text/plain"})
    assert (line.content_type, line.text) == ("text/plain; charset=utf-8", "ALLOW opt_out_regime\n")
    api("POST", "/v1/optouts", {"contact": "+33639980103"})
    asked["channel"] = "voice"
    line = api("GET", "/v1/check", key="agent", query_string=asked, headers={"Accept": "text/plain"})
    assert line.text.startswith("DENY opted_out")


def test_the_door_and_the_route_behind_it_answer_alike(api: Api) -> None:
    """A content type with a charset is too odd for the door; the answer must not show it."""
    raw = b'{"contact": "+33639980104", "channel": "sms", "audience": "business"}'
    odd = api("POST", "/v1/check", key="agent", data=raw, content_type="application/json; charset=utf-8")
    plain = api("POST", "/v1/check", key="agent", data=raw, content_type="application/json")
    assert {**odd.json, "id": 0, "checked_at": 0} == {**plain.json, "id": 0, "checked_at": 0}
    same = {"Content-Type", "Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cache-Control"}
    assert {n: odd.headers[n] for n in same} == {n: plain.headers[n] for n in same}


@pytest.mark.parametrize("contact", ["", "nobody", "+", "1" * 40, "a@", "+3363998", "\ud83d"])
def test_an_unreadable_contact_is_a_deny_and_no_error(api: Api, contact: str) -> None:
    """Silence is never allow, and a dialer's list holds such things."""
    answer = api("POST", "/v1/check", {"contact": contact, **ASKED}, "agent")
    assert (answer.status_code, answer.json["verdict"]) == (200, "deny")
    assert answer.json["reasons"][0]["code"] == "invalid_contact"


def test_a_batch_answers_in_order_and_takes_anything_for_a_contact(api: Api) -> None:
    api("POST", "/v1/optouts", {"contact": "+33639980105"})
    contacts = ["+33639980106", "+33639980105", 33639980106, None, {"a": 1}, ["b"], 1.5, True, "x" * 2000, ""]
    found = api("POST", "/v1/check/batch", {"contacts": contacts, **ASKED}, "agent").json["results"]
    assert [it["verdict"] for it in found[:2]] == ["allow", "deny"]
    assert [it["reasons"][0]["code"] for it in found[3:]] == ["invalid_contact"] * 7


def test_a_batch_has_at_most_ten_thousand_contacts(api: Api) -> None:
    full = api("POST", "/v1/check/batch", {"contacts": ["+33639980107"] * 10_000, **ASKED}, "dialer")
    assert (full.status_code, len(full.json["results"])) == (200, 10_000)
    assert problem(api("POST", "/v1/check/batch", {"contacts": ["x"] * 10_001}, "dialer")) == (422, "invalid_request")
    assert api("POST", "/v1/check/batch", {"contacts": []}, "dialer").json == {"results": []}


def test_at_asks_about_another_instant_and_says_so(api: Api) -> None:
    found = api.verdict("+33639980108", at="2026-11-29T11:00:00+01:00")
    assert (found["verdict"], found["at"]) == ("deny", "2026-11-29T10:00:00Z")
    assert api.verdict("+33639980108", at="2026-11-25T11:00:00 01:00")["verdict"] == "allow", (
        "a + of a query read as a space"
    )


def test_a_reservation_counts_until_it_is_released(api: Api) -> None:
    first = api.verdict("+33639980109", reserve=True)
    assert first["verdict"] == "allow"
    assert first["reservation"].startswith("rsv_")
    closed = api("POST", f"/v1/reservations/{first['reservation']}/confirm", {"outcome": "no_answer"}, "dialer")
    assert closed.json == {"id": first["reservation"], "outcome": "no_answer"}
    again = api("POST", f"/v1/reservations/{first['reservation']}/release", key="dialer")
    assert problem(again) == (404, "not_found"), "settled already"
    other = api.verdict("+33639980110", reserve=True)["reservation"]
    assert api("POST", f"/v1/reservations/{other}/release", key="dialer").json["outcome"] == "released"
    bare = api.verdict("+33639980110", reserve=True)["reservation"]
    assert api("POST", f"/v1/reservations/{bare}/confirm", key="dialer").json["outcome"] == "answered", "no body"


def test_reserve_asks_about_now(api: Api) -> None:
    asked = {"contact": "+33639980111", "reserve": True, "at": "2026-11-25T11:00:00Z"}
    assert problem(api("POST", "/v1/check", asked, "agent")) == (422, "invalid_request")


def test_a_denied_reservation_is_a_verdict_without_one(api: Api) -> None:
    api("POST", "/v1/optouts", {"contact": "+33639980112"})
    found = api.verdict("+33639980112", reserve=True)
    assert (found["verdict"], "reservation" in found) == ("deny", False)


def test_an_attempt_made_elsewhere_is_recorded(api: Api) -> None:
    told = {"contact": "+33639980113", "channel": "voice", "outcome": "busy", "at": "2026-11-23T10:00:00Z"}
    answer = api("POST", "/v1/attempts", told, "dialer", {"Idempotency-Key": "att-1"})
    assert (answer.status_code, answer.json["outcome"], answer.json["contact"]) == (201, "busy", "+33639980113")
    assert api("POST", "/v1/attempts", told, "dialer", {"Idempotency-Key": "att-1"}).json["id"] == answer.json["id"]
    future = {**told, "at": "2027-11-23T10:00:00Z"}
    assert problem(api("POST", "/v1/attempts", future, "dialer")) == (422, "invalid_request")
    assert problem(api("POST", "/v1/attempts", {**told, "outcome": "reserved"}, "dialer")) == (422, "invalid_request")


def test_a_past_verdict_can_be_read_again(api: Api) -> None:
    before = api.verdict("+33639980114")
    api("POST", "/v1/optouts", {"contact": "+33639980114"})
    again = api("GET", f"/v1/verdicts/{before['id']}", key="agent").json
    assert (again["verdict"], again["id"], again["checked_at"]) == ("allow", before["id"], before["checked_at"])
    assert problem(api("GET", f"/v1/verdicts/{before['id']}", key="other's")) == (403, "forbidden"), "another brand's"


@pytest.mark.parametrize(
    "id_", ["vrd_", "vrd_99" + "1-1", "nothing", "vrd_001795500140054-9", "%00", "vrd_00" + "9" * 40]
)
def test_a_verdict_that_never_was(api: Api, id_: str) -> None:
    assert problem(api("GET", f"/v1/verdicts/{id_}", key="agent")) == (404, "not_found")
