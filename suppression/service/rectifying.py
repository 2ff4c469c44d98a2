"""Rectification of an address (GDPR art. 16): what forbids goes along and stays behind, what permits moves, nothing is weakened."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from suppression.contact import Contact
from suppression.errors import InvalidRequest, NotFound
from suppression.history import Rectified, ReviewOpened
from suppression.records import ALL_BRANDS, Channel, Facts, OptOut, Permission, Review
from suppression.retention import Keeper
from suppression.service.checks import Checks
from suppression.service.company import Company
from suppression.service.retention import Retention
from suppression.service.stops import Stops
from suppression.store.keys import Partition
from suppression.store.store import FOREVER, Draft, Once, Receipt, Snapshot, new_id


class Rectifying(Stops, Checks, Company, Retention):
    """Rectify."""

    def rectify(self, old: Contact, new: Contact, by: str) -> Receipt:
        """Puts a person's new address in the place of the old one; broken off or repeated, it may simply be run again.

        The new one gets every opt-out, block, waiting review and attempt of the old, and the permissions in force with their
        proofs; those end at the old one, which keeps its opt-outs and blocks. A consent does not move to a channel where the new
        address had said STOP itself. Raises NotFound where nothing readable is on file of the old address, InvalidRequest where
        both are the same.
        """
        self._settled()
        source, before, now = self._store.read(old), self._store.read(new).facts, self._clock()
        if source.card is None:
            raise NotFound("nothing is on file of the old address")
        if old == new:
            raise InvalidRequest("this is the same address", ({"field": "to", "problem": "the same"},))
        counts = {
            "opt_outs": self._carry_opt_outs(source, new, by),
            "blocks": self._carry_blocks(source, new, by, now),
            "reviews": self._carry_reviews(source, new, by),
            "attempts": self._carry_attempts(source, new),
            "permissions": self._carry_permissions(source, new, _own_stops(before, source.facts), by),
        }
        self._rectified(new, old, Rectified(now, by, old.kind, "new"), counts)
        return self._rectified(old, new, Rectified(now, by, new.kind, "old"), counts)

    def _carry_opt_outs(self, source: Snapshot, new: Contact, by: str) -> int:
        carried = 0
        for it in source.facts.opt_outs:
            channels = it.channels - taken_back(it, source.facts)
            words = self._store.private_of(source, it.id).get("words", "")
            key = f"rectify:{it.id}:{','.join(sorted(channels))}"
            if channels:
                self.opt_out(new, it.brand, channels, it.via, key=key, at=it.at, words=words, by=by)
                carried += 1
        return carried

    def _carry_blocks(self, source: Snapshot, new: Contact, by: str, now: datetime) -> int:
        standing = [it for it in source.facts.blocks if it.until is None or it.until > now]
        for it in standing:
            self.block(
                new, it.list, by, brand=it.brand, channels=it.channels, until=it.until,
                reason=self._reason_of(source, it), key=f"rectify:{it.id}",
            )  # fmt: skip
        return len(standing)

    def _carry_reviews(self, source: Snapshot, new: Contact, by: str) -> int:
        for it in source.facts.reviews:
            self._carry_review(it, self._store.private_of(source, it.id), new, by)
        return len(source.facts.reviews)

    def _carry_review(self, it: Review, words: Mapping[str, Any], new: Contact, by: str) -> None:
        now = self._clock()

        def make(_facts: Facts, partition: Partition) -> Draft:
            copy = Review(new_id("rev", partition), it.brand, it.channels, it.at, it.due, it.via)
            due = {f"review|{copy.id}": copy.due}
            return Draft(ReviewOpened(now, by, copy), private=words or None, ids=(copy.id,), due=due)

        self._store.change(new, make, Once(f"rectify:{it.id}", days=FOREVER))

    def _carry_attempts(self, source: Snapshot, new: Contact) -> int:
        for it in source.facts.attempts:
            self.attempt(new, it.channel, it.outcome, brand=it.brand, at=it.at, agent=it.agent, key=f"rectify:{it.id}")
        return len(source.facts.attempts)

    def _carry_permissions(self, source: Snapshot, new: Contact, own: tuple[OptOut, ...], by: str) -> int:
        keeper, carried = Keeper(self._rules, self._home, self._clock()), 0
        for it in source.facts.permissions:
            if keeper.end_of(source.contact, source.facts, it) <= keeper.now:
                continue
            proof = self._store.private_of(source, it.id).get("proof")
            channels = it.channels - _closed(it, own)
            if proof and channels:
                self._carry_permission(it, channels, proof, new, by)
                carried += 1
            self.withdraw(it.id, by)
        return carried

    def _carry_permission(
        self, it: Permission, channels: frozenset[Channel], proof: Mapping[str, Any], new: Contact, by: str
    ) -> None:
        self.permit(
            new, it.basis, by, brand=it.brand, channels=channels, obtained_at=it.obtained_at, proof=proof,
            valid_until=it.valid_until, appointment=it.appointment, purpose=it.purpose, goods=it.goods,
            shared_with=it.shared_with, source=it.source, automated=it.automated, key=f"rectify:{it.id}",
        )  # fmt: skip

    def _rectified(self, one: Contact, other: Contact, event: Rectified, counts: Mapping[str, int]) -> Receipt:
        draft = Draft(event, {"carried": dict(counts)}, link=other)
        return self._store.change(one, lambda _facts, _partition: draft, Once(f"rectified:{other}", days=FOREVER))


def _own_stops(before: Facts, old: Facts) -> tuple[OptOut, ...]:
    """The opt-outs that the new address had of its own, less what was taken back; not those that an earlier run brought."""
    brought = {(it.brand, it.at, it.via) for it in old.opt_outs}
    own = [it for it in before.opt_outs if (it.brand, it.at, it.via) not in brought]
    return tuple(_narrowed(it, it.channels - taken_back(it, before)) for it in own)


def _closed(it: Permission, own: tuple[OptOut, ...]) -> frozenset[Channel]:
    """The channels that a consent must not reopen: law 4 asks for one given to that address, after its STOP."""
    stops = [one.channels for one in own if it.basis == "consent" and one.brand in (it.brand, ALL_BRANDS)]
    return frozenset().union(*stops)


def taken_back(it: OptOut, facts: Facts) -> frozenset[Channel]:
    """The channels on which the person's later START, or two admins, took an opt-out back."""
    if any((lift.revision or 0) > it.revision and lift.approved_by for lift in facts.lifts):
        return it.channels
    starts = (
        one for one in facts.reopenings if one.brand == it.brand and one.revision > it.revision and one.at >= it.at
    )
    return frozenset(one.channel for one in starts)


def _narrowed(it: OptOut, channels: frozenset[Channel]) -> OptOut:
    return OptOut(it.id, it.brand, channels, it.at, it.revision, it.via)
