"""One Redis and two data directories: refused where one host serves it, in words that say what to do."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import wiring
from suppression.contact import parse
from suppression.errors import ForeignStore
from suppression.records import Channel
from suppression.service import Message, Terms
from suppression.settings import load
from tests.conftest import TUESDAY
from tests.contract import servers
from tests.web.serving import ROOT

SECRET = "one secret for every directory of this test"
ONE = "+33639980001"
ASKED = Terms(Channel.SMS, audience="business", at=TUESDAY)
Build = Callable[..., wiring.Program]


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with servers.on_socket(servers.valkey(), tmp_path / "s", *servers.DURABLE) as server:
        yield server.url


@pytest.fixture
def at(build: Build, tmp_path: Path, url: str) -> Build:
    def make(name: str, **more: str) -> wiring.Program:
        return build(REDIS_URL=url, STOPLISTE_SECRET=SECRET, STOPLISTE_DATA_DIR=str(tmp_path / name), **more)

    return make


def test_a_second_directory_is_refused_and_the_first_may_be_opened_often(at: Build) -> None:
    for _ in range(3):
        at("first")
    with pytest.raises(
        ForeignStore, match=r"another data directory .* serves this Redis.*STOPLISTE_HOSTS=many.*take-over"
    ):
        at("second")
    at("first")


def test_several_hosts_may_each_have_one(at: Build) -> None:
    for name in ("first", "second", "third"):
        at(name, STOPLISTE_HOSTS="many")
    at("first").service.hear(Message(parse(ONE), "STOP", Channel.SMS, "default", "1"))
    assert not at("second", STOPLISTE_HOSTS="many").service.check(ONE, ASKED).allowed


def test_a_moved_directory_keeps_its_id(at: Build, tmp_path: Path) -> None:
    at("first").close()
    shutil.move(tmp_path / "first", tmp_path / "moved")
    at("moved")
    with pytest.raises(ForeignStore):
        at("first")


def test_a_restored_backup_is_served_by_the_directory_it_is_restored_in(
    at: Build, build: Build, tmp_path: Path
) -> None:
    at("first").service.hear(Message(parse(ONE), "STOP", Channel.SMS, "default", "1"))
    at("first").service.backup(tmp_path / "backup")
    with servers.on_socket(servers.valkey(), tmp_path / "t", *servers.DURABLE) as other:
        more = {"REDIS_URL": other.url, "STOPLISTE_SECRET": SECRET, "STOPLISTE_DATA_DIR": str(tmp_path / "new")}
        restoring = build(empty_is_meant=True, **more)
        restoring.service.restore(tmp_path / "backup")
        restoring.close()
        assert not build(**more).service.check(ONE, ASKED).allowed


def test_a_replacement_takes_over_by_a_command(at: Build, tmp_path: Path, url: str) -> None:
    at("lost").close()
    environment = {"REDIS_URL": url, "STOPLISTE_SECRET": SECRET, "STOPLISTE_DATA_DIR": str(tmp_path / "new")}
    command = [sys.executable, "-m", "cli.main", "take-over", "--yes"]
    subprocess.run(command, env={"PYTHONPATH": str(ROOT), **environment}, cwd=ROOT, check=True)
    at("new")
    with pytest.raises(ForeignStore):
        at("lost")


def test_the_embedded_server_has_nothing_to_take_over(tmp_path: Path) -> None:
    with pytest.raises(wiring.InvalidRequest):
        wiring.take_over(load({"STOPLISTE_DATA_DIR": str(tmp_path)}))


def test_of_several_hosts_one_seals_and_the_others_go_on_when_the_server_is_met_again(
    at: Build, tmp_path: Path
) -> None:
    """The second host has no archive to show the seals that the store remembers; it was refused once the server had restarted."""
    first, second = (at(it, STOPLISTE_HOSTS="many") for it in ("first", "second"))
    first.service.hear(Message(parse(ONE), "STOP", Channel.SMS, "default", "1"))
    assert first.service.seal()
    assert second.service.seal() == 0
    second.service.hear(Message(parse(ONE), "STOP", Channel.SMS, "default", "2"))
    second.close()
    (tmp_path / "second" / "servers.json").unlink()  # as after a restart of the server, which is met anew
    assert not at("second", STOPLISTE_HOSTS="many").service.check(ONE, ASKED).allowed
    assert first.service.seal()
