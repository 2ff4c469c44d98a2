"""What the core needs from outside, as protocols; `gateways/` fulfils them and `wiring.py` says which one serves.

Each says what happens on failure, since that is what its caller must know.
"""

from typing import Protocol


class Archive(Protocol):
    """Files that are written once, whole, and never changed: seals, and old events.

    A name is a path of lower-case letters, digits, `_`, `-` and `.`, with `/` between folders. On failure every verb raises
    ArchiveUnavailable; a `put` that failed may or may not have happened, and may be tried again.
    """

    def put(self, name: str, content: bytes) -> bool:
        """Writes a file, on disk as a whole before this returns; False, and nothing touched, if one of that name is there."""

    def get(self, name: str) -> bytes | None:
        """A file's content, or None where there is none."""

    def list(self, folder: str) -> list[str]:
        """The names of the files directly in a folder, in order; none where there is no such folder."""
