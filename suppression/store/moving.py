"""Moves old events from Redis to the archive, so that memory stays bounded; only what is sealed moves, and nothing is lost.

First the segment is written and read back, then the stream is cut. A run that was killed in between left lines in both places,
which readers see once, and the next run cuts them.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

from suppression.errors import LedgerBroken
from suppression.seal import STREAMS, Stream
from suppression.store import keys
from suppression.store.connect import Client, Script, translated
from suppression.store.entries import Entries, Entry, stream_key
from suppression.store.lease import lease
from suppression.store.seals import Seals, ends_of
from suppression.store.segments import Line

FULL = 5_000  # lines of one segment; fewer are moved only once the oldest is twice as old as its term, so that files stay few

# The checks of a partition are counted by the length of their stream; what leaves it is added to the counts in the same step.
CUT = Script("""
local gone = redis.call("XTRIM", KEYS[1], "MINID", ARGV[1])
if gone > 0 and ARGV[2] ~= "" then redis.call("HINCRBY", KEYS[2], ARGV[2], gone) end
return gone
""")


def move_old(seals: Seals, client: Client, terms: Mapping[Stream, timedelta], now: datetime) -> int:
    """Moves what is sealed and older than the term of its stream, and says how many lines; 0 while another worker is at it.

    Raises StoreUnavailable, ArchiveUnavailable, LedgerBroken; what is not in the archive by then stays in Redis.
    """
    with lease(seals.lock) as mine:
        return sum(_moved(seals, client, terms, now)) if mine else 0


def _moved(seals: Seals, client: Client, terms: Mapping[Stream, timedelta], now: datetime) -> Iterator[int]:
    last = seals.last()
    for stream in STREAMS:
        for partition, end in zip(keys.ALL_PARTITIONS, ends_of(last, stream), strict=True):
            up_to = min(end, _place_of(now - terms[stream]), key=keys.order)
            surely = _place_of(now - 2 * terms[stream])
            yield _archived(seals.entries, partition, stream, up_to, surely)
            _cut(client, partition, stream, seals.entries.segments.end(partition, stream))


def _archived(entries: Entries, partition: keys.Partition, stream: Stream, up_to: str, surely: str) -> int:
    """Writes segments of what lies in Redis up to a place; a short one only if its first line lies before `surely`."""
    moved = 0
    while lines := _next_lines(entries, partition, stream, up_to):
        if len(lines) < FULL and keys.order(lines[0].place) > keys.order(surely):
            break
        entries.segments.put(partition, stream, [_line(it) for it in lines])
        moved += len(lines)
    return moved


def _next_lines(entries: Entries, partition: keys.Partition, stream: Stream, up_to: str) -> list[Entry]:
    rest = entries.after(partition, stream, entries.segments.end(partition, stream))
    return list(islice(takewhile(lambda it: keys.order(it.place) <= keys.order(up_to), rest), FULL))


def _cut(client: Client, partition: keys.Partition, stream: Stream, end: str) -> None:
    """Drops from Redis what the archive holds."""
    ms, seq = keys.order(end)
    if (ms, seq) == (0, 0):
        return
    counted = "asked" if stream == "questions" else ""
    with translated():
        CUT.run(client, [stream_key(partition, stream), partition.counts], [f"{ms}-{seq + 1}", counted])


def _line(entry: Entry) -> Line:
    try:
        return Line(entry.place, entry.leaf.decode(), entry.box)
    except UnicodeDecodeError as cause:
        raise LedgerBroken(f"{entry.id} was changed: it is no text") from cause


def _place_of(instant: datetime) -> str:
    return f"{max(int(instant.astimezone(UTC).timestamp() * 1000), 0)}-0"
