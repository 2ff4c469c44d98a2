"""The archive as a directory: files written beside their place, synced, then put there by a link, which never overwrites."""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from suppression.errors import ArchiveUnavailable

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*(/[a-z0-9][a-z0-9_.-]*)*\Z")


class DirectoryArchive:
    """An archive below one directory; several processes may share it. Its files are readable by their owner only."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def put(self, name: str, content: bytes) -> bool:
        """Writes a file whole; False, and nothing touched, if one of that name is there. Raises ArchiveUnavailable."""
        with _translated(name):
            place = self._path(name)
            self._make(place.parent)
            draft = place.parent / f".{secrets.token_hex(8)}"
            try:
                _write(draft, content)
                return _link(draft, place)
            finally:
                draft.unlink(missing_ok=True)

    def get(self, name: str) -> bytes | None:
        """A file's content, or None where there is none. Raises ArchiveUnavailable."""
        with _translated(name):
            try:
                return self._path(name).read_bytes()
            except FileNotFoundError:
                return None

    def list(self, folder: str) -> list[str]:
        """The names of the files directly in a folder, in order. Raises ArchiveUnavailable."""
        with _translated(folder):
            try:
                found = os.listdir(self._path(folder))  # noqa: PTH208 -- names alone, of folders with very many files
            except FileNotFoundError:
                return []
            return [f"{folder}/{it}" for it in sorted(found) if _NAME.match(it)]  # drafts begin with a dot

    def _path(self, name: str) -> Path:
        if not _NAME.match(name):
            raise ArchiveUnavailable(f"{name!r} is no name for a file in the archive")
        return self._directory / name

    def _make(self, folder: Path) -> None:
        """The folder and those above it, each noted on disk in its parent."""
        if not folder.is_dir():
            self._make(folder.parent)
            folder.mkdir(mode=0o700, exist_ok=True)
            _sync(folder.parent)


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _link(draft: Path, place: Path) -> bool:
    """A rename would silently replace what is there; a link fails."""
    try:
        os.link(draft, place)
    except FileExistsError:
        return False
    _sync(place.parent)
    return True


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as cause:
        raise ArchiveUnavailable(f"the archive failed at {name}: {cause.strerror}") from cause
