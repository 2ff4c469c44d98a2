"""After a time-out nobody waits for a silent server, and it is found again by one who asks; over a real server, really frozen."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from suppression.errors import StoreUnavailable
from suppression.store import connect as connecting
from suppression.store.breaker import PROBE_SECONDS, REST_SECONDS, Breaker, SilentError
from suppression.store.connect import breaker_for, connect, translated
from tests.torture.outside import OutsideRedis


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[OutsideRedis]:
    server = OutsideRedis(tmp_path / "redis").start()
    yield server
    os.kill(server.pid, signal.SIGCONT)
    server.kill()


def test_one_waits_the_next_do_not_and_it_is_found_again(
    outside: OutsideRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "ANSWER_SECONDS", 1.0)
    url = f"redis://127.0.0.1:{outside.port}"
    client = connect(url, breaker=breaker_for(url))
    client.set("a", "1")
    os.kill(outside.pid, signal.SIGSTOP)
    assert _seconds_until_refused(client) > 0.9
    with ThreadPoolExecutor(16) as pool:
        waits = list(pool.map(lambda _: _seconds_until_refused(client), range(64)))
    assert max(waits) < 0.5, "nobody waits while it rests"
    time.sleep(REST_SECONDS)
    with ThreadPoolExecutor(16) as pool:
        waits = sorted(pool.map(lambda _: _seconds_until_refused(client), range(64)))
    assert sum(it > PROBE_SECONDS * 0.8 for it in waits) == 1, "one asks, for the others"
    os.kill(outside.pid, signal.SIGCONT)
    time.sleep(REST_SECONDS)
    assert client.get("a") == b"1"


def _seconds_until_refused(client: connecting.Client) -> float:
    start = time.monotonic()
    with pytest.raises(StoreUnavailable), translated():
        client.get("a")
    return time.monotonic() - start


def test_only_one_asks_at_a_time() -> None:
    asked: list[str] = []

    def answers() -> bool:
        asked.append(threading.current_thread().name)
        time.sleep(0.2)
        return True

    breaker = Breaker(answers)
    breaker.tripped()
    time.sleep(REST_SECONDS)
    with ThreadPoolExecutor(8) as pool:
        refused = list(pool.map(lambda _: _refused(breaker), range(8)))
    assert (len(asked), refused.count(False)) == (1, 1)
    assert not _refused(breaker)


def _refused(breaker: Breaker) -> bool:
    try:
        breaker.check()
    except SilentError:
        return True
    return False
