"""Builds the program from the settings: the only place that names concrete parts. Entry points call it; nobody else does."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from suppression.keyring import Keyring
from suppression.policy import load_rules
from suppression.service import Parts, Service
from suppression.settings import Settings, load
from suppression.store.connect import Client
from suppression.store.credentials import Credentials
from suppression.store.embedded import Embedded
from suppression.store.gate import Gate
from suppression.store.journal import Journal
from suppression.store.ledger import Ledger
from suppression.store.registries import Registries
from suppression.store.store import Store
from worker.loop import run_worker


@dataclass(frozen=True)
class Program:
    """One process of Stopliste: its settings, its service, and what must be stopped with it."""

    settings: Settings
    service: Service
    client: Client
    embedded: Embedded | None
    journal: Journal

    def close(self) -> None:
        """Lets go of the store; an embedded server that this process started stops, its data are on disk."""
        self.journal.close()
        self.client.close()
        if self.embedded:
            self.embedded.stop()


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)


def build(settings: Settings | None = None, clock: Callable[[], datetime] = utc_now) -> Program:
    """A ready program. Raises SettingsError, StoreUnavailable."""
    settings = settings or load()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    keyring = Keyring(secret_of(settings))
    embedded = None if settings.redis_url else Embedded(settings.data_dir)
    if embedded:
        embedded.ensure()
    gate = Gate(
        settings.redis_url or (embedded.url if embedded else ""),
        keyring,
        settings.data_dir,
        settings.durability == "weak",
    )
    journal, rules = Journal(settings.data_dir, keyring), load_rules()

    def service(client: Client) -> Service:
        store = Store(client, keyring, lambda: gate.wait_for_disk)
        credentials = Credentials(client, keyring)
        one_host = settings.hosts == "one"
        return Service(
            Parts(
                store,
                Ledger(client),
                Registries(client),
                credentials,
                journal,
                rules,
                settings.brands,
                clock,
                settings.region,
                one_host,
            )
        )

    gate.recover = lambda client: service(client).recover()
    client = gate.open()
    return Program(settings, service(client), client, embedded, journal)


@contextmanager
def running(settings: Settings | None = None) -> Iterator[Program]:
    """A ready program for the length of a `with`."""
    program = build(settings)
    try:
        yield program
    finally:
        program.close()


def work(program: Program) -> None:
    """The worker's loop over this program."""
    run_worker(program.service)


def secret_of(settings: Settings) -> str:
    """The installation's secret: from the environment, else from the data directory, where the first start makes it."""
    if settings.secret:
        return settings.secret.get_secret_value()
    return kept_secret(settings.data_dir / "secret")


def kept_secret(path: Path) -> str:
    """The secret in a file (mode 0600), made there whole by whoever comes first."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()
