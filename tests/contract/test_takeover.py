"""A master is lost, and a replica that had not heard everything takes over.

Nobody is allowed meanwhile, and no STOP is missing afterwards.
"""

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from suppression.contact import parse
from suppression.errors import StoreUnavailable
from suppression.records import Channel
from suppression.service import Message, Service, Terms
from tests.conftest import TUESDAY
from tests.contract import servers
from wiring import Program

ASKED = Terms(Channel.SMS, audience="business", at=TUESDAY)
CROWD = [f"+336399801{n:02d}" for n in range(60)]


@dataclass
class Pair:
    """A master that will be lost, and who takes over."""

    url: str
    master: servers.Server
    replica: servers.Server


@pytest.fixture(params=["sentinel", "cluster"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    with ExitStack() as stack:
        if request.param == "sentinel":
            watched = stack.enter_context(servers.sentinel(tmp_path / "servers"))
            yield Pair(watched.url, watched.master, watched.replica)
        else:
            cluster = stack.enter_context(servers.cluster(tmp_path / "servers", with_replica=True))
            assert cluster.replica
            yield Pair(cluster.url, cluster.masters[0], cluster.replica)


def said(service: Service, contact: str, text: str, key: str) -> str:
    return service.hear(Message(parse(contact), text, Channel.SMS, "default", key)).what


def on(master: servers.Server, program: Program) -> list[str]:
    """Three contacts whose facts lie on that master."""
    client = master.client()
    fingerprints = {it: program.service._store.read(parse(it)).partition.contact("x") for it in CROWD}
    if not client.info("cluster")["cluster_enabled"]:
        return CROWD[:3]
    return [it for it, key in fingerprints.items() if program.client.get_node_from_key(key).port == master.port][:3]


def cut_off(pair: Pair) -> None:
    """The replica hears nothing more of its master, and does not know why."""
    replica = pair.replica.client()
    replica.config_set("masterauth", "wrong")
    pair.master.client().client_kill_filter(_type="replica")
    servers.until(lambda: replica.info("replication")["master_link_status"] == "down", "the replica still follows")


def test_no_stop_is_lost_and_nobody_is_allowed_meanwhile(pair: Pair, build: Callable[..., Program]) -> None:
    program = build(REDIS_URL=pair.url)
    service = program.service
    stopped, reopened, late = on(pair.master, program)
    said(service, reopened, "STOP", "1")
    servers.until(lambda: pair.master.client().wait(1, 1000) == 1, "the replica lags behind")
    cut_off(pair)
    said(service, stopped, "STOP", "2")  # the replica never hears of it
    pair.master.kill()
    with ThreadPoolExecutor(2) as others:
        begun = time.monotonic()
        start = others.submit(
            said, service, reopened, "START", "3"
        )  # not in the journal: tried again until somebody takes it
        assert said(service, late, "STOP", "4") == "stopped"
        assert time.monotonic() - begun < 3, "the journal has it, so the person need not wait"
        answers = list(asked_until_answered(service, stopped))
        assert start.result() == "started"
    assert answers[0] == "away"
    assert set(answers) == {"away", "deny"}
    assert [it.verdict for it in service.check_many([stopped, late, reopened], ASKED)] == ["deny", "deny", "allow"]


def asked_until_answered(service: Service, contact: str) -> Iterator[str]:
    """What a check says, again and again, until the store is back."""
    end = time.monotonic() + servers.PATIENCE
    while time.monotonic() < end:
        try:
            yield service.check(contact, ASKED).verdict
        except StoreUnavailable:
            yield "away"
            time.sleep(0.1)
        else:
            return


def test_nothing_is_sealed_that_the_replica_lacks(pair: Pair, build: Callable[..., Program]) -> None:
    """A seal over events that a new master never had would make it look like an older copy, and be refused."""
    program = build(REDIS_URL=pair.url)
    said(program.service, CROWD[0], "STOP", "sealed")
    assert program.service.seal()
    pair.replica.process.send_signal(signal.SIGSTOP)
    for contact in CROWD:
        said(program.service, contact, "STOP", f"more {contact}")
    with pytest.raises(StoreUnavailable, match="replica"):
        program.service.seal()
    pair.replica.process.send_signal(signal.SIGCONT)
    servers.until(lambda: _is_sealed(program), "never sealed")


def _is_sealed(program: Program) -> bool:
    try:
        return program.service.seal() is not None
    except StoreUnavailable:
        return False
