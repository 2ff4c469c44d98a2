"""A Redis of our own that is no child of the program: what `REDIS_URL` leads to, and what it leads to by mistake."""

import socket
import subprocess
import time
from pathlib import Path

import redis

from suppression.store import embedded

START_SECONDS = 20
DURABLE = ("--appendonly yes", "--appendfsync always", "--maxmemory-policy noeviction")


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class OutsideRedis:
    """A server on a port of this machine, durable to the last write; it ends with `stop`, or with this process."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.client = redis.Redis(port=self.port, socket_timeout=2)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process. Raises if it does not run."""
        assert self._process
        return self._process.pid

    def start(self) -> "OutsideRedis":
        """Runs it on what its directory holds."""
        self.directory.mkdir(parents=True, exist_ok=True)
        options = [f"--port {self.port}", "--bind 127.0.0.1", f"--dir {self.directory}", "--save ", *DURABLE]
        with (self.directory / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [embedded._binary(), *(word for it in options for word in it.split(" ", 1))],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > end:
                raise TimeoutError(f"no answer on port {self.port}; see {self.directory / 'server.log'}")
            time.sleep(0.05)
        return self

    def kill(self) -> None:
        """kill -9, and waits for the end."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False


def connect(url: str) -> "redis.Redis":
    """A plain client, for what no program of ours would do to its store."""
    return redis.Redis.from_url(url, socket_timeout=5)
