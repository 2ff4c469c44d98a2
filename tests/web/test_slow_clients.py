"""Who sends slowly, or reads slowly, costs a connection for a while and nobody else anything."""

import json
import resource
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.web.serving import Server, posted, serving, status_of
from web.documents import _assets
from web.front import BODY_BYTES, BODY_SECONDS, MOST_LARGE, SMALL_BYTES
from web.serve import WORKERS
from web.sockets import cut_off_after

PROMPT = 8.0  # seconds, on a machine that does much else
CHECK = b'{"contact": "+33639980042", "channel": "sms", "audience": "business"}'
JSON = "Content-Type: application/json"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("slow")) as server:
        yield server


@pytest.fixture(scope="module")
def key(server: Server) -> str:
    return f"Authorization: Bearer {server.command('keys', 'create', '--name', 'slow', '--role', 'agent')}"


def drip(clients: list[socket.socket], end: threading.Event) -> None:
    """A byte on each, again and again."""
    while not end.wait(0.5):
        for it in clients:
            with suppress(OSError):
                it.sendall(b"x")


def test_two_hundred_stalled_bodies_and_as_many_that_drip_hold_nobody_up(server: Server, key: str) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2048, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    head = posted("/v1/check", b"", JSON).replace(b"Content-Length: 0", b"Content-Length: 80")
    stalled = [server.dial(head + b'{"conta') for _ in range(200)]
    dripping = [server.dial(head) for _ in range(100)]
    slow_heads = [server.dial(b"GET /healthz HTTP/1.1\r\nX-Slow: ") for _ in range(100)]
    silent = [server.dial() for _ in range(50)]
    end = threading.Event()
    dripper = threading.Thread(target=drip, args=([*dripping, *slow_heads], end))
    dripper.start()
    start = time.monotonic()
    for number in range(20):
        status, answer = server.post("/v1/check", CHECK, JSON, key)
        assert (status, json.loads(answer)["verdict"]) == (200, "allow")
        assert server.sms(f"+3363998{1000 + number}", "STOP", f"SM{number}")[0] == 200
    assert time.monotonic() - start < PROMPT
    end.set()
    dripper.join()
    for it in stalled:
        assert status_of(it.recv(65_536)) == 408
    assert time.monotonic() - start < BODY_SECONDS + PROMPT
    for it in (*slow_heads, *silent):
        with suppress(ConnectionResetError):
            assert status_of(it.recv(65_536)) in (0, 408)
    for it in (*stalled, *dripping, *slow_heads, *silent):
        it.close()


def test_bodies_end_at_the_limit_however_they_come(server: Server) -> None:
    declared = posted("/v1/check", b"", JSON).replace(b"Content-Length: 0", b"Content-Length: %d" % (BODY_BYTES + 1))
    assert status_of(server.told(declared)) == 413
    with server.dial(b"POST /v1/check HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n") as endless:
        piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        with suppress(OSError):
            for _ in range(BODY_BYTES // 0x10000 + 2):
                endless.sendall(piece)
        assert status_of(endless.recv(65_536)) == 413


def test_a_body_that_ends_too_early_does_nothing(server: Server) -> None:
    with server.dial(posted("/v1/check", CHECK, JSON)[:-20]) as cut:
        cut.shutdown(socket.SHUT_WR)
        assert status_of(cut.recv(65_536)) in (0, 400)


def test_strangers_fill_no_memory_with_large_bodies_and_a_stop_passes_them(server: Server, key: str) -> None:
    size = SMALL_BYTES * 4
    head = posted("/v1/check/batch", b"", JSON, key).replace(b"Content-Length: 0", b"Content-Length: %d" % size)
    held = [server.dial(head + b" " * SMALL_BYTES) for _ in range(WORKERS * MOST_LARGE + 20)]
    time.sleep(0.5)
    told = [status_of(_at_once(it)) for it in held]
    assert set(told) == {0, 503}
    assert told.count(0) <= WORKERS * MOST_LARGE
    assert server.sms("+33639981999", "STOP", "SMlarge")[0] == 200
    for it in held:
        it.close()


def _at_once(client: socket.socket) -> bytes:
    client.settimeout(0.05)
    try:
        return client.recv(65_536)
    except TimeoutError:
        return b""


def test_who_reads_slowly_gets_it_all_and_holds_nobody_up(server: Server, key: str) -> None:
    path = "/docs/assets/js/swagger-ui-bundle.js"
    whole = (_assets() / path.removeprefix("/docs/assets/")).read_bytes()
    readers = [server.dial(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()) for _ in range(100)]
    start = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: server.post("/v1/check", CHECK, JSON, key)[0], range(40)))
    assert answers == [200] * 40
    assert time.monotonic() - start < PROMPT
    read = b"".join(iter(lambda: readers[0].recv(1_000_000), b"")).partition(b"\r\n\r\n")[2]
    assert read == whole
    for it in readers:
        it.close()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="Linux")
def test_who_reads_nothing_is_cut_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        cut_off_after(1_000)
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as line:
            line.settimeout(PROMPT * 4)
            start = time.monotonic()
            with pytest.raises(OSError, match="timed out"):
                line.sendall(b"x" * 100_000_000)
            assert time.monotonic() - start < PROMPT * 2
