"""One program on each kind of server, its store empty at the start of each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import wiring
from suppression.store.connect import connect, masters
from tests.contract import servers

KINDS = ("embedded", "debian", "cluster", "sentinel", "waitaof")


@pytest.fixture(scope="module", params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """REDIS_URL of a running server of each kind; empty for the embedded one, which starts with its program."""
    directory = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        match request.param:
            case "debian":
                yield stack.enter_context(servers.on_socket(servers.debian(), directory, *servers.DURABLE)).url
            case "cluster":
                yield stack.enter_context(servers.cluster(directory)).url
            case "sentinel":
                yield stack.enter_context(servers.sentinel(directory)).url
            case "waitaof":
                yield stack.enter_context(servers.on_socket(servers.valkey(), directory, *servers.EVERY_SECOND)).url
            case _:
                yield ""


@pytest.fixture
def environment(url: str) -> dict[str, str]:
    return {"REDIS_URL": url} if url else {}


@pytest.fixture
def program(
    url: str, environment: dict[str, str], build: Callable[..., wiring.Program], tmp_path: Path
) -> Iterator[wiring.Program]:
    yield build(**environment)
    if url:
        empty(url)


def empty(url: str) -> None:
    """Everything out of every server behind a URL."""
    client = connect(url)
    for it in masters(client):
        it.flushall()
    client.close()
