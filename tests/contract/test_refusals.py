"""Which servers are refused, and in which words: at the start, and when another one answers at the same address."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from suppression.contact import parse
from suppression.errors import ForeignStore, StoreUnavailable
from suppression.records import Channel
from suppression.service import Message, Terms
from tests.conftest import TUESDAY
from tests.contract import servers
from wiring import Program

ONE = "+33639980001"
ASKED = Terms(Channel.SMS, audience="business", at=TUESDAY)
UNPROMISED = "cannot promise that a confirmed STOP is on disk: set appendonly yes and appendfsync always"
Build = Callable[..., Program]


def stop(program: Program) -> None:
    program.service.hear(Message(parse(ONE), "STOP", Channel.SMS, "default", "1"))


@pytest.mark.parametrize(
    ("binary", "options", "words"),
    [
        (servers.valkey, (*servers.DURABLE, "--maxmemory-policy", "allkeys-lru"), "maxmemory-policy is allkeys-lru"),
        (servers.valkey, ("--appendonly", "no"), UNPROMISED),
        (servers.debian, servers.EVERY_SECOND, UNPROMISED),  # 7.0 has no WAITAOF
        (servers.debian, (*servers.DURABLE, "--maxmemory-policy", "volatile-ttl"), "maxmemory-policy is volatile-ttl"),
    ],
    ids=["evicts", "no file", "no WAITAOF", "evicts what expires"],
)
def test_a_server_that_may_forget_is_refused(
    build: Build, tmp_path: Path, binary: Callable[[], str], options: tuple[str, ...], words: str
) -> None:
    with servers.on_socket(binary(), tmp_path / "s", *options) as server, pytest.raises(ForeignStore, match=words):
        build(REDIS_URL=server.url)


@pytest.mark.parametrize("options", [(), servers.EVERY_SECOND], ids=["no file", "every second"])
def test_a_setting_takes_a_weaker_one_and_says_so_at_every_start(
    build: Build, tmp_path: Path, options: tuple[str, ...]
) -> None:
    with servers.on_socket(servers.debian(), tmp_path / "s", *options) as server:
        for _ in range(2):
            with capture_logs() as told:
                program = build(REDIS_URL=server.url, STOPLISTE_DURABILITY="weak")
            assert "durability_weak" in [it["event"] for it in told]
        stop(program)
        assert not program.service.check(ONE, ASKED).allowed
    with (
        servers.on_socket(servers.valkey(), tmp_path / "t", "--maxmemory-policy", "allkeys-lru") as server,
        pytest.raises(ForeignStore, match="allkeys-lru"),
    ):
        build(REDIS_URL=server.url, STOPLISTE_DURABILITY="weak")


def test_one_node_of_a_cluster_that_may_forget_is_enough(build: Build, tmp_path: Path) -> None:
    with servers.cluster(tmp_path / "c") as cluster:
        cluster.masters[1].client().config_set("appendonly", "no")
        with pytest.raises(ForeignStore, match=UNPROMISED):
            build(REDIS_URL=cluster.url)
        cluster.masters[1].client().config_set("appendonly", "yes")
        cluster.masters[2].client().config_set("maxmemory-policy", "allkeys-random")
        with pytest.raises(ForeignStore, match="allkeys-random"):
            build(REDIS_URL=cluster.url)


def test_a_replica_is_refused(build: Build, tmp_path: Path) -> None:
    with (
        servers.on_port(servers.valkey(), tmp_path / "one", *servers.DURABLE) as master,
        servers.on_socket(
            servers.valkey(), tmp_path / "two", *servers.DURABLE, "--replicaof", f"127.0.0.1 {master.port}"
        ) as replica,
    ):
        program = build(REDIS_URL=replica.url)
        with pytest.raises(ForeignStore, match="a replica"):
            program.service.check(ONE, ASKED)


def test_a_server_that_hides_its_settings_is_taken_if_it_has_waitaof(build: Build, tmp_path: Path) -> None:
    """As some hosters do."""
    for binary, taken in ((servers.valkey(), True), (servers.debian(), False)):
        with servers.on_socket(
            binary, tmp_path / str(taken), *servers.DURABLE, "--rename-command", "CONFIG", ""
        ) as server:
            environment = {"REDIS_URL": server.url, "STOPLISTE_DATA_DIR": str(tmp_path / f"data {taken}")}
            if not taken:
                with pytest.raises(ForeignStore, match=UNPROMISED):
                    build(**environment)
                continue
            stop(program := build(**environment))
            assert not program.service.check(ONE, ASKED).allowed


def test_an_emptied_server_is_refused(build: Build, tmp_path: Path) -> None:
    with servers.on_socket(servers.valkey(), tmp_path / "s", *servers.DURABLE) as server:
        program = build(REDIS_URL=server.url)
        stop(program)
        server.client().flushall()
        server.client().client_kill_filter(_type="normal", skipme=True)
        refused(program, "the store is empty, but")


def test_another_server_at_the_same_address_is_refused(build: Build, tmp_path: Path) -> None:
    with servers.on_port(servers.valkey(), tmp_path / "ours", *servers.DURABLE) as server:
        program = build(REDIS_URL=server.url)
        stop(program)
        server.kill()
        with servers.on_port(servers.valkey(), tmp_path / "new", *servers.DURABLE, port=server.port) as other:
            refused(program, "the store is empty, but")
            other.kill()
        foreign = tmp_path / "foreign"
        with servers.on_port(servers.valkey(), foreign, *servers.DURABLE, port=server.port):
            build(REDIS_URL=server.url, STOPLISTE_DATA_DIR=str(tmp_path / "others")).close()
            refused(program, "STOPLISTE_SECRET does not belong to this store")
        with servers.on_port(servers.valkey(), tmp_path / "ours", *servers.DURABLE, port=server.port):
            assert not program.service.check(ONE, ASKED).allowed


def refused(program: Program, words: str) -> None:
    with pytest.raises(ForeignStore, match=words):
        program.service.check(ONE, ASKED)
    with pytest.raises(ForeignStore, match=words):
        program.service.ready()


@pytest.mark.parametrize(
    ("before", "words"), [("valkey 99.1", "written by valkey 99.1"), ("redis 7.0", "written by redis 7.0")]
)
def test_an_older_server_and_one_of_another_family_are_refused(
    build: Build, tmp_path: Path, before: str, words: str
) -> None:
    with servers.on_socket(servers.valkey(), tmp_path / "s", *servers.DURABLE) as server:
        build(REDIS_URL=server.url)
        marker = tmp_path / "data" / "store.json"
        marker.write_text(json.dumps({**json.loads(marker.read_text()), "server": before}))
        with pytest.raises(ForeignStore, match=words):
            build(REDIS_URL=server.url)


def test_a_backup_is_the_way_down(build: Build, tmp_path: Path) -> None:
    with servers.on_socket(servers.valkey(), tmp_path / "new", *servers.DURABLE) as newer:
        program = build(REDIS_URL=newer.url)
        stop(program)
        program.service.backup(tmp_path / "b")
    with servers.on_socket(servers.debian(), tmp_path / "old", *servers.DURABLE) as older:
        with pytest.raises(ForeignStore, match="the store is empty"):
            build(REDIS_URL=older.url)
        build(REDIS_URL=older.url, empty_is_meant=True).service.restore(tmp_path / "b")
        assert not build(REDIS_URL=older.url).service.check(ONE, ASKED).allowed


@pytest.mark.parametrize(
    "form", ["redis://127.0.0.1:{}", "redis+cluster://127.0.0.1:{}", "redis+sentinel://127.0.0.1:{}/main"]
)
def test_a_program_starts_while_its_store_is_away(build: Build, form: str) -> None:
    """So that its journal can take a STOP."""
    program = build(REDIS_URL=form.format(servers.free_ports(1)[0]))
    stop(program)
    with pytest.raises(StoreUnavailable):
        program.service.check(ONE, ASKED)
