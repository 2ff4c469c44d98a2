"""The door answers as the route does, and the environ is what WSGI asks for; over a real server."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.web.serving import Server, serving
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


def _sent(body: dict[str, str], key: str) -> bytes:
    text = json.dumps(body).encode()
    head = f"POST /v1/check HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {len(text)}\r\n"
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
