"""Who was erased and when, as fingerprints in a file of the data directory: so that a restored backup erases them again."""

import os
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from suppression.errors import StoreUnavailable


class Erasure(Struct, frozen=True):
    """One contact's fingerprint, and the instant of its erasure."""

    fingerprint: str
    at: datetime


_line = msgspec.json.Decoder(Erasure)


class Erasures:
    """The erasures of one data directory, oldest first; only ever appended to, but for a rotation of the secret."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "erasures.jsonl"

    def note(self, fingerprint: str, at: datetime) -> None:
        """Appends one, on disk before it returns. Raises StoreUnavailable."""
        try:
            with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
                file.write(msgspec.json.encode(Erasure(fingerprint, at)) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as cause:
            raise StoreUnavailable("the erasure cannot be noted in the data directory") from cause

    def all(self) -> dict[str, datetime]:
        """The latest erasure of each fingerprint; a last line that was torn off is passed over."""
        if not self._path.exists():
            return {}
        return {it.fingerprint: it.at for line in self._path.read_bytes().split(b"\n") if (it := _read(line))}

    def rename(self, names: dict[str, str], generation: int) -> None:
        """New fingerprints for old ones, in one step; once per generation of the secret, however often it is tried."""
        heading = b'{"generation":%d}\n' % generation  # no erasure, so readers pass it over
        if not self._path.exists() or self._path.read_bytes().startswith(heading):
            return
        lines = [msgspec.json.encode(Erasure(names[name], at)) for name, at in self.all().items()]
        draft = self._path.with_suffix(".draft")
        draft.write_bytes(heading + b"".join(it + b"\n" for it in lines))
        draft.chmod(0o600)
        draft.replace(self._path)


def _read(line: bytes) -> Erasure | None:
    try:
        return _line.decode(line) if line else None
    except msgspec.DecodeError:
        return None
