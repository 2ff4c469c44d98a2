"""Old events in the archive: compressed files of lines, one run of places of one stream each; their names are the index.

`events/ledger/07/1764000000000-0_1764086400000-3.jsonl.zlib` holds the ledger of partition 7 from the first place to the
second. Each line is JSON: the place, the sealed leaf, and the encrypted box (base64), which is nothing without its contact's key.
"""

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from suppression.errors import LedgerBroken
from suppression.ports import Archive
from suppression.seal import Stream
from suppression.store import keys

SUFFIX = ".jsonl.zlib"
CHUNK = 16_384
_NAME = re.compile(r"([0-9]{1,15}-[0-9]{1,10})_([0-9]{1,15}-[0-9]{1,10})" + re.escape(SUFFIX))


class Line(Struct, frozen=True):
    """One line of a segment."""

    place: str
    leaf: str
    box: bytes = b""


@dataclass(frozen=True, slots=True)
class Span:
    """A segment's name, and the places of its first and last line."""

    name: str
    first: str
    last: str


_line = msgspec.json.Decoder(Line)


class Segments:
    """The segments of one archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def spans(self, partition: keys.Partition, stream: Stream) -> list[Span]:
        """The segments of a stream, oldest first. Raises LedgerBroken for a file that is none."""
        spans = [_span(it) for it in self._archive.list(_folder(partition, stream))]
        return sorted(spans, key=lambda it: keys.order(it.first))

    def after(self, partition: keys.Partition, stream: Stream, place: str) -> list[Span]:
        """The segments that reach beyond a place, oldest first."""
        return [it for it in self.spans(partition, stream) if keys.order(it.last) > keys.order(place)]

    def holding(self, partition: keys.Partition, stream: Stream, place: str) -> Span | None:
        """The segment that a place belongs to."""
        at = keys.order(place)
        return next(
            (it for it in self.spans(partition, stream) if keys.order(it.first) <= at <= keys.order(it.last)), None
        )

    def end(self, partition: keys.Partition, stream: Stream) -> str:
        """The last place in the archive, `0-0` where there is none."""
        return max((it.last for it in self.spans(partition, stream)), key=keys.order, default="0-0")

    def lines(self, name: str) -> Iterator[Line]:
        """The lines of one segment. Raises LedgerBroken if the file is gone, or cannot be read."""
        content = self._archive.get(name)
        if content is None:
            raise LedgerBroken(f"{name} is missing from the archive")
        first = last = ""
        try:
            for line in map(_line.decode, _unpacked(content)):
                first, last = first or line.place, line.place
                yield line
        except (zlib.error, msgspec.DecodeError) as cause:
            raise LedgerBroken(f"{name} was changed: it cannot be read") from cause
        if _span(name) != Span(name, first, last):
            raise LedgerBroken(f"{name} was changed: it holds other places than its name says")

    def put(self, partition: keys.Partition, stream: Stream, lines: Sequence[Line]) -> None:
        """Writes a segment and reads it back. Raises LedgerBroken if what is there is not what was meant to be."""
        name = f"{_folder(partition, stream)}/{lines[0].place}_{lines[-1].place}{SUFFIX}"
        self._archive.put(name, zlib.compress(b"\n".join(map(msgspec.json.encode, lines))))
        if list(self.lines(name)) != list(lines):
            raise LedgerBroken(f"{name} does not hold what was written to it")


def _unpacked(content: bytes) -> Iterator[bytes]:
    """The lines of a compressed text, a few at a time: a check of the whole ledger has 128 of these open."""
    unpacker, rest = zlib.decompressobj(), b""
    for start in range(0, len(content), CHUNK):
        *lines, rest = (rest + unpacker.decompress(content[start : start + CHUNK])).split(b"\n")
        yield from lines
    if not unpacker.eof or unpacker.unused_data:
        raise zlib.error("cut off, or longer than it was")
    yield rest


def _folder(partition: keys.Partition, stream: Stream) -> str:
    return f"events/{stream}/{partition.number:02d}"


def _span(name: str) -> Span:
    found = _NAME.fullmatch(name.rpartition("/")[2])
    if not found:
        raise LedgerBroken(f"{name} is no segment of ours")
    return Span(name, found[1], found[2])
