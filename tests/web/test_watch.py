"""What the store promised is switched off while it runs, or the disk takes nothing more: it shows, and nobody is told "allow"."""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import wiring
from suppression.service.readiness import FRESH_SECONDS
from suppression.store import journal
from tests.torture.outside import OutsideRedis
from tests.torture.world import small_disk
from tests.web.conftest import problem
from tests.web.serving import Server, serving
from web.app import create_app
from wiring import WATCH_SECONDS

CHECK = {"contact": "+33639980777", "channel": "sms", "audience": "business"}
JSON = "Content-Type: application/json"
PATIENCE = 20.0


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[OutsideRedis]:
    server = OutsideRedis(tmp_path / "redis").start()
    yield server
    server.kill()


@pytest.fixture
def server(tmp_path: Path, outside: OutsideRedis) -> Iterator[Server]:
    with serving(tmp_path, REDIS_URL=f"redis://127.0.0.1:{outside.port}") as server:
        yield server


@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [
        ("appendonly", "no", "yes"),
        ("maxmemory-policy", "allkeys-lru", "noeviction"),
    ],
)
def test_a_promise_switched_off_while_it_runs_ends_the_answers(
    server: Server, outside: OutsideRedis, name: str, bad: str, good: str
) -> None:
    key = f"Authorization: Bearer {server.command('keys', 'create', '--name', 'a', '--role', 'agent')}"

    def check() -> tuple[int, str]:
        status, answer = server.post("/v1/check", json.dumps(CHECK).encode(), JSON, key)
        told = json.loads(answer)
        return status, told.get("verdict", told.get("code"))

    assert check() == (200, "allow")
    outside.client.config_set(name, bad)
    time.sleep(WATCH_SECONDS + FRESH_SECONDS + 1)
    assert [check() for _ in range(20)] == [(503, "store_refused")] * 20, "in every process"
    assert server.told(b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").split()[1] == b"503"
    assert server.sms(CHECK["contact"], "STOP", "SM1")[0] == 200, "the journal has it"
    outside.client.config_set(name, good)
    end = time.monotonic() + PATIENCE
    while (answer := check()) != (200, "deny"):
        assert answer == (503, "store_refused") or answer == (503, "store_unavailable")
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_server_that_evicted_is_refused_although_it_promises_again(
    build: Callable[..., wiring.Program], outside: OutsideRedis
) -> None:
    program = build(REDIS_URL=f"redis://127.0.0.1:{outside.port}")
    client = create_app(program.service, program.settings).test_client()
    assert client.get("/readyz").status_code == 200
    outside.client.config_set("maxmemory-policy", "allkeys-lru")
    outside.client.config_set("maxmemory", "2mb")
    for number in range(200):
        outside.client.set(f"other:{number}", "x" * 20_000)
    outside.client.config_set("maxmemory", "0")
    outside.client.config_set("maxmemory-policy", "noeviction")
    time.sleep(FRESH_SECONDS)
    assert problem(client.get("/readyz")) == (503, "store_refused")


@pytest.fixture
def client(program: wiring.Program) -> FlaskClient:
    return create_app(program.service, program.settings).test_client()


def test_a_journal_that_cannot_be_written_shows(program: wiring.Program, client: FlaskClient) -> None:
    assert client.get("/readyz").status_code == 200
    path = program.settings.data_dir / "journal.db"
    with journal.sqlite3.connect(path) as other:  # somebody holds it, longer than we wait
        other.execute("begin immediate")
        time.sleep(FRESH_SECONDS)
        assert problem(client.get("/readyz")) == (503, "journal_unavailable")
    time.sleep(FRESH_SECONDS)
    assert client.get("/readyz").status_code == 200


def test_a_full_disk_shows(build: Callable[..., wiring.Program], outside: OutsideRedis) -> None:
    with small_disk(4) as place:
        if place is None:
            pytest.skip("this user may not mount a small disk")
        program = build(REDIS_URL=f"redis://127.0.0.1:{outside.port}", STOPLISTE_DATA_DIR=str(place / "data"))
        client = create_app(program.service, program.settings).test_client()
        assert client.get("/readyz").status_code == 200
        ballast = place / "ballast"
        free = os.statvfs(place).f_bavail * os.statvfs(place).f_frsize
        ballast.write_bytes(b"0" * (free - 4096))
        time.sleep(FRESH_SECONDS)
        assert problem(client.get("/readyz")) == (503, "journal_unavailable")
        ballast.unlink()
        time.sleep(FRESH_SECONDS)
        assert client.get("/readyz").status_code == 200
        program.close()
