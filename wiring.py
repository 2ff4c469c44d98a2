"""Builds the program from the settings: the only place that names concrete parts. Entry points call it; nobody else does."""

import errno
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import phonenumbers.re_util
import structlog

from gateways.archive import DirectoryArchive
from suppression.errors import ArchiveUnavailable, InvalidRequest, SettingsError, StoplisteError, StoreUnavailable
from suppression.keyring import Keyring
from suppression.policy import load_rules
from suppression.service import Parts, Service
from suppression.settings import SHORTEST_SECRET, Settings, load
from suppression.store import directory
from suppression.store.connect import Client, connect
from suppression.store.credentials import Credentials
from suppression.store.desk import Desk
from suppression.store.embedded import Embedded
from suppression.store.erasures import Erasures
from suppression.store.gate import Gate
from suppression.store.journal import Journal
from suppression.store.ledger import Ledger
from suppression.store.registries import Registries
from suppression.store.reminders import Reminders
from suppression.store.rotation import ROTATION, Rotated, rotate
from suppression.store.rule_sets import RuleSets
from suppression.store.seals import Seals
from worker.loop import run_worker

log = structlog.get_logger()

LOOK_SECONDS = 0.5
WATCH_SECONDS = 2.0


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


def build(
    settings: Settings | None = None, clock: Callable[[], datetime] = utc_now, empty_is_meant: bool = False
) -> Program:
    """A ready program. Raises SettingsError, StoreUnavailable.

    `empty_is_meant`: an empty server in the place of one that held data is what a restore begins with, and refused otherwise.
    """
    settings = settings or load()
    phonenumbers.re_util.enable_pattern_cache()  # numbers of many countries: 21 µs each instead of 162
    keyring = Keyring(_secret_in_place(settings))
    embedded = None if settings.redis_url else Embedded(settings.data_dir)
    if embedded:
        embedded.ensure()
    url = settings.redis_url or (embedded.url if embedded else "")
    gate = Gate(url, keyring, settings.data_dir, settings.durability == "weak", empty_is_meant)
    gate.alone = settings.hosts == "one"
    journal = Journal(settings.data_dir, keyring)
    service = _maker(settings, keyring, gate, journal, clock)
    if not empty_is_meant:  # a restore recovers when the backup is in: what it brings need not come from the journal
        gate.recover = lambda client: service(client).recover()
    try:
        client = gate.open()
        _keep_rules(service(client))
        _refuse_unknown_brands(service(client))
    except StoplisteError:
        if embedded:
            embedded.stop()
        raise
    return Program(settings, service(client), client, embedded, journal)


def _maker(
    settings: Settings, keyring: Keyring, gate: Gate, journal: Journal, clock: Callable[[], datetime]
) -> Callable[[Client], Service]:
    """Makes the service over a client: over the gate's, and, while a server is met, over the one that meets it."""
    rules = load_rules(options=frozenset(settings.rule_options))
    archive, erasures = archive_in(settings.data_dir), Erasures(settings.data_dir)

    def service(client: Client) -> Service:
        seals = Seals(client, archive, keyring, settings.data_dir, lambda: gate.wait_for_disk)
        seals.alone = settings.hosts == "one"
        parts = Parts(
            store=Desk(client, keyring, lambda: gate.wait_for_disk, seals.entries),
            ledger=Ledger(client, seals.entries),
            registries=Registries(client),
            credentials=Credentials(client, keyring),
            reminders=Reminders(client, keyring),
            journal=journal,
            seals=seals,
            erasures=erasures,
            rules=rules,
            rule_sets=RuleSets(archive),
            brands=settings.brands,
            clock=clock,
            region=settings.region,
            one_host=settings.hosts == "one",
            look=gate.look,
        )
        return Service(parts)

    return service


def _keep_rules(service: Service) -> None:
    """A STOP is taken even where the archive cannot be written; a question is not, until its rules are kept."""
    try:
        service.keep_rules()
    except ArchiveUnavailable as away:
        log.warning("rules_not_kept", reason=str(away))


def _refuse_unknown_brands(service: Service) -> None:
    """Law 4: opt-outs of a brand that is configured no more would be passed over; a store that is away is asked next time."""
    with suppress(StoreUnavailable):
        if unknown := service.unknown_brands():
            raise SettingsError(
                [
                    f"STOPLISTE_BRANDS: the store holds opt-outs of {name!r}, which is no brand: add it, or name it in `formerly`"
                    for name in unknown
                ]
            )


def look_after_store(program: Program) -> None:
    """Starts the embedded server again whenever it is gone, for as long as this process lives; none needs an outside one."""
    if program.embedded:
        threading.Thread(target=_look_after, args=(program.embedded,), daemon=True, name="embedded").start()


def _look_after(embedded: Embedded) -> None:
    while not embedded.stopped:
        with suppress(StoreUnavailable):
            embedded.ensure()
        time.sleep(LOOK_SECONDS)


def keep_watch(program: Program) -> None:
    """Looks every two seconds, for as long as this process lives, whether the store still keeps what is confirmed."""
    threading.Thread(target=_watch, args=(program.service,), daemon=True, name="watch").start()


def _watch(service: Service) -> None:
    told = ""
    while True:
        try:
            service.look()
            now = ""
        except StoreUnavailable as why:
            now = str(why)
        if now != told:
            log.warning("store_watched", reason=now or "all is well again")
            told = now
        time.sleep(WATCH_SECONDS)


@contextmanager
def running(settings: Settings | None = None, empty_is_meant: bool = False) -> Iterator[Program]:
    """A ready program for the length of a `with`."""
    program = build(settings, empty_is_meant=empty_is_meant)
    try:
        yield program
    finally:
        program.close()


def rotate_secret(settings: Settings, new_from: Path | None = None) -> Rotated | None:
    """A new secret for the installation, with the service down; run it again if it was broken off.

    Where the secret lies in the data directory, the new one is made there and takes its place; else it is read from `new_from`.
    """
    if bool(settings.secret) == (new_from is None):
        raise InvalidRequest("give --new-from FILE where STOPLISTE_SECRET is set, and only there")
    next_file = new_from or settings.data_dir / "secret.next"
    embedded = None if settings.redis_url else Embedded(settings.data_dir)
    if embedded:
        embedded.ensure()
    client = connect(settings.redis_url or (embedded.url if embedded else ""), name=ROTATION)
    try:
        rotated = rotate(client, secret_of(settings), kept_secret(next_file), settings.data_dir)
    finally:
        client.close()
        if embedded:
            embedded.stop()
    if new_from is None:
        next_file.replace(settings.data_dir / "secret")
    return rotated


def take_over(settings: Settings) -> None:
    """The data directory takes the place of the one that served this Redis so far."""
    if not settings.redis_url:
        raise InvalidRequest("the embedded server lies in its data directory: there is nothing to take over")
    _secret_in_place(settings)
    client = connect(settings.redis_url)
    try:
        directory.take_over(client, settings.data_dir)
    finally:
        client.close()


def work(program: Program) -> None:
    """The worker's loop over this program."""
    run_worker(program.service)


def archive_in(data_dir: Path) -> DirectoryArchive:
    """Where seals and old events lie."""
    return DirectoryArchive(data_dir / "archive")


def _secret_in_place(settings: Settings) -> str:
    """The secret, and the data directory that may hold it. Raises SettingsError, or StoreUnavailable for a full disk."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return secret_of(settings)
    except OSError as cause:
        if cause.errno == errno.ENOSPC:
            raise StoreUnavailable(f"the disk under {settings.data_dir} is full") from cause
        raise SettingsError([f"STOPLISTE_DATA_DIR: {settings.data_dir} cannot be used: {cause.strerror}"]) from cause


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
    secret = path.read_text().strip()
    if len(secret) < SHORTEST_SECRET:
        raise SettingsError([f"{path}: a secret has at least {SHORTEST_SECRET} characters; this one protects nobody"])
    return secret
