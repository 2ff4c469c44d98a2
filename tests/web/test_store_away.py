"""The store is away, or is not ours: nobody is told "allow", and everybody is told why."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

import wiring
from tests.web.conftest import problem
from web.app import create_app

CHECK = {"contact": "+33639980701", "channel": "sms", "audience": "business"}


@pytest.fixture
def client(program: wiring.Program) -> FlaskClient:
    client = create_app(program.service, program.settings).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {program.service.create_key('all', 'admin')}"
    return client


def ways(client: FlaskClient) -> list[Callable[[], object]]:
    return [
        lambda: client.post("/v1/check", json=CHECK),
        lambda: client.post("/v1/check", json=CHECK, headers={"Accept": "text/plain"}),
        lambda: client.get("/v1/check", query_string=CHECK),
        lambda: client.post("/v1/check/batch", json={"contacts": ["+33639980701"], "channel": "sms"}),
        lambda: client.post("/v1/check", json={**CHECK, "reserve": True}),
    ]


def test_no_check_is_answered_while_redis_is_away_and_all_are_afterwards(
    program: wiring.Program, client: FlaskClient
) -> None:
    assert client.get("/readyz").status_code == 200
    assert [it().status_code for it in ways(client)] == [200] * 5
    assert program.embedded
    program.embedded.stop()
    for ask in ways(client):
        answer = ask()
        assert problem(answer) == (503, "store_unavailable")
        assert answer.headers["Retry-After"]
        assert b"ALLOW" not in answer.data.upper().replace(b"ALLOWED", b"")
    assert problem(client.get("/readyz")) == (503, "store_unavailable")
    assert client.get("/healthz").status_code == 200
    assert 'store_errors_total{code="store_unavailable"} 6' in client.get("/metrics").text
    program.embedded.ensure()
    assert client.get("/readyz").status_code == 200
    assert [it().status_code for it in ways(client)] == [200] * 5


def test_a_store_without_our_mark_is_not_ready(program: wiring.Program, client: FlaskClient) -> None:
    """Emptied, or another server behind the same address: it would clear everybody."""
    program.client.delete("meta")
    assert problem(client.get("/readyz")) == (503, "store_refused")


def test_a_store_without_room_refuses_checks_in_words(program: wiring.Program, client: FlaskClient) -> None:
    assert client.post("/v1/check", json=CHECK).status_code == 200
    program.client.config_set("maxmemory", "1mb")
    for ask in ways(client)[:4]:
        assert problem(ask()) == (503, "store_unavailable")


def test_scripts_that_a_server_forgot_are_taught_again(program: wiring.Program, client: FlaskClient) -> None:
    """After a failover or a SCRIPT FLUSH; the caller notices nothing."""
    assert client.post("/v1/check", json=CHECK).status_code == 200
    program.client.script_flush()
    assert [it().status_code for it in ways(client)] == [200] * 5


def test_a_connection_that_died_is_opened_again(program: wiring.Program, client: FlaskClient) -> None:
    assert client.post("/v1/check", json=CHECK).status_code == 200
    program.client.client_kill_filter(_type="normal", skipme=True)
    assert client.post("/v1/check", json=CHECK).status_code == 200
