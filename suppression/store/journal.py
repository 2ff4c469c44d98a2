"""The journal: every STOP, encrypted and synced to the local disk before Redis hears of it.

A row is kept until its event stands in a sealed file. While a STOP that was confirmed is in the journal alone, the pending mark
(a file beside it, seen by every process of the data directory) says so: nobody answers a check before it is drained.
"""

import os
import shutil
import sqlite3
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from suppression.contact import Contact
from suppression.errors import StoreUnavailable
from suppression.keyring import Keyring, WrongSecret
from suppression.records import Channel

Item = TypeVar("Item")
INSERT = "insert into stops (entry) values (?)"

BUSY_SECONDS = 5.0
LEAST_BYTES = (
    1024 * 1024
)  # on the disk; what is left of the log's own pages would take a STOP, but not the server beside it
SCHEMA = """
create table if not exists stops (
  row integer primary key autoincrement,
  entry blob not null,
  event text
) strict;
create index if not exists pending on stops (row) where event is null;
"""


class JournalUnavailable(StoreUnavailable):
    """The local journal cannot take a STOP (disk full, read-only …); nothing may be confirmed."""

    code = "journal_unavailable"


class Stop(Struct, frozen=True, omit_defaults=True):
    """A STOP as the journal keeps it: everything needed to record it later, or again."""

    contact: Contact
    brand: str
    channels: frozenset[Channel]
    via: str
    key: str
    said: datetime
    by: str
    words: str = ""
    lang: str = ""
    review: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One STOP in the journal; `event` is the ledger's event that recorded it, None while Redis has not."""

    number: int
    stop: Stop
    event: str | None


@dataclass(slots=True)
class _Waiting:
    """STOPs that wait for the next sync."""

    sealed: list[bytes]
    rows: list[int] = field(default_factory=list)
    written: bool = False
    failure: Exception | None = None


_stop = msgspec.json.Decoder(Stop)


class Journal:
    """The journal of one data directory; several processes and threads may hold one at a time."""

    def __init__(self, data_dir: Path, keyring: Keyring) -> None:
        self._path = data_dir / "journal.db"
        self._mark = data_dir / "journal.pending"
        self._keyring = keyring
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._queue: deque[_Waiting] = deque()
        self._settled: deque[tuple[str, int]] = deque()

    @property
    def pending(self) -> bool:
        """Whether a confirmed STOP is in the journal alone; cheap enough for every check."""
        return self._mark.exists()

    def keep(self, stop: Stop) -> int:
        """Writes a STOP and returns its row once it is on disk; callers at the same time share one sync.

        Raises JournalUnavailable.
        """
        return self.keep_each([stop])[0]

    def keep_each(self, stops: Sequence[Stop]) -> list[int]:
        """As keep, for several at once: all of them, or none."""
        waiting = _Waiting([self._keyring.seal(msgspec.json.encode(it), "journal") for it in stops])
        self._queue.append(waiting)
        with self._lock:
            if not waiting.written:
                self._write_queue()
        if waiting.failure:
            raise JournalUnavailable("the journal cannot take a STOP") from waiting.failure
        return waiting.rows

    def settle(self, row: int, event_id: str) -> None:
        """Redis has it, as this event; noted with the next write.

        If that never comes, the row is applied again, and found to be there.
        """
        self._settled.append((event_id, row))

    def drop(self, rows: list[int]) -> None:
        """Rows that need not be kept any more: their events stand in sealed files, or they were refused."""
        with self._writing() as db:
            db.executemany("delete from stops where row = ?", [(it,) for it in rows])

    def forget(self, contact: Contact) -> None:
        """Drops every row of an erased contact, from the write-ahead log too."""
        self.drop([it.number for it in self.rows() if it.stop.contact == contact])
        with self._reading() as db:
            db.execute("pragma wal_checkpoint(truncate)")

    def reseal(self, keyring: Keyring) -> None:
        """Every row under another secret, in one step; rows that it opens already stay."""
        with self._writing() as db:
            for row, sealed in db.execute("select row, entry from stops").fetchall():
                with suppress(WrongSecret):
                    entry = keyring.seal(self._keyring.open(sealed, "journal"), "journal")
                    db.execute("update stops set entry = ? where row = ?", (entry, row))

    def mark_pending(self) -> None:
        """Says to every process that Redis lacks a confirmed STOP; on disk before it returns. Raises JournalUnavailable."""
        try:
            os.close(os.open(self._mark, os.O_WRONLY | os.O_CREAT, 0o600))
            directory = os.open(self._mark.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except OSError as cause:
            raise JournalUnavailable("the pending mark cannot be written") from cause

    def unmark(self) -> bool:
        """Takes the mark away unless rows are pending; nobody can add one meanwhile."""
        with self._writing() as db:
            if db.execute("select 1 from stops where event is null limit 1").fetchone():
                return False
            self._mark.unlink(missing_ok=True)
            return True

    def rows(self, pending_only: bool = False) -> Iterator[Row]:
        """Everything kept, oldest first."""
        condition = "where event is null" if pending_only else ""
        with self._reading() as db:
            found = db.execute(f"select row, entry, event from stops {condition} order by row").fetchall()  # noqa: S608 -- fixed texts
        for number, sealed, event in found:
            yield Row(number, _stop.decode(self._keyring.open(sealed, "journal")), event)

    def recorded(self) -> list[tuple[int, str]]:
        """Rows that Redis has, each with its event."""
        with self._reading() as db:
            return db.execute("select row, event from stops where event is not null order by row").fetchall()

    def check(self) -> None:
        """Raises JournalUnavailable unless a STOP could be written right now: it writes, and leaves nothing."""
        with _translated():
            free = shutil.disk_usage(self._path.parent).free
        if free < LEAST_BYTES:
            raise JournalUnavailable("the disk is full")
        with self._writing() as db:
            [version] = db.execute("pragma user_version").fetchone()
            db.execute(f"pragma user_version = {(version + 1) % 1000}")

    def close(self) -> None:
        """Notes what is settled and lets go of the file."""
        with suppress(JournalUnavailable), self._writing():
            pass
        with self._lock:
            if self._connection:
                self._connection.close()
            self._connection = None

    def _write_queue(self) -> None:
        """One transaction, so one sync, for everybody who waits."""
        batch = _taken(self._queue)
        try:
            with self._transaction() as db:
                for it in batch:
                    it.rows = [db.execute(INSERT, (one,)).lastrowid or 0 for one in it.sealed]
        except JournalUnavailable as failure:
            for it in batch:
                it.failure = failure
        for it in batch:
            it.written = True

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._transaction() as db:
            yield db

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Under the lock: a transaction that also notes what was settled since the last one."""
        settled = _taken(self._settled)
        try:
            with _translated():
                db = self._open()
                db.execute("begin immediate")
                try:
                    db.executemany("update stops set event = ? where row = ?", settled)
                    yield db
                except BaseException:
                    db.execute("rollback")
                    raise
                db.execute("commit")
        except BaseException:
            self._settled.extend(settled)
            raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _translated():
            yield self._open()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            db = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            db.execute("pragma journal_mode = wal")
            db.execute("pragma synchronous = full")
            db.execute("pragma secure_delete = on")  # what is erased leaves no trace in free pages
            db.executescript(SCHEMA)
            self._path.chmod(0o600)
            self._connection = db
        return self._connection


def _taken(queue: deque[Item]) -> list[Item]:
    """Everything in a queue that others may be adding to."""
    return [queue.popleft() for _ in range(len(queue))]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as cause:
        raise JournalUnavailable(f"the journal failed: {type(cause).__name__}") from cause
