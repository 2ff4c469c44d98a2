"""The door answers as the route does, and the environ is what WSGI asks for; over a real server."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from tests.web.serving import TOKEN, Server, serving
from web.environ import environ_of

CHECK = {"contact": "+33639980042", "channel": "sms", "audience": "business"}
DIFFERENT = ("id", "checked_at")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("front")) as server:
        yield server


@pytest.fixture(scope="module")
def keys(server: Server) -> dict[str, str]:
    agent = server.command("keys", "create", "--name", "a", "--role", "agent")
    return {"good": f"Authorization: Bearer {agent}", "wrong": "Authorization: Bearer nobody", "none": "X-None: 1"}


@pytest.mark.parametrize("key", ["good", "wrong", "none"])
@pytest.mark.parametrize(
    "body",
    [
        CHECK,
        {**CHECK, "channel": "voice"},
        {**CHECK, "contact": "no contact"},
        {**CHECK, "contact": "+1 212 555 0100", "lang": "en"},
        {**CHECK, "brand": "nobody's"},
        {**CHECK, "channel": "pigeon"},
        {**CHECK, "reserve": True},
        [],
    ],
)
def test_the_door_says_what_the_route_says(server: Server, keys: dict[str, str], body: object, key: str) -> None:
    def asked(kind: str) -> tuple[int, dict[str, Any]]:
        status, answer = server.post("/v1/check", json.dumps(body).encode(), f"Content-Type: {kind}", keys[key])
        return status, {name: it for name, it in json.loads(answer).items() if name not in DIFFERENT}

    by_door, by_route = asked("application/json"), asked("application/json; charset=utf-8")
    assert {**by_door[1], "reservation": None} == {**by_route[1], "reservation": None}
    assert by_door[0] == by_route[0]


def test_checks_that_come_together_are_answered_one_by_one(server: Server, keys: dict[str, str]) -> None:
    """Good ones, bad keys and unreadable contacts, pipelined over many connections: each gets its own answer."""
    rows = [(CHECK | {"contact": f"+336399800{n:02d}"}, "good" if n % 3 else "wrong") for n in range(60)]
    lines = [server.dial(_sent(body, keys[key])) for body, key in rows]
    for line, (body, key) in zip(lines, rows, strict=True):
        with line:
            head, _, answer = b"".join(iter(lambda it=line: it.recv(65_536), b"")).partition(b"\r\n\r\n")
        told = json.loads(answer)
        assert told.get("contact", body["contact"]) == body["contact"]
        assert int(head.split()[1]) == (200 if key == "good" else told["status"])
        assert key == "good" or told["code"] in ("unauthenticated", "rate_limited")


STOP = {"contact": "+33639980042", "words": "stop", "via": "sms"}


@pytest.mark.parametrize("key", ["good", "wrong", "none"])
@pytest.mark.parametrize(
    "body",
    [
        STOP,
        {**STOP, "channels": ["sms"]},
        {**STOP, "contact": "no contact"},
        {**STOP, "contact": "06 39 98 00 43", "occurred_at": "2026-01-02T03:04:05Z"},
        {**STOP, "brand": "nobody's"},
        {**STOP, "brand": "*", "contact": "+33639980044"},
        {**STOP, "channels": "pigeon"},
        {},
    ],
)
def test_the_door_of_stops_says_what_its_route_says(
    server: Server, keys: dict[str, str], body: object, key: str
) -> None:
    def asked(kind: str) -> tuple[int, dict[str, Any]]:
        status, answer = server.post("/v1/optouts", json.dumps(body).encode(), f"Content-Type: {kind}", keys[key])
        return status, {name: it for name, it in json.loads(answer).items() if name != "event"}

    asked("application/json")  # the first one has an instant of its own
    assert asked("application/json") == asked("application/json; charset=utf-8")


@pytest.mark.parametrize("given", ["once", "x" * 256, " once "])
def test_the_door_of_stops_knows_an_idempotency_key(server: Server, keys: dict[str, str], given: str) -> None:
    def asked(kind: str, words: str) -> tuple[int, dict[str, Any]]:
        body = json.dumps({**STOP, "contact": "+33639980045", "words": words}).encode()
        kept = f"Idempotency-Key: {given}"
        status, answer = server.post("/v1/optouts", body, f"Content-Type: {kind}", keys["good"], kept)
        return status, json.loads(answer)

    assert asked("application/json", "stop") == asked("application/json; charset=utf-8", "stop")
    reused = asked("application/json", "other words")
    assert (reused[0], reused[1]["code"]) == (422, "invalid_request" if len(given) > 99 else "idempotency_key_reused")


def test_stops_that_come_together_are_answered_one_by_one(server: Server, keys: dict[str, str]) -> None:
    rows = [({**STOP, "contact": f"+336399801{n:02d}"}, "good" if n % 3 else "wrong") for n in range(60)]
    lines = [server.dial(_sent(body, keys[key], "/v1/optouts")) for body, key in rows]
    for line, (body, key) in zip(lines, rows, strict=True):
        with line:
            head, _, answer = b"".join(iter(lambda it=line: it.recv(65_536), b"")).partition(b"\r\n\r\n")
        told = json.loads(answer)
        assert int(head.split()[1]) == (201 if key == "good" else told["status"])
        assert key == "wrong" or told["contact"] == body["contact"]


def test_messages_that_come_together_are_answered_as_alone(server: Server) -> None:
    """STOPs, other words and forged ones at once; what was not signed was not heard."""

    def sent(number: int) -> tuple[int, bytes]:
        words = ("STOP", "arrêtez", "bonjour", "STOP")[number % 4]
        return server.sms(f"+336399802{number:02d}", words, f"SM{number}", token="forged" if number % 4 == 3 else TOKEN)

    with ThreadPoolExecutor(24) as pool:
        told = list(pool.map(sent, range(48)))
    assert [status for status, _ in told] == [200, 200, 200, 403] * 12
    assert [b"<Message>" in answer for _, answer in told] == [False, True, False, False] * 12
    assert sent(1)[1] == told[1][1]


def _sent(body: dict[str, str], key: str, path: str = "/v1/check") -> bytes:
    text = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {len(text)}\r\n"
    return f"{head}Content-Type: application/json\r\n{key}\r\n\r\n".encode() + text


def test_the_environ_is_what_wsgi_asks_for() -> None:
    headers = [("content-type", "text/plain"), ("content-length", "2"), ("x-a", "1"), ("x-a", "2"), ("x_a", "forged"),
               ("cookie", "a=1"), ("cookie", "b=2"), ("host", "stop.example")]  # fmt: skip
    scope = SimpleNamespace(
        method="POST", path="/é", query_string="q=1", http_version="1.1", authority=None, client="[::1]:1234",
        server="127.0.0.1:8000", scheme="http", headers=SimpleNamespace(items=lambda: headers),
    )  # fmt: skip
    environ = environ_of(scope, b"hi")
    assert environ["wsgi.input"].read() == b"hi"
    assert {name: environ[name] for name in environ if name.startswith(("HTTP_", "CONTENT"))} == {
        "HTTP_HOST": "stop.example", "HTTP_X_A": "1,2", "HTTP_COOKIE": "a=1;b=2", "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "2",
    }  # fmt: skip
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/é"
    assert (environ["REMOTE_ADDR"], environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("::1", "127.0.0.1", "8000")
