"""Nothing is kept for ever but an opt-out: proofs, attempts and blocks past their term, and prospects that nobody heard of since.

The terms, each with its source, stand in the rule files; what is past them is judged in suppression/retention.py. What a purge
destroys, and what of it stays, is in docs/decisions/0005-purge.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from suppression.history import Erased, Purged, Unlinked
from suppression.records import ALL_BRANDS, Facts
from suppression.retention import Expired, Keeper, is_prospect
from suppression.service.base import Verbs
from suppression.store import keys, sweep
from suppression.store.keys import Partition
from suppression.store.store import Draft, Snapshot

BY = "retention"
DAY_SECONDS = 86_400
TURN_SECONDS = DAY_SECONDS / keys.PARTITIONS  # each partition once a day, so that no purge holds the worker up for long


@dataclass
class Purge:
    """How much was past its term."""

    proofs: int = 0
    attempts: int = 0
    blocks: int = 0
    prospects: int = 0

    @property
    def total(self) -> int:
        """Everything together."""
        return self.proofs + self.attempts + self.blocks + self.prospects

    def count(self, gone: Expired) -> None:
        """Adds what is past its term of one contact."""
        self.proofs += len(gone.proofs)
        self.attempts += len(gone.attempts)
        self.blocks += len(gone.blocks)


class Retention(Verbs):
    """Purge."""

    def purge(self, dry_run: bool = False) -> Purge:
        """Drops all that is past its term, and says how much; `dry_run` only counts. Raises StoreUnavailable, ArchiveUnavailable.

        Broken off, it may be run again. The append-only file is rewritten at the end, so that destroyed keys leave the disk too.
        """
        return self._purge(keys.ALL_PARTITIONS, dry_run)

    def purge_turn(self) -> Purge:
        """The same for the one partition whose turn it is at this time of the day: what the worker calls."""
        turn = int(self._clock().timestamp() % DAY_SECONDS // TURN_SECONDS)
        return self._purge((keys.ALL_PARTITIONS[turn],), dry_run=False)

    def _purge(self, partitions: Iterable[Partition], dry_run: bool) -> Purge:
        done = Purge()
        for partition in partitions:
            _Round(self, Keeper(self._rules, self._home, self._clock()), done, dry_run).run(partition)
        if done.total and not dry_run:
            self._store.forget_deleted()
        return done

    def _home(self, brand: str) -> str:
        """The country of a brand; the installation's for all brands, and for one that is not configured any more."""
        named = self.brands.renamed.get(brand, brand)
        return self.brands[named].country if named != ALL_BRANDS and named in self.brands.by_key else self._region


class _Round:
    """One partition: prospects are looked for first, since dropping a proof is an event as well."""

    def __init__(self, service: Retention, keeper: Keeper, done: Purge, dry_run: bool) -> None:
        self._store = service._store
        self._entries = service._seals.entries
        self._keeper = keeper
        self._done = done
        self._dry_run = dry_run

    def run(self, partition: Partition) -> None:
        """Everything past its term."""
        prospects: dict[datetime, dict[str, Snapshot]] = {}  # by id: a scan may show a contact twice
        for snapshot in sweep.snapshots(self._store, partition):
            horizon = self._keeper.horizon(snapshot.contact)
            if horizon and snapshot.card and is_prospect(snapshot.facts, self._expired(snapshot)):
                prospects.setdefault(horizon, {})[snapshot.card.cid] = snapshot
            else:
                self._drop_facts(snapshot)
        for horizon, group in prospects.items():
            self._drop_silent(partition, horizon, group)

    def _drop_silent(self, partition: Partition, horizon: datetime, group: dict[str, Snapshot]) -> None:
        old = sweep.holds_older(self._entries, partition, horizon)
        silent = sweep.silent_since(self._entries, partition, list(group), horizon) if old else frozenset()
        for cid, snapshot in group.items():
            if cid in silent:
                self._drop_contact(snapshot)
            else:
                self._drop_facts(snapshot)

    def _drop_facts(self, snapshot: Snapshot) -> None:
        gone = self._expired(snapshot)
        self._done.count(gone)
        if not gone.ids or self._dry_run:
            return

        def make(facts: Facts, _partition: Partition) -> Draft:
            ids = self._keeper.expired(snapshot.contact, facts).ids
            return Draft(Purged(self._keeper.now, BY, ids), dropped=ids)

        self._store.change(snapshot.contact, make)

    def _drop_contact(self, snapshot: Snapshot) -> None:
        """Whole: card and key first, then the record with its fingerprint; not if anything was recorded meanwhile."""
        linked = self._store.private(snapshot).linked
        now, contact = self._keeper.now, snapshot.contact

        def make(facts: Facts, _partition: Partition) -> Draft:
            if facts.revision != snapshot.facts.revision:
                raise _AliveError
            return Draft(Erased(now, BY), dropped=self._expired(snapshot).ids)

        self._done.prospects += 1
        if self._dry_run:
            return
        try:
            receipt = self._store.change(contact, make)
        except _AliveError:
            self._done.prospects -= 1
            return
        sweep.drop(self._store, snapshot.fingerprint, receipt.revision)
        for other in linked:
            self._store.change(other, lambda _facts, _partition: Draft(Unlinked(now, BY), unlink=contact))

    def _expired(self, snapshot: Snapshot) -> Expired:
        return self._keeper.expired(snapshot.contact, snapshot.facts)


class _AliveError(Exception):
    """Leaves the commit loop: the contact moved while it was being forgotten."""
