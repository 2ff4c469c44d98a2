"""Every kind of Redis that REDIS_URL may name, started for a test on this machine and ended with it.

Each function is a context manager; a server also ends with its parent, however that ends.
"""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from suppression.processes import die_with_parent
from suppression.store.embedded import _binary

PATIENCE = 15.0
DURABLE = ("--appendonly", "yes", "--appendfsync", "always")
EVERY_SECOND = ("--appendonly", "yes", "--appendfsync", "everysec")
SLOTS = 16_384
# A replica may take over at once, and a first synchronisation need not wait for others (five seconds by default).
QUICK = ("--repl-diskless-sync-delay", "0", "--repl-timeout", "5")


@dataclass
class Server:
    """One running server; `url` is what REDIS_URL would say."""

    url: str
    process: subprocess.Popen[bytes]
    port: int = 0

    def client(self) -> Any:
        """A client without second tries."""
        return redis.Redis.from_url(self.url, socket_timeout=2, retry=Retry(NoBackoff(), 0))

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


def valkey() -> str:
    """The bundled binary."""
    return _binary()


def debian() -> str:
    """Debian's Redis 7.0; the test is skipped where it is not installed."""
    found = shutil.which("redis-server")
    if not found:
        pytest.skip("redis-server is not installed")
    return found


@contextmanager
def on_socket(binary: str, directory: Path, *options: str) -> Iterator[Server]:
    """A single server on a unix socket."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "s"
    with _running(binary, directory, "--port", "0", "--unixsocket", str(path), *options) as process:
        yield _ready(Server(f"unix://{path}", process))


@contextmanager
def on_port(binary: str, directory: Path, *options: str, port: int = 0) -> Iterator[Server]:
    """A single server on a loopback port."""
    directory.mkdir(parents=True, exist_ok=True)
    port = port or free_ports(1)[0]
    with _running(binary, directory, "--port", str(port), "--bind", "127.0.0.1", *options) as process:
        yield _ready(Server(f"redis://127.0.0.1:{port}", process, port))


@dataclass
class Cluster:
    """A cluster: its masters, and a replica of the first."""

    url: str
    masters: list[Server]
    replica: Server | None


@contextmanager
def cluster(directory: Path, *options: str, with_replica: bool = False) -> Iterator[Cluster]:
    """Three masters that share the slots, and a replica of the first if wanted."""
    ports = free_ports(8)
    options = (*(options or DURABLE), *QUICK, "--cluster-enabled", "yes", "--cluster-node-timeout", "1000")
    with ExitStack() as stack:
        nodes = [
            stack.enter_context(
                on_port(valkey(), directory / str(n), *options, "--cluster-port", str(ports[n + 4]), port=ports[n])
            )
            for n in range(3 + with_replica)
        ]
        _form(nodes, ports[4:])
        yield Cluster(
            f"redis+cluster://{','.join(f'127.0.0.1:{it.port}' for it in nodes)}",
            nodes[:3],
            next(iter(nodes[3:]), None),
        )


def _form(nodes: list[Server], bus: list[int]) -> None:
    """What redis-cli --cluster create does."""
    clients = [it.client() for it in nodes]
    for n, client in enumerate(clients[:3]):
        client.execute_command("CLUSTER ADDSLOTSRANGE", SLOTS * n // 3, SLOTS * (n + 1) // 3 - 1)
        client.execute_command("CLUSTER SET-CONFIG-EPOCH", n + 1)
    for other, port in zip(nodes[1:], bus[1:], strict=False):
        clients[0].execute_command("CLUSTER MEET", "127.0.0.1", other.port, port)
    until(lambda: all(_knows(it, len(nodes)) for it in clients), "the cluster does not form")
    for client in clients[3:]:
        first = clients[0].execute_command("CLUSTER MYID")
        client.execute_command("CLUSTER REPLICATE", first)
    until(lambda: all(_is_whole(it) for it in clients), "the cluster does not come up")
    if clients[3:]:
        until(lambda: clients[3].info("replication")["master_link_status"] == "up", "the replica does not follow")


def _knows(client: Any, nodes: int) -> bool:
    return int(client.execute_command("CLUSTER INFO")["cluster_known_nodes"]) == nodes


def _is_whole(client: Any) -> bool:
    return bool(client.execute_command("CLUSTER INFO")["cluster_state"] == "ok")


@dataclass
class Watched:
    """A master and its replica under a sentinel."""

    url: str
    master: Server
    replica: Server
    sentinel: Server


@contextmanager
def sentinel(directory: Path, *options: str) -> Iterator[Watched]:
    """A master and a replica, watched by one sentinel that gives a master up after half a second."""
    options = (*(options or DURABLE), *QUICK)
    with ExitStack() as stack:
        master = stack.enter_context(on_port(valkey(), directory / "one", *options))
        follows = ("--replicaof", f"127.0.0.1 {master.port}")
        replica = stack.enter_context(on_port(valkey(), directory / "two", *options, *follows))
        settings = directory / "sentinel.conf"
        settings.write_text(
            f"sentinel monitor main 127.0.0.1 {master.port} 1\nsentinel down-after-milliseconds main 500\n"
            "sentinel failover-timeout main 3000\n"
        )
        watcher = stack.enter_context(on_port(valkey(), directory, str(settings), "--sentinel"))
        until(lambda: replica.client().info("replication")["master_link_status"] == "up", "the replica does not follow")
        until(
            lambda: bool(watcher.client().execute_command("SENTINEL REPLICAS", "main")), "the sentinel sees no replica"
        )
        yield Watched(f"redis+sentinel://127.0.0.1:{watcher.port}/main", master, replica, watcher)


@contextmanager
def _running(binary: str, directory: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    first = [it for it in options if it.endswith(".conf")]  # a file of settings stands before all else
    others = [it for it in options if it not in first]
    kept = [] if first else ["--dir", str(directory), "--save", "", "--daemonize", "no"]
    with (directory / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [binary, *first, *kept, *others], stdout=log, stderr=log, start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 -- one system call
        )  # fmt: skip
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


def _ready(server: Server) -> Server:
    client = server.client()

    def answers() -> bool:
        if server.process.poll() is not None:
            raise RuntimeError(f"the server ended at once: {server.process.args!r}")
        with suppress(redis.RedisError):
            return bool(client.ping())
        return False

    until(answers, "the server does not answer")
    client.close()
    return server


def until(holds: Callable[[], bool], otherwise: str) -> None:
    """Waits until a condition holds, which may also fail with an error of the driver's."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(redis.RedisError):
            if holds():
                return
        time.sleep(0.02)
    raise TimeoutError(otherwise)


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that nobody uses."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for it in sockets:
            it.bind(("127.0.0.1", 0))
        return [int(it.getsockname()[1]) for it in sockets]
