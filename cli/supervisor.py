"""`stopliste up`: the embedded server and one child per process, started again when they die, stopped together."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import wiring
from suppression.errors import ForeignStore, SettingsError, StoreUnavailable
from suppression.processes import die_with_parent
from suppression.settings import Settings

LOOK_SECONDS = 0.5
RETRY_SECONDS = 2.0
STOP_SECONDS = 15


@dataclass
class Child:
    """One process of ours and how to start it."""

    name: str
    arguments: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)

    def keep_running(self, environment: dict[str, str]) -> None:
        """Starts it if it is not running; one that dies at once is given a pause that grows to ten seconds."""
        if self.process and self.process.poll() is None:
            return
        recent = [it for it in self.starts if it > time.monotonic() - 60]
        if recent and time.monotonic() - recent[-1] < min(0.5 * 2 ** (len(recent) - 1), 10):
            return
        self.starts = [*recent, time.monotonic()]
        command = [sys.executable, "-m", "cli.main", *self.arguments]
        self.process = subprocess.Popen(command, env=environment, preexec_fn=die_with_parent)  # noqa: S603, PLW1509 -- ourselves


class Supervisor:
    """Runs the whole program on one machine."""

    def __init__(self, settings: Settings, tell: Callable[[str], None]) -> None:
        self._settings = settings
        self._tell = tell
        self._stop = threading.Event()
        names = ["web", "worker", *(["bot"] if settings.telegram_token else [])]
        more = {"web": ("--host", "127.0.0.1")}
        self._children = [Child(it, (it, *more.get(it, ()))) for it in names]

    def run(self) -> None:
        """Until a signal: everything up. Raises SettingsError, and ForeignStore for a store that must not be served from."""
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, lambda *_: self._stop.set())
        self._claim_port()
        program = self._built()
        if program is None:
            return
        environment = self._environment()
        try:
            for child in self._children:
                child.keep_running(environment)
            self._greet_when_it_answers(program, environment)
            while not self._stop.wait(LOOK_SECONDS):
                self._look_after(program, environment)
        finally:
            self._stop_children()
            program.close()

    def _claim_port(self) -> None:
        """Two services that shared a port would each answer half of the questions. Raises SettingsError."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self._settings.port))
            except OSError as cause:
                raise SettingsError([f"PORT: {self._settings.port} is in use by another program"]) from cause

    def _greet_when_it_answers(self, program: wiring.Program, environment: dict[str, str]) -> None:
        while not self._stop.wait(LOOK_SECONDS / 5):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._settings.port), timeout=1):
                self._greet(program)
                return
            self._look_after(program, environment)

    def _built(self) -> wiring.Program | None:
        """The program, tried again while the store is away or the disk is full; None if we are to stop meanwhile."""
        while not self._stop.is_set():
            try:
                return wiring.build(self._settings)
            except ForeignStore:
                raise
            except StoreUnavailable as why:
                self._tell(f"not yet: {why}")
                self._stop.wait(RETRY_SECONDS)
        return None

    def _look_after(self, program: wiring.Program, environment: dict[str, str]) -> None:
        if program.embedded:
            try:
                program.embedded.ensure()
            except StoreUnavailable as why:
                self._tell(f"embedded server: {why}")
        for child in self._children:
            child.keep_running(environment)

    def _environment(self) -> dict[str, str]:
        environment = dict(os.environ)
        if not self._settings.twilio_token:
            environment["LOCAL_PHONE_TOKEN"] = secrets.token_hex(16)
        return environment

    def _stop_children(self) -> None:
        running = [it.process for it in self._children if it.process and it.process.poll() is None]
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()

    def _greet(self, program: wiring.Program) -> None:
        here, key = f"http://127.0.0.1:{self._settings.port}", local_key(program, self._settings.data_dir)
        header = f'-H "Authorization: Bearer {key}"'
        secret = "STOPLISTE_SECRET" if self._settings.secret else self._settings.data_dir / "secret"
        brand = "" if self._settings.brands.only else next(iter(self._settings.brands.by_key))
        named, asked = (f', "brand": "{brand}"', f"&brand={brand}") if brand else ("", "")
        self._tell(
            f"\nStopliste answers at {here}  (open it: a phone on the left, a verdict on the right)\n"
            f"API key (agent): {key}\n\nTry:\n"
            f'  curl -s {header} --json \'{{"contact": "+33 6 39 98 00 01"{named}}}\' {here}/v1/optouts\n'
            f"  curl -s {header} '{here}/v1/check?contact=%2B33639980001&channel=sms{asked}'\n\n"
            f"Loss of {secret} is loss of the lists: keep a copy elsewhere. Ctrl-C stops everything."
        )


def local_key(program: wiring.Program, data_dir: Path) -> str:
    """An agent's key for this machine, made at the first start and kept beside the secret (mode 0600)."""
    path = data_dir / "local.key"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(program.service.create_key("this machine", "agent"))
    return path.read_text().strip()
