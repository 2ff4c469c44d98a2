"""The whole program for real: `stopliste up` on a free port over a data directory of its own, and the ways to reach it."""

import atexit
import http.client
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from . import processes
from .outside import OutsideRedis, connect, free_port
from .proxy import Proxy
from .telegram import FakeTelegram

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
STOP_SECONDS = 30
BOT_TOKEN = "123456:torture-torture-torture"
TWILIO_TOKEN = "torture-torture-torture-torture"


@dataclass
class World:
    """One installation. `redis` is None while the embedded server is used; `telegram` None where there is no bot."""

    directory: Path
    port: int = field(default_factory=free_port)
    redis: OutsideRedis | None = None
    line: Proxy | None = None
    telegram: FakeTelegram | None = None
    peer: "World | None" = None  # another host on the same Redis, with a data directory and a line of its own
    secret: str = ""  # that the hosts share
    dialer: str = ""
    admin: str = ""
    losses: list[tuple[float, float]] = field(default_factory=list)
    _up: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.directory / "data"

    @property
    def log(self) -> Path:
        """What all processes printed."""
        return self.directory / "up.log"

    @property
    def store(self) -> Path:
        """Where the server keeps its files."""
        return self.redis.directory if self.redis else self.data / "redis"

    def start(self) -> "World":
        """Starts it, and waits until it answers checks; makes the keys at the first start. Raises TimeoutError."""
        self.launch()
        if not self._is_ready(START_SECONDS):
            raise TimeoutError(f"not ready after {START_SECONDS} s:\n{self.log.read_text(errors='replace')[-2000:]}")
        if not self.dialer:
            self.dialer, self.admin = self._new_key("dialer"), self._new_key("admin")
        if self.peer:
            self.peer.dialer, self.peer.admin = self.dialer, self.admin
            if not self.peer.is_ready():
                self.peer.kill()
                self.peer.start()
        return self

    def launch(self) -> None:
        """Starts it without waiting."""
        self.data.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._up = subprocess.Popen(
                [sys.executable, "-m", "cli.main", "up"], cwd=ROOT, env=self.environment(), stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    def stop(self) -> None:
        """As Ctrl-C would; what is left over after that is ended by force."""
        if self._up and self._up.poll() is None:
            self._up.send_signal(signal.SIGTERM)
            try:
                self._up.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._up.kill()
        self.kill()
        if self.peer:
            self.peer.stop()

    def kill(self) -> None:
        """kill -9 of everything, at once."""
        processes.kill_all(self.data)
        if self._up:
            self._up.wait()
            self._up = None

    def pids(self, role: str) -> list[int]:
        """The processes of one role (see `processes.of`)."""
        return processes.of(self.data)[role]

    def is_ready(self, seconds: float = 0.0) -> bool:
        """Whether `/readyz` says so on each host, now or within that time, three times in a row: each process has its own word."""
        return self._is_ready(seconds) and (self.peer is None or self.peer.is_ready(seconds))

    def _is_ready(self, seconds: float) -> bool:
        end, good = time.monotonic() + seconds, 0
        while good < 3:
            good = good + 1 if self.get("/readyz") == 200 else 0
            if good == 0 and time.monotonic() > end:
                return False
            time.sleep(0.03)
        return True

    def get(self, path: str, timeout: float = 1.0) -> int:
        """The status of a plain GET; 0 if there is no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def cli(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """A command of the program, beside the running one."""
        command = [sys.executable, "-m", "cli.main", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment(), capture_output=True, text=True, timeout=60, check=False
        )

    def environment(self) -> dict[str, str]:
        """Nothing of ours but what it needs."""
        kept = {it: os.environ[it] for it in ("PATH", "HOME", "LANG") if it in os.environ}
        given = {"STOPLISTE_DATA_DIR": str(self.data), "PORT": str(self.port), "TWILIO_AUTH_TOKEN": TWILIO_TOKEN}
        if self.secret:
            given |= {"STOPLISTE_SECRET": self.secret, "STOPLISTE_HOSTS": "many"}
        if self.line:
            given["REDIS_URL"] = f"redis://127.0.0.1:{self.line.port}"
        if self.telegram:
            given |= {"TELEGRAM_BOT_TOKEN": BOT_TOKEN, "TELEGRAM_API_URL": self.telegram.url}
        return kept | given

    def _new_key(self, role: str) -> str:
        return self.cli("keys", "create", "--name", role, "--role", role).stdout.strip()

    def config(self, **settings: str) -> None:
        """CONFIG SET on the server itself."""
        port = self.redis.port if self.redis else 0
        client = connect(f"redis://127.0.0.1:{port}" if port else f"unix://{self.data / 'redis' / 'redis.sock'}")
        for name, value in settings.items():
            client.config_set(name, value)
        client.close()

    def close(self) -> None:
        """Ends everything that was started for it."""
        processes.kill_all(self.data)
        if self.peer:
            self.peer.close()
        for one in (self.line, self.telegram):
            if one:
                one.close()
        if self.redis:
            self.redis.kill()


def build(directory: Path, *, outside: bool = False, bot: bool = False) -> World:
    """A world that is not started yet; it ends with this process at the latest."""
    world = World(directory.resolve())
    if outside:
        world.redis = OutsideRedis(world.directory / "outside").start()
        world.line = Proxy(world.redis.port)
    if bot:
        world.telegram = FakeTelegram(BOT_TOKEN)
    atexit.register(world.close)
    return world


def build_many(directory: Path) -> World:
    """Two hosts that serve one outside Redis; the second one's is `peer`. Not started yet."""
    secret = secrets.token_hex(32)
    world = build(directory / "one", outside=True)
    assert world.redis
    world.secret = secret
    world.peer = World((directory / "two").resolve(), line=Proxy(world.redis.port), secret=secret)
    return world


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path | None]:
    """A disk of that size; None where this user may not mount one."""
    place = Path(tempfile.mkdtemp(prefix="stopliste-disk-"))
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)]
    mounted = subprocess.run(command, capture_output=True, check=False)
    try:
        yield place if mounted.returncode == 0 else None
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", str(place)], check=False)
        shutil.rmtree(place, ignore_errors=True)
