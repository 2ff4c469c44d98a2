"""The server behind us is frozen under load: STOPs are still answered in time, checks are refused, and nothing is lost."""

import json
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.torture import processes
from tests.web.serving import Server, serving

CLIENTS = 64
TWILIO_SECONDS = 15.0
FROZEN_SECONDS = 12.0
JSON = "Content-Type: application/json"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as server:
        yield server


def test_stops_are_answered_within_twilios_time_while_redis_is_frozen_under_load(
    server: Server, tmp_path: Path
) -> None:
    key = f"Authorization: Bearer {server.command('keys', 'create', '--name', 'a', '--role', 'agent')}"
    pids = processes.of(tmp_path / "data")["redis"]
    assert pids

    def check(number: int) -> tuple[int, dict[str, object]]:
        body = {"contact": f"+336398{number:05d}", "channel": "sms", "audience": "business"}
        status, answer = server.post("/v1/check", json.dumps(body).encode(), JSON, key)
        return status, json.loads(answer)

    def person(number: int) -> list[tuple[int, float, int, bytes]]:
        """STOP after STOP, with a check between them, for as long as it is frozen."""
        found, turn = [], 0
        while time.monotonic() < end:
            who, start = number * 1000 + turn, time.monotonic()
            status, answer = server.sms(f"+336398{who:05d}", "STOP", f"SM{who}")
            found.append((who, time.monotonic() - start, status, answer))
            if turn % 4 == 0:
                status, told = check(who)
                checks[status, str(told.get("verdict", told.get("code")))] += 1
            turn += 1
            time.sleep(0.2)
        return found

    assert check(99_999)[0] == 200
    checks: Counter[tuple[int, str]] = Counter()
    processes.kill(pids, signal.SIGSTOP)
    try:
        end = time.monotonic() + FROZEN_SECONDS
        with ThreadPoolExecutor(CLIENTS) as pool:
            told = [it for one in pool.map(person, range(CLIENTS)) for it in one]
    finally:
        processes.kill(pids, signal.SIGCONT)
    assert len(told) > CLIENTS
    assert {status for _, _, status, _ in told} == {200}
    assert max(seconds for _, seconds, _, _ in told) < TWILIO_SECONDS * 2 / 3
    assert set(checks) == {(503, "store_unavailable")}
    deadline = time.monotonic() + 30
    for who, *_ in told:
        while (answer := check(who))[0] != 200:  # each process finds by itself that it is back
            assert answer[0] == 503
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert answer[1]["verdict"] == "deny"
