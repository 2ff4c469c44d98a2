"""One node of a cluster is silent, or promises nothing any more: nobody waits for it again and again, and nobody is told "allow"."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from suppression.contact import parse
from suppression.errors import ForeignStore, StoreUnavailable
from suppression.records import Channel
from suppression.service import Message, Service, Terms
from tests.conftest import TUESDAY
from tests.contract import servers
from wiring import Program

ASKED = Terms(Channel.SMS, audience="business", at=TUESDAY)
CROWD = [f"+336399801{n:02d}" for n in range(60)]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[servers.Cluster]:
    with servers.cluster(tmp_path / "servers") as made:
        yield made


def stop(service: Service, contact: str) -> float:
    """How long it took until it was confirmed."""
    start = time.monotonic()
    assert service.hear(Message(parse(contact), "STOP", Channel.SMS, "default", contact)).what == "stopped"
    return time.monotonic() - start


def test_a_silent_node_is_waited_for_once(cluster: servers.Cluster, build: Callable[..., Program]) -> None:
    program = build(REDIS_URL=cluster.url)
    node = cluster.masters[0]
    names = {it: program.service._store.read(parse(it)).partition.contact("x") for it in CROWD}
    there = [it for it, name in names.items() if program.client.get_node_from_key(name).port == node.port]
    node.process.send_signal(signal.SIGSTOP)
    waits = [stop(program.service, it) for it in there[:6]]
    with pytest.raises(StoreUnavailable):
        program.service.check(there[0], ASKED)
    node.process.send_signal(signal.SIGCONT)
    assert waits[0] > 2
    assert sorted(waits)[-2] < 2, "the others did not wait for it"

    def all_denied() -> bool:
        try:
            return not any(program.service.check(it, ASKED).allowed for it in there[:6])
        except StoreUnavailable:
            return False

    servers.until(all_denied, "it is not found again")


def test_a_node_that_promises_nothing_any_more_ends_the_answers(
    cluster: servers.Cluster, build: Callable[..., Program]
) -> None:
    program = build(REDIS_URL=cluster.url)
    assert program.service.check(CROWD[0], ASKED).allowed
    cluster.masters[1].client().config_set("appendonly", "no")
    with pytest.raises(ForeignStore):
        program.service.look()
    with pytest.raises(ForeignStore):
        program.service.check(CROWD[0], ASKED)
    cluster.masters[1].client().config_set("appendonly", "yes")
    program.service.look()
    assert program.service.check(CROWD[0], ASKED).allowed
