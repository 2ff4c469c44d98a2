"""The routes that record, and those that a person's rights ask for."""

import hashlib
import io
import json

import pytest

from tests.web.conftest import Api, problem

CONSENT = {
    "basis": "consent", "channels": ["voice"], "obtained_at": "2026-11-20T10:00:00Z", "proof": {"form": "box ticked on /contact"},
}  # fmt: skip


def test_a_stop_is_a_success_however_often_it_is_said(api: Api) -> None:
    said = {"contact": "+33639980201", "words": "plus jamais", "via": "sms", "occurred_at": "2026-11-23T08:00:00+01:00"}
    first, second = api("POST", "/v1/optouts", said, "dialer"), api("POST", "/v1/optouts", said, "dialer")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json["id"] == second.json["id"]
    assert second.json["since"].startswith("2026-11-23T07:00:00")
    assert api.verdict("+33639980201", channel="voice")["reasons"][0]["code"] == "opted_out"


def test_an_idempotency_key_is_one_event_and_serves_one_request(api: Api) -> None:
    sent, headers = {"contact": "+33639980202"}, {"Idempotency-Key": "stop-1"}
    events = [api("POST", "/v1/optouts", sent, "agent", headers).json["event"] for _ in range(2)]
    assert events[0] == events[1]
    other = api("POST", "/v1/optouts", {**sent, "channels": ["sms"]}, "agent", headers)
    assert problem(other) == (422, "idempotency_key_reused")
    assert problem(api("POST", "/v1/optouts", sent, "agent", {"Idempotency-Key": "k" * 256})) == (
        422,
        "invalid_request",
    )


@pytest.mark.parametrize(
    ("channels", "denied", "open_"),
    [("all", "voice", None), (["sms"], "sms", "telegram"), (["voice", "email"], "email", "sms")],
)
def test_a_stop_covers_what_was_said(api: Api, channels: object, denied: str, open_: str | None) -> None:
    contact = f"+3363998021{len(channels)}"  # type: ignore[arg-type]
    api("POST", "/v1/optouts", {"contact": contact, "channels": channels})
    assert api.verdict(contact, channel=denied)["verdict"] == "deny"
    if open_:
        assert api.verdict(contact, channel=open_)["verdict"] == "allow"


def test_a_stop_for_one_brand_and_one_for_all(api: Api) -> None:
    api("POST", "/v1/optouts", {"contact": "+33639980220", "brand": "older"})
    assert api.verdict("+33639980220", brand="other")["verdict"] == "deny", "an earlier name of the brand"
    assert api.verdict("+33639980220")["verdict"] == "allow"
    api("POST", "/v1/optouts", {"contact": "+33639980220", "brand": "*"})
    assert api.verdict("+33639980220")["verdict"] == "deny"


@pytest.mark.parametrize(
    "words",
    ["\ud83d", "🛑" * 1600, "a\x00b", "\u202epots"],
    ids=["half a character, as a cut emoji", "long", "nul", "right to left"],
)
def test_no_word_is_lost(api: Api, words: str) -> None:
    raw = json.dumps({"contact": "+33639980221", "words": words}).encode()
    answer = api("POST", "/v1/optouts", data=raw, content_type="application/json")
    assert answer.status_code == 201, answer.text
    dossier = api("GET", "/v1/contacts/+33639980221").json
    assert dossier["events"][-1]["private"]["words"] == words.replace("\ud83d", "?")


def test_a_consent_needs_its_proof_and_a_past(api: Api) -> None:
    made = api("POST", "/v1/permissions", {"contact": "+33639980230", **CONSENT}, headers={"Idempotency-Key": "p"})
    assert (made.status_code, len(made.json["warnings"])) == (201, 1), "no source was named"
    assert (
        api("POST", "/v1/permissions", {"contact": "+33639980230", **CONSENT, "source": "crm"}).json["warnings"] == []
    )
    for wrong in (
        {"proof": None},
        {"proof": {}},
        {"proof": {"a": " "}},
        {"obtained_at": "2027-01-01T00:00:00Z"},
        {"at": "2026-12-01T10:00:00Z"},
    ):
        assert problem(api("POST", "/v1/permissions", {"contact": "+33639980230", **CONSENT, **wrong})) == (
            422,
            "consent_refused",
        )
    for wrong in ({"proof": "yes"}, {"proof": {"a": "x" * 40_000}}, {"channels": []}, {"basis": "hope"}):
        assert problem(api("POST", "/v1/permissions", {"contact": "+33639980230", **CONSENT, **wrong})) == (
            422,
            "invalid_request",
        )


def test_a_permission_is_withdrawn(api: Api) -> None:
    id_ = api("POST", "/v1/permissions", {"contact": "+33639980231", **CONSENT}).json["id"]
    assert api.verdict("+33639980231", channel="voice", audience="consumer")["basis"] == "consent"
    assert api("DELETE", f"/v1/permissions/{id_}").json["id"] == id_
    assert api.verdict("+33639980231", channel="voice", audience="consumer")["verdict"] == "deny"
    assert problem(api("DELETE", "/v1/permissions/prm_0000")) == (404, "not_found")


def test_a_block_is_put_and_taken_away(api: Api) -> None:
    sent = {"contact": "+33639980232", "list": "litigation", "reason": "case 12", "channels": ["sms"]}
    made = api("POST", "/v1/blocks", sent)
    assert (made.status_code, made.json["list"], made.json["brand"]) == (201, "litigation", "*")
    assert api.verdict("+33639980232")["reasons"][0]["code"] == "blocked"
    gone = api("DELETE", f"/v1/blocks/{made.json['id']}")
    assert (gone.status_code, gone.data) == (204, b"")
    assert api.verdict("+33639980232")["verdict"] == "allow"
    assert problem(api("DELETE", f"/v1/blocks/{made.json['id']}")) == (404, "not_found")
    assert problem(api("POST", "/v1/blocks", {**sent, "list": "Not A Name"})) == (422, "invalid_request")


def test_an_opt_out_is_lifted_by_two_admins_and_never_by_one(api: Api) -> None:
    contact = {"contact": "+33639980233"}
    assert problem(api("POST", "/v1/lifts", {**contact, "reason": "mistake"})) == (404, "not_found"), "nothing to lift"
    opted = api("POST", "/v1/optouts", contact).json["id"]
    assert problem(api("DELETE", f"/v1/blocks/{opted}"))[0] == 404, "an opt-out is no block"
    asked = api("POST", "/v1/lifts", {**contact, "reason": "typed the wrong number, see ticket 7"})
    assert asked.status_code == 201
    path = f"/v1/lifts/{asked.json['id']}/approve"
    assert problem(api("POST", path)) == (403, "forbidden")
    assert problem(api("POST", path, key="agent")) == (403, "forbidden")
    assert api.verdict("+33639980233")["verdict"] == "deny"
    assert api("POST", path, key="second admin").json["state"] == "lifted"
    assert api.verdict("+33639980233")["verdict"] == "allow"
    assert problem(api("POST", path, key="second admin")) == (404, "not_found")
    assert problem(api("POST", "/v1/lifts", {**contact, "reason": "  "}))[0] in (404, 422)


def test_a_doubtful_message_is_decided_once(api: Api) -> None:
    assert api("GET", "/v1/reviews").json == {"reviews": []}
    assert problem(api("POST", "/v1/reviews/rev_00ab", {"decision": "none"})) == (404, "not_found")
    assert problem(api("POST", "/v1/reviews/rev_00ab", {"decision": "perhaps"})) == (422, "invalid_request")


@pytest.mark.parametrize("path", ["+33639980240", "%2B33639980240", "0639980240?region=fr", "06%2039%2098%2002%2040"])
def test_a_dossier_is_found_however_the_contact_is_written(api: Api, path: str) -> None:
    api("POST", "/v1/optouts", {"contact": "+33639980240", "words": "stop"})
    found = api("GET", f"/v1/contacts/{path}").json
    assert (found["contact"], found["events"][0]["private"]["words"]) == ("+33639980240", "stop")


def test_a_contact_with_a_slash_in_it_is_still_one_contact(api: Api) -> None:
    """An address may hold one (RFC 5321); a route that only knew `%2F` as a path would lose the person's rights."""
    api("POST", "/v1/optouts", {"contact": "a/b@example.org"})
    assert api("GET", "/v1/contacts/a%2Fb@example.org").json["contact"] == "a/b@example.org"
    assert problem(api("GET", "/v1/contacts/n%2Fb")) == (422, "invalid_contact")


def test_an_erased_person_stays_opted_out_and_unknown(api: Api) -> None:
    api("POST", "/v1/optouts", {"contact": "gone@example.org", "words": "and forget me"})
    assert api("DELETE", "/v1/contacts/gone@example.org").json == {"erased": True}
    assert api.verdict("gone@example.org", channel="email")["reasons"][0]["code"] == "opted_out"
    assert "forget me" not in api("GET", "/v1/contacts/gone@example.org").text


def test_the_feed_is_read_in_pages_and_shows_no_address(api: Api) -> None:
    api("POST", "/v1/optouts", {"contact": "+33639980250"})
    seen, cursor = [], None
    while page := api("GET", "/v1/events", query_string={"limit": 7, **({"after": cursor} if cursor else {})}).json:
        cursor = page["next"]
        if not page["events"]:
            break
        seen += page["events"]
    assert len({it["id"] for it in seen}) == len(seen) >= 1
    assert {"id", "type", "at", "by", "contact", "brand", "channels", "via"} <= set(seen[-1])
    assert "+33639980250" not in str(seen)
    for wrong in ("nonsense", "!", "A" * 3000):
        assert problem(api("GET", "/v1/events", query_string={"after": wrong})) == (422, "invalid_request")
    assert problem(api("GET", "/v1/events?limit=0")) == (422, "invalid_request")


def test_loading_a_registry_leaves_an_event(api: Api) -> None:
    content = b"number\n+33639980270\n+33639980271\nno number\n"
    put = api("PUT", "/v1/registries/rpo?as_of=2026-11-19&region=FR", data=io.BytesIO(content), content_type="text/csv")
    refused = api("PUT", "/v1/registries/rpo?as_of=2026-11-20", data=io.BytesIO(b""), content_type="text/csv")
    assert (put.status_code, refused.status_code) == (200, 422)
    events = api("GET", "/v1/events?limit=1000").json["events"]
    [event] = [it for it in events if it["type"] == "registry_loaded" and it["registry"] == "rpo"]
    assert {name: event[name] for name in event.keys() - {"id", "at"}} == {
        "type": "registry_loaded", "by": "admin", "contact": None, "registry": "rpo", "as_of": "2026-11-19",
        "numbers": 2, "size": len(content), "file": hashlib.sha256(content).hexdigest(),
    }  # fmt: skip
    api.program.service.seal()
    assert api.program.service.verify_ledger().broken is None


def test_a_registry_is_replaced_whole(api: Api) -> None:
    def put(text: str, as_of: str = "2026-11-20", name: str = "bloctel") -> object:
        return api(
            "PUT", f"/v1/registries/{name}?as_of={as_of}", data=io.BytesIO(text.encode()), content_type="text/csv"
        )

    loaded = put("number;since\n+33639980260;2020\n0639980261;2021\nnot a number\n")
    assert loaded.json == {"name": "bloctel", "as_of": "2026-11-20", "numbers": 2, "unreadable_lines": 1}  # type: ignore[attr-defined]
    assert problem(put("")) == (422, "invalid_request"), "an empty list would clear everybody"  # type: ignore[arg-type]
    assert problem(put("+33639980262", "2027-01-01")) == (422, "invalid_request")  # type: ignore[arg-type]
    assert problem(put("+33639980262", "soon")) == (422, "invalid_request")  # type: ignore[arg-type]
    assert problem(put("+33639980262", name="Bad Name")) == (422, "invalid_request")  # type: ignore[arg-type]


def test_why_somebody_was_blocked_is_read_by_admins_and_by_no_line_of_the_ledger(api: Api) -> None:
    number, why = "+33639980280", "rang us at night, see ticket 4711"
    block = api("POST", "/v1/blocks", {"contact": number, "list": "litigation", "reason": why}).json["id"]
    api("POST", "/v1/optouts", {"contact": number})
    lift = api("POST", "/v1/lifts", {"contact": number, "reason": f"{why}, wrong person"}).json["id"]
    file = api("GET", f"/v1/contacts/{number}").json
    [blocked] = file["facts"]["blocks"]
    [lifted] = file["facts"]["lifts"]
    assert (blocked["id"], blocked["reason"]) == (block, why)
    assert (lifted["id"], lifted["reason"]) == (lift, f"{why}, wrong person")
    assert why in api("GET", f"/v1/contacts/{number}", headers={"Accept": "text/html"}).get_data(as_text=True)
    client = api.program.client
    lines = [leaf[b"leaf"] for key in client.keys("*:ledger") for _, leaf in client.xrange(key)]
    assert lines
    assert not [it for it in lines if b"4711" in it]
    assert not [it for key in client.keys("*:contact:*") for it in client.hvals(key) if b"4711" in it]
    api.program.service.seal()
    assert api.program.service.verify_ledger().broken is None
    moved = api("POST", f"/v1/contacts/{number}/rectify", {"to": "+33639980281"})
    assert moved.json["carried"]["blocks"] == 1
    [carried] = api("GET", "/v1/contacts/+33639980281").json["facts"]["blocks"]
    assert carried["reason"] == why
    assert why in [it.reason for it in api.program.service.suppressions()]


def test_a_block_that_has_ended_already_is_refused(api: Api) -> None:
    asked = {"contact": "+33639980282", "list": "not-now", "reason": "busy", "until": "2026-11-23T10:00:00Z"}
    refused = api("POST", "/v1/blocks", asked)
    assert problem(refused) == (422, "invalid_request")
    assert refused.json["errors"] == [{"field": "until", "problem": "lies in the past"}]
    assert "2026-11-23T10:00:00Z" in refused.json["detail"]
    assert api("POST", "/v1/blocks", {**asked, "until": "2026-12-23T10:00:00Z"}).status_code == 201
