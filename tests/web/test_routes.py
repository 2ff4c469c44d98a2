"""Every route there is, and its guard: a new one fails here until somebody says who may call it."""

import pytest
from flask import Flask

from tests.web.conftest import Api, problem
from web.guards import ROLES, UNLIMITED

OPEN = {
    "/healthz", "/readyz", "/openapi.json", "/docs", "/docs/start.js", "/docs/assets/<path:name>",
    "/.well-known/stopliste-ledger.pub",
}  # fmt: skip
LOCAL = {"/metrics"}
# Not there while a Twilio account is set, as here; tests/web/test_phone_page.py proves their guard.
LOCAL_PHONE = ("/phone", "/")
AGENTS = {"agent", "dialer", "admin"}
WHO = {
    ("POST", "/v1/check"): AGENTS,
    ("GET", "/v1/check"): AGENTS,
    ("POST", "/v1/check/batch"): AGENTS,
    ("GET", "/v1/verdicts/<id_>"): AGENTS,
    ("POST", "/v1/optouts"): AGENTS,
    ("POST", "/v1/attempts"): AGENTS,
    ("POST", "/v1/reservations/<id_>/confirm"): {"dialer", "admin"},
    ("POST", "/v1/reservations/<id_>/release"): {"dialer", "admin"},
    ("POST", "/v1/permissions"): {"admin"},
    ("DELETE", "/v1/permissions/<id_>"): {"admin"},
    ("GET", "/v1/permissions/<id_>"): {"admin"},
    ("POST", "/v1/contacts/<path:contact>/rectify"): {"admin"},
    ("GET", "/v1/requests"): {"admin"},
    ("POST", "/v1/requests"): {"admin"},
    ("POST", "/v1/requests/<id_>/close"): {"admin"},
    ("POST", "/v1/scrub"): AGENTS,
    ("POST", "/v1/blocks"): {"admin"},
    ("DELETE", "/v1/blocks/<id_>"): {"admin"},
    ("POST", "/v1/lifts"): {"admin"},
    ("POST", "/v1/lifts/<id_>/approve"): {"admin"},
    ("GET", "/v1/reviews"): {"admin"},
    ("POST", "/v1/reviews/<id_>"): {"admin"},
    ("GET", "/v1/contacts/<path:contact>"): {"admin"},
    ("DELETE", "/v1/contacts/<path:contact>"): {"admin"},
    ("GET", "/v1/events"): {"admin"},
    ("PUT", "/v1/registries/<name>"): {"admin"},
}
TWILIO = "/webhooks/twilio/"


def routes(app: Flask) -> set[tuple[str, str]]:
    rules = app.url_map.iter_rules()
    return {(method, it.rule) for it in rules for method in (it.methods or set()) - {"HEAD", "OPTIONS"}}


def path_of(rule: str) -> str:
    return (
        rule.replace("<id_>", "abc_00ab")
        .replace("<path:contact>", "+33639980501")
        .replace("<name>", "list?as_of=2026-11-20")
    )


def test_every_route_has_its_place_in_one_of_the_tables(api: Api) -> None:
    found = routes(api.client.application)
    left = {(m, r) for m, r in found if (m, r) not in WHO and r not in OPEN | LOCAL and not r.startswith(TWILIO)}
    assert not left
    assert set(WHO) <= found


@pytest.mark.parametrize(("method", "rule"), WHO, ids=[" ".join(it) for it in WHO])
def test_the_api_lets_in_the_keys_of_its_table_and_nobody_else(api: Api, method: str, rule: str) -> None:
    path = path_of(rule)
    assert problem(api(method, path, {}, "")) == (401, "unauthenticated")
    assert problem(api(method, path, {}, "stopliste_admin_of_nobody")) == (401, "unauthenticated")
    for role in AGENTS:
        refused = api(method, path, {}, role).status_code == 403
        assert refused == (role not in WHO[method, rule]), role


def test_twilio_comes_in_by_signature_only(api: Api) -> None:
    doors = {(m, r) for m, r in routes(api.client.application) if r.startswith(TWILIO)}
    assert {r for _, r in doors} >= {TWILIO + it for it in ("sms", "voice", "dial", "status")}
    for method, rule in doors:
        form = {"From": "+33639980502", "To": "+33162000001", "Body": "START", "MessageSid": "SM1"}
        for headers in ({}, {"X-Twilio-Signature": "bm90IHNpZ25lZA=="}):
            answer = api(method, rule, key="admin", data=form, headers=headers)
            assert problem(answer) == (403, "bad_signature"), "a key of ours is no signature"


@pytest.mark.parametrize("path", sorted(OPEN - {"/docs/assets/<path:name>"}))
def test_what_is_open_answers_anybody(api: Api, path: str) -> None:
    assert api("GET", path, key="").status_code == 200


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.1", {}, 403),
        ("", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),  # a proxy on this machine brings the world along
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 403),
    ],
)
def test_what_is_local_answers_this_machine_only(api: Api, address: str, headers: dict[str, str], status: int) -> None:
    for path in LOCAL:
        assert (
            api("GET", path, key="", headers=headers, environ_overrides={"REMOTE_ADDR": address}).status_code == status
        )


def test_the_tables_of_the_guard_name_routes_that_exist(api: Api) -> None:
    names = {it.endpoint.rpartition(".")[2] for it in api.client.application.url_map.iter_rules()} | {"scrub"}
    assert set(ROLES) | UNLIMITED <= names
