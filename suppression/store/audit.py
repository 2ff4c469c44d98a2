"""Checks the whole record: the chain of seals, every line that they seal, and the facts that the lines make.

The seals are walked in their order, each with the lines it covers, so the first broken place found is the oldest one. It needs the
archive, the store and the public key; how much there is does not matter to its memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from suppression import merkle
from suppression import seal as form
from suppression.errors import LedgerBroken
from suppression.seal import NONE_BEFORE, STREAMS, Part, Seal, Stream
from suppression.store import keys
from suppression.store.entries import Entry
from suppression.store.facts_audit import FactsAudit
from suppression.store.seals import FOLDER, Seals, ends_of, hash_of, name_of
from suppression.store.store import Store


@dataclass
class Report:
    """What was found: how much is sealed and how much not yet, the newest seal, and the first broken place, if any."""

    seals: int = 0
    sealed: dict[Stream, int] = field(default_factory=lambda: dict.fromkeys(STREAMS, 0))
    unsealed: dict[Stream, int] = field(default_factory=lambda: dict.fromkeys(STREAMS, 0))
    contacts: int = 0
    last: Seal | None = None
    broken: str | None = None


def audit(store: Store, seals: Seals, after: int = 0) -> Report:
    """The whole check; the lines under the seals up to number `after` are passed over.

    Raises StoreUnavailable, ArchiveUnavailable.
    """
    report = Report()
    try:
        _Walk(seals, report, after).all()
        report.contacts = FactsAudit(store, seals.entries).all()
    except LedgerBroken as found:
        report.broken = str(found)
    return report


class _Walk:
    """One walk over the seals and all 128 streams at once."""

    def __init__(self, seals: Seals, report: Report, after: int) -> None:
        self._seals = seals
        self._report = report
        self._key = seals.key
        self._after = after
        self._streams = {
            (partition.number, stream): _Stream(seals.entries.after(partition, stream))
            for partition in keys.ALL_PARTITIONS
            for stream in STREAMS
        }

    def all(self) -> None:
        """Every seal with its lines, then what is not sealed yet. Raises LedgerBroken at the first broken place."""
        remembered, hash_ = self._seals.remembered()
        for number in range(1, self._highest(remembered) + 1):
            seal = self._checked(number)
            if number == remembered and seal.hash != hash_:
                raise LedgerBroken(f"{name_of(number)} is not the seal that the store remembers")
            self._report.last, self._report.seals = seal, number
            for part in seal.parts:
                self._check_lines(seal, part)
        for (_, stream), lines in self._streams.items():
            self._report.unsealed[stream] += lines.rest()

    def _highest(self, remembered: int) -> int:
        names = self._seals.archive.list(FOLDER)
        return max(remembered, *(_number(it) for it in names), 0)

    def _checked(self, number: int) -> Seal:
        """A seal that is whole by itself, and fits the one before."""
        seal = self._named(number)
        for problem in self._problems(seal, number):
            raise LedgerBroken(f"{name_of(number)}: {problem}")
        return seal

    def _problems(self, seal: Seal, number: int) -> Iterator[str]:
        """What is wrong with a seal, the signature before what it vouches for."""
        last = self._report.last
        if seal.number != number:
            yield "it has another number"
        if seal.previous != (last.hash if last else NONE_BEFORE):
            yield "it does not follow the seal before it"
        if seal.key != self._key:
            yield "it was signed with a key that is not ours"
        if not form.is_signed(seal):
            yield "its signature is not right"
        if seal.root != form.root_of(seal.parts):
            yield "its root is not the one of its parts"
        if not _continues(last, seal):
            yield "it does not begin where the seal before it ends"

    def _named(self, number: int) -> Seal:
        try:
            return self._seals.get(number)
        except LedgerBroken as why:
            name = name_of(number)
            raise LedgerBroken(str(why) if name in str(why) else f"{name}: {why}") from why

    def _check_lines(self, seal: Seal, part: Part) -> None:
        hashes = [hash_of(it) for it in self._streams[part.partition, part.stream].up_to(part.last)]
        if seal.number <= self._after:
            return
        where = (
            f"{part.stream} of partition {part.partition:02d}, {part.first} to {part.last} "
            f"(seal {seal.number} of {seal.sealed_at})"
        )
        if len(hashes) != part.count:
            raise LedgerBroken(f"{where}: {part.count} lines were sealed, {len(hashes)} are there")
        if merkle.root(hashes).hex() != part.root:
            raise LedgerBroken(f"{where}: a line was changed, or lines were reordered")
        self._report.sealed[part.stream] += part.count


class _Stream:
    """The lines of one stream, taken up to one place after the other."""

    def __init__(self, lines: Iterator[Entry]) -> None:
        self._lines = lines
        self._held: Entry | None = None

    def up_to(self, place: str) -> Iterator[Entry]:
        """The lines not yet taken, up to that place."""
        while (entry := self._held or next(self._lines, None)) is not None:
            beyond = keys.order(entry.place) > keys.order(place)
            self._held = entry if beyond else None
            if beyond:
                return
            yield entry

    def rest(self) -> int:
        """How many lines are left."""
        return (self._held is not None) + sum(1 for _ in self._lines)


def _continues(last: Seal | None, seal: Seal) -> bool:
    """Each part lies beyond the last sealed place of its stream, and the ends say so."""
    if any(len(seal.ends.get(stream, ())) != keys.PARTITIONS for stream in STREAMS):
        return False
    ends = {stream: list(ends_of(last, stream)) for stream in STREAMS}
    for part in seal.parts:
        if keys.order(part.first) <= keys.order(ends[part.stream][part.partition]):
            return False
        ends[part.stream][part.partition] = part.last
    return all(tuple(ends[stream]) == seal.ends[stream] for stream in STREAMS)


def _number(name: str) -> int:
    """The number in a seal's name. Raises LedgerBroken for a file that is none."""
    digits = name.removeprefix(f"{FOLDER}/").removesuffix(".json")
    if not (digits.isascii() and digits.isdigit()) or name != name_of(int(digits)):
        raise LedgerBroken(f"{name} is no seal of ours")
    return int(digits)
