"""The real server: two processes that count together, clients that dawdle, headers that never end."""

import re
import shutil
import socket
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.web.serving import serving
from web.serve import HEADER_MILLISECONDS


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with serving(tmp_path_factory.mktemp("server")) as server:
        yield server.port


def get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        text: str = answer.read().decode()
    return text


def told(port: int, sent: bytes) -> bytes:
    """What comes back until the server hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=HEADER_MILLISECONDS / 1000 + 5) as client:
        client.sendall(sent)
        return b"".join(iter(lambda: client.recv(4096), b""))


def test_two_processes_count_as_one(port: int) -> None:
    def counted() -> float:
        found = re.search(
            r'requests_total{method="GET",route="health.healthz",status="200"} ([\d.]+)', get(port, "/metrics")
        )
        return float(found[1]) if found else 0

    before = counted()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: get(port, "/healthz"), range(40)))
    assert [counted() - before for _ in range(6)] == [40] * 6, "whichever process answers"


def test_a_client_that_dawdles_over_its_headers_is_cut_off(port: int) -> None:
    start = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        dawdlers = [pool.submit(told, port, b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ") for _ in range(16)]
        time.sleep(0.2)
        assert get(port, "/healthz") == "ok\n", "sixteen of them hold nobody else up"
        assert all(b"200" not in it.result() for it in dawdlers)
    assert time.monotonic() - start < HEADER_MILLISECONDS / 1000 + 4


def test_headers_have_a_limit(port: int) -> None:
    answer = told(port, b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 300_000 + b"\r\n\r\n")
    assert b" 431 " in answer.split(b"\r\n")[0]


def test_the_page_of_the_api_works_under_its_own_content_policy(port: int) -> None:
    path = shutil.which("chromium")
    if not path:
        pytest.skip("Debian's Chromium is not installed (apt-get install chromium)")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]) as browser,
    ):
        page = browser.new_page()
        told: list[str] = []
        page.on("console", lambda it: told.append(it.text))
        page.on(
            "request",
            lambda it: told.append(it.url) if not it.url.startswith((f"http://127.0.0.1:{port}/", "data:")) else None,
        )
        page.goto(f"http://127.0.0.1:{port}/docs")
        expect(page.get_by_text("/v1/check/batch")).to_be_visible()
        page.get_by_text("/v1/check/batch").click()
        expect(page.get_by_text("Try it out").first).to_be_visible()
    assert told == []


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /v1/contacts/a%2Fb@example.org HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"POST /v1/check HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /v1/optouts HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    ],
)
def test_odd_requests_reach_the_guard_whole(port: int, sent: bytes) -> None:
    answer = told(port, sent)
    assert b" 401 " in answer.split(b"\r\n")[0]
    assert b"application/problem+json" in answer
