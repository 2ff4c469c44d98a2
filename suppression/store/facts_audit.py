"""Checks that the facts on each contact's record are what its events make, and that no record, no opt-out, no word was lost.

What is read one after the other may move in between; so whatever looks wrong is read again, record first, and reported only
if it is wrong then as well. Erased contacts have no readable record: their opt-outs are checked, which must be on some record.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import msgspec

from suppression.errors import LedgerBroken
from suppression.history import Change, Erased, apply, carried, own_key
from suppression.keyring import WrongSecret, commitment
from suppression.records import Facts, OptOut
from suppression.store import keys, vault
from suppression.store.connect import translated
from suppression.store.entries import Entries, Entry, Head
from suppression.store.store import Store, decode_facts

BATCH = 500


@dataclass(frozen=True, slots=True)
class Record:
    """A contact's record as stored."""

    cid: str
    revision: int
    facts: Facts
    card: vault.Card | None


@dataclass(slots=True)
class _Chain:
    """The events of one contact id: their fold so far, the last one, and the opt-outs among them."""

    facts: Facts
    last: Entry
    opt_outs: dict[str, OptOut]
    erased: bool = False


class FactsAudit:
    """One check of all records of a store."""

    def __init__(self, store: Store, entries: Entries) -> None:
        self._store = store
        self._client = store.client
        self._entries = entries
        self._orphans: dict[str, OptOut] = {}

    def all(self) -> int:
        """How many contacts have a readable record. Raises LedgerBroken at the first that is not what its events make."""
        contacts = sum(self._partition(it) for it in keys.ALL_PARTITIONS)
        if self._orphans:
            self._find_orphans()
        return contacts

    def _partition(self, partition: keys.Partition) -> int:
        records = {it.cid: it for it in self._records(partition)}
        chains: dict[str, _Chain] = {}
        for entry in self._entries.after(partition, "ledger"):
            self._follow(chains, records, entry)
        for cid, chain in chains.items():
            if chain.erased and cid not in records:
                self._orphans |= chain.opt_outs
            elif chain.erased or cid not in records or not _agrees(records[cid], chain.facts):
                self._look_again(partition, cid, chain)
        for cid in records.keys() - chains.keys():
            _check(records[cid], carried(records[cid].facts, records[cid].revision), "none")
        return len(records)

    def _follow(self, chains: dict[str, _Chain], records: dict[str, Record], entry: Entry) -> None:
        head, event = _decoded(entry)
        record = records.get(head.cid)
        chain = chains.get(head.cid)
        if chain is None:
            before = carried(record.facts if record else Facts(), head.revision - 1)
            chain = chains[head.cid] = _Chain(before, entry, {})
        made = apply(chain.facts, event)
        chain.opt_outs |= {it.id: it for it in made.opt_outs if it not in chain.facts.opt_outs}
        chain.facts, chain.last, chain.erased = made, entry, isinstance(event, Erased)
        # the key of an event later than this reading of the record is not on it yet
        if (
            record
            and record.card
            and head.revision <= record.revision
            and head.private
            and not _is_purged(event, record)
        ):
            self._check_box(entry, record.card, head.private, own_key(event))

    def _check_box(self, entry: Entry, card: vault.Card, committed: str, fact: str) -> None:
        """The encrypted words or proof beside a line are those that the line commits to."""
        try:
            salt, plain = vault.opened(self._store.keyring, card, entry.box, fact)
        except vault.KeyDestroyed as cause:
            raise LedgerBroken(f"{entry.id}: the key of {fact} is missing, though it was not purged") from cause
        except WrongSecret as cause:
            raise LedgerBroken(f"{entry.id}: the words beside it were changed") from cause
        if commitment(salt, plain) != committed:
            raise LedgerBroken(f"{entry.id}: the words beside it are others than those sealed")

    def _look_again(self, partition: keys.Partition, cid: str, before: _Chain) -> None:
        """Record first, events afterwards: then the events hold all that the record may know, and the record all from `before`."""
        record = self._record(partition, cid)
        chains: dict[str, _Chain] = {}
        for entry in self._entries.after(partition, "ledger"):
            head = _decoded(entry)[0]
            if head.cid == cid and (record is None or head.revision <= record.revision):
                self._follow(chains, {cid: record} if record else {}, entry)
        chain = chains.get(cid)
        if record is None and chain and chain.erased:
            self._orphans |= chain.opt_outs
        elif record is None:
            raise LedgerBroken(f"{before.last.id}: the record of its contact is missing")
        elif chain is None or record.revision < before.facts.revision:
            raise LedgerBroken(f"{before.last.id}: the record of its contact was set back")
        elif chain.erased:
            raise LedgerBroken(f"{chain.last.id}: its contact was erased, and its record is back")
        else:
            _check(record, chain.facts, chain.last.id)

    def _find_orphans(self) -> None:
        """The opt-outs of erased contacts, on whatever record; a new card may have been made for the person since."""
        with translated():
            found = self._client.scan_iter(match="*:contact:*", count=BATCH)
            while names := list(islice(found, BATCH)):
                pipe = self._client.pipeline(transaction=False)
                for name in names:
                    pipe.hget(name, "facts")
                for stored in pipe.execute():
                    self._found_on(decode_facts(stored))
        for missing in self._orphans:
            raise LedgerBroken(f"opt-out {missing} of an erased contact is on no record any more")

    def _found_on(self, facts: Facts) -> None:
        for it in facts.opt_outs:
            said = self._orphans.get(it.id)
            # said again, or brought back by a backup, it is recorded later, which is stronger
            as_said = said and msgspec.structs.replace(it, revision=said.revision, repeated_at=said.repeated_at)
            if said and said.revision <= it.revision and as_said == said:
                del self._orphans[it.id]

    def _records(self, partition: keys.Partition) -> Iterator[Record]:
        """Every readable record of a partition, found by its random contact id."""
        with translated():
            known = self._client.hscan_iter(partition.ids, count=BATCH)
            pairs = ((name, mark) for name, mark in known if b"_" not in name and b"@" not in name)
            while batch := list(islice(pairs, BATCH)):
                yield from self._read(partition, [mark.decode() for _, mark in batch])

    def _record(self, partition: keys.Partition, cid: str) -> Record | None:
        with translated():
            fingerprint = self._client.hget(partition.ids, cid)
            found = self._read(partition, [fingerprint.decode()]) if fingerprint else []
        return next((it for it in found if it.cid == cid), None)

    def _read(self, partition: keys.Partition, fingerprints: Sequence[str]) -> list[Record]:
        pipe = self._client.pipeline(transaction=False)
        for it in fingerprints:
            pipe.hmget(partition.contact(it), "who", "rev", "facts", "card")
        rows = zip(fingerprints, pipe.execute(), strict=True)
        return [self._own(fingerprint, row[0].decode(), _record(*row)) for fingerprint, row in rows if row[0]]

    def _own(self, fingerprint: str, who: str, record: Record) -> Record:
        """The record, if its card is that contact's: exchanged ones would tell of one person what another one said."""
        if record.card is None:
            return record
        try:
            private = vault.open_card(self._store.keyring, record.card)
        except WrongSecret as cause:
            raise LedgerBroken(f"the card of contact {record.cid} was changed") from cause
        address = commitment(private.salt, str(private.contact).encode())
        at_home = self._store.keyring.fingerprint(private.contact) == fingerprint
        if not at_home or record.card.who != who or record.card.commit != address:
            raise LedgerBroken(f"the record of contact {record.cid} stands in the place of another contact's")
        return record


def _record(who: bytes, revision: bytes | None, facts: bytes | None, card: bytes | None) -> Record:
    cid = who.decode().partition(":")[0]
    try:
        return Record(cid, int(revision or 0), decode_facts(facts), vault.decode(card) if card else None)
    except (msgspec.DecodeError, ValueError) as cause:
        raise LedgerBroken(f"the record of contact {cid} cannot be read: {cause}") from cause


def _decoded(entry: Entry) -> tuple[Head, Change]:
    try:
        return entry.head, entry.event
    except msgspec.DecodeError as cause:
        raise LedgerBroken(f"{entry.id} cannot be read: {cause}") from cause


def _is_purged(event: Change, record: Record) -> bool:
    """A proof whose permission was dropped has no key any more: what the line commits to cannot be looked at."""
    fact = own_key(event)
    return bool(fact) and not any(it.id == fact for it in record.facts.permissions)


def _agrees(record: Record, made: Facts) -> bool:
    return record.facts == made and record.revision == made.revision


def _check(record: Record, made: Facts, last: str) -> None:
    if not _agrees(record, made):
        raise LedgerBroken(f"the facts of contact {record.cid} are not what its events make (the last one: {last})")
