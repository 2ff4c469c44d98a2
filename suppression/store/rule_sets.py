"""Every set of rule files that ever answered, in the archive by its digest, so that a past verdict is made again with its own.

`rules/<SHA-256>.json.zlib` holds the canonical text of one set (about 20 kB), as suppression/policy writes it.
"""

import hashlib
import zlib

from suppression.errors import LedgerBroken
from suppression.ports import Archive

FOLDER = "rules"


class RuleSets:
    """The rule sets of one archive; every verb raises ArchiveUnavailable."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def keep(self, digest: str, text: bytes) -> None:
        """Writes a set down, unless it is there."""
        if self._archive.get(_name(digest)) is None:
            self._archive.put(_name(digest), zlib.compress(text, 9))

    def get(self, digest: str) -> bytes:
        """The canonical text of a set. Raises LedgerBroken where it is gone, or not what its digest says."""
        content = self._archive.get(_name(digest))
        if content is None:
            raise LedgerBroken(f"{_name(digest)} is missing from the archive")
        try:
            text = zlib.decompress(content)
        except zlib.error as cause:
            raise LedgerBroken(f"{_name(digest)} was changed: it cannot be read") from cause
        if hashlib.sha256(text).hexdigest() != digest:
            raise LedgerBroken(f"{_name(digest)} was changed: it is another set of rules")
        return text


def _name(digest: str) -> str:
    return f"{FOLDER}/{digest}.json.zlib"
