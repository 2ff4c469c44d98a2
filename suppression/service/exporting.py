"""Opt-outs and blocks as rows that another system can take in; the numbers are readable, so it is for admins alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from suppression.records import Channel
from suppression.service.base import Verbs
from suppression.service.rectifying import taken_back
from suppression.store import keys, sweep
from suppression.store.store import Snapshot


@dataclass(frozen=True, slots=True)
class Suppression:
    """One opt-out or block in force; `list` is `optouts` or the company's own, `channels` those still closed."""

    contact: str
    list: str
    brand: str
    channels: frozenset[Channel]
    since: datetime
    until: datetime | None
    via: str
    reason: str = ""


class Exporting(Verbs):
    """Export."""

    def suppressions(self) -> Iterator[Suppression]:
        """Every opt-out and block in force, but for those of erased people: nobody can name these, and they go on denying."""
        self._settled()
        now = self._clock()
        for partition in keys.ALL_PARTITIONS:
            for snapshot in sweep.snapshots(self._store, partition):
                yield from self._in_force(snapshot, now)

    def _in_force(self, snapshot: Snapshot, now: datetime) -> Iterator[Suppression]:
        contact, facts = str(snapshot.contact), snapshot.facts
        for it in facts.opt_outs:
            if closed := it.channels - taken_back(it, facts):
                yield Suppression(contact, "optouts", it.brand, closed, it.at, None, it.via)
        for block in facts.blocks:
            if block.until is None or block.until > now:
                reason = self._reason_of(snapshot, block)
                yield Suppression(contact, block.list, block.brand, block.channels, block.at, block.until, "", reason)
