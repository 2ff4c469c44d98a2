"""The store: what is on file, how it changes, and what was asked, over Redis.

A change is always the same three steps: read the facts with their revision, decide (in the caller, purely), commit if the
revision still stands, else again. A question is one step. The store decides nothing about contacts itself.

On failure every verb raises StoreUnavailable and nothing else of the driver's; a commit that failed may or may not have
happened, and may be tried again with the same `Once`.
"""

import hashlib
import random
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

import msgspec
from redis.exceptions import ResponseError

from suppression.contact import Contact
from suppression.errors import Contended, NotFound, StoreUnavailable
from suppression.history import Change, Erased, Purged, apply, own_key
from suppression.keyring import Keyring
from suppression.records import Facts, Question
from suppression.store import keys, vault
from suppression.store.connect import Client, Script, fails_over, translated
from suppression.store.drafts import (
    FOREVER,
    Commit,
    Draft,
    Once,
    Receipt,
    Snapshot,
    Wanted,
    counted,
    indexed,
    receipt_of,
)
from suppression.store.entries import Entries, Entry
from suppression.store.lane import TRIES, Lane
from suppression.store.takeover import through_takeover

ROUNDS = 200  # each round of contention lets at least one writer through, so this is far beyond any real crowd
BATCH = 5_000  # commands in one pipeline
DAY_SECONDS = 86_400
UNCHANGED = b"="  # instead of a card that stays as it is
OLD_BRAND = "brand:"  # before a brand's name in the counts, where it once had a field of its own

__all__ = [
    "FOREVER",
    "Asked",
    "Draft",
    "Once",
    "Receipt",
    "Snapshot",
    "Store",
    "Wanted",
    "decode_facts",
    "event_id",
    "leaf",
    "new_id",
]

_facts = msgspec.json.Decoder(Facts)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on file: its id, and the facts as they stood when it was asked."""

    id: str
    facts: Facts


class Store:
    """The verbs over one Redis; safe to share between threads."""

    def __init__(
        self,
        client: Client,
        keyring: Keyring,
        wait_for_disk: Callable[[], bool] = lambda: False,
        entries: Entries | None = None,
    ) -> None:
        """`wait_for_disk`: the server does not sync each write by itself, so every write is followed by WAITAOF.

        `entries` finds old events in the archive as well; without it `private_of` finds nothing.
        """
        self.client = client
        self.keyring = keyring
        self._entries = entries
        self._wait_for_disk = wait_for_disk
        self._lane = Lane(client)
        self._commit = Script(_lua("commit"))
        self._ask = Script(_lua("ask"))

    def read(self, contact: Contact) -> Snapshot:
        """What is on file about a contact."""
        return self.read_each([contact])[0]

    def read_each(self, contacts: Sequence[Contact]) -> list[Snapshot]:
        """What is on file about each, in one round trip."""
        prints = [self.keyring.fingerprint(it) for it in contacts]
        with translated():
            found = self._lane.read([("HMGET", keys.of_fingerprint(it).contact(it), "card", "facts") for it in prints])
        return [
            Snapshot(contact, fingerprint, vault.decode(card) if card else None, decode_facts(facts))
            for contact, fingerprint, (card, facts) in zip(contacts, prints, found, strict=True)
        ]

    def change(
        self,
        contact: Contact,
        make: Callable[[Facts, keys.Partition], Draft],
        once: Once | None = None,
        patient: bool = True,
    ) -> Receipt:
        """Records what `make` decides on the facts, atomically; `make` may be called again if somebody was faster.

        With `once` it may safely be tried again, and is, while another server takes over from one that was lost, unless
        `patient` is False. Raises KeyReused where the idempotency key served another request, and whatever `make` raises.
        """
        if once and patient and fails_over(self.client):
            return through_takeover(lambda: self._changed(contact, make, once))
        return self._changed(contact, make, once)

    def change_each(self, wanted: Sequence[Wanted], patient: bool = True) -> list[Receipt | Exception]:
        """As change for each, with one round trip that reads and one that commits for all; what is wrong with one is its own
        answer. Raises StoreUnavailable where nothing could be read, and nothing was sent."""
        if len(wanted) == 1 or fails_over(self.client):
            return [self._alone(it, patient) for it in wanted]
        drafted = [self._drafted(*it) for it in zip(self.read_each([it.contact for it in wanted]), wanted, strict=True)]
        commits = [it for it in drafted if isinstance(it, Commit)]
        receipts = iter(self._sent_together(commits))
        answers = [next(receipts) if isinstance(it, Commit) else it for it in drafted]
        return [self._alone(of, patient) if it is None else it for it, of in zip(answers, wanted, strict=True)]

    def _drafted(self, now: Snapshot, wanted: Wanted) -> Commit | Exception:
        try:
            return self._commit_of(now, wanted.make(now.facts, now.partition), wanted.once)
        except Exception as why:  # a fault of one answers that one, not all who wait
            return why

    def _sent_together(self, commits: Sequence[Commit]) -> list[Receipt | Exception | None]:
        """What became of each; None where the contact had moved on."""
        try:
            with translated():
                replies = (
                    self._lane.replies([it.call for it in commits], self._wait_for_disk(), tries=1) if commits else []
                )
        except StoreUnavailable as away:
            return [away for _ in commits]
        return [receipt_of(*it) for it in zip(commits, replies, strict=True)]

    def _alone(self, it: Wanted, patient: bool) -> Receipt | Exception:
        try:
            return self.change(it.contact, it.make, it.once, patient)
        except Exception as why:  # as above
            return why

    def _changed(self, contact: Contact, make: Callable[[Facts, keys.Partition], Draft], once: Once | None) -> Receipt:
        for attempt in range(ROUNDS):
            now = self.read(contact)
            receipt = self._try(now, make(now.facts, now.partition), once)
            if receipt:
                return receipt
            time.sleep(random.uniform(0, min(0.001 * attempt, 0.02)))  # noqa: S311 -- spreads writers, guards nothing
        raise Contended("too many writers on one contact")

    def ask(self, questions: Sequence[Question], leaves: Sequence[bytes]) -> list[Asked]:
        """Reads the facts of each contact and appends its question (`leaves`: each as JSON), in one step per partition."""
        prints = [self.keyring.fingerprint(q.contact) for q in questions]
        groups: dict[int, list[int]] = {}
        for index, fingerprint in enumerate(prints):
            groups.setdefault(keys.of_fingerprint(fingerprint).number, []).append(index)
        answers: dict[int, Asked] = {}
        calls = [
            self._ask_call(number, [(prints[i], questions[i].contact, leaves[i]) for i in group])
            for number, group in groups.items()
        ]
        for (number, group), reply in zip(groups.items(), self._write(self._ask, calls), strict=True):
            for index, (id_, _revision, facts) in zip(group, reply, strict=True):
                answers[index] = Asked(event_id("vrd", number, id_), decode_facts(facts))
        return [answers[i] for i in range(len(questions))]

    def look(self, contacts: Sequence[Contact]) -> list[Facts]:
        """The facts of many contacts without leaving a question (scrubs leave one event for the whole file)."""
        with translated():
            pipe = self.client.pipeline(transaction=False)
            for contact in contacts:
                fingerprint = self.keyring.fingerprint(contact)
                pipe.hget(keys.of_fingerprint(fingerprint).contact(fingerprint), "facts")
            for partition in keys.ALL_PARTITIONS:
                pipe.exists(partition.present)
            replies = pipe.execute()
        if not all(replies[len(contacts) :]):
            raise StoreUnavailable("a partition of the store was emptied")
        return [decode_facts(it) for it in replies[: len(contacts)]]

    def find(self, id_: str) -> Snapshot:
        """The contact that an id of ours (a block's, a permission's, a review's …) belongs to. Raises NotFound."""
        partition = keys.of_id(id_)
        with translated():
            fingerprint = self.client.hget(partition.ids, id_) if partition else None
        if partition is None or fingerprint is None:
            raise NotFound("nothing of that id is on file")
        return self._snapshot(partition, fingerprint.decode())

    def by_cid(self, partition: keys.Partition, cid: str) -> Snapshot | None:
        """The contact behind a ledger's random contact id, or None once it was erased."""
        with translated():
            fingerprint = self.client.hget(partition.ids, cid)
        try:
            return self._snapshot(partition, fingerprint.decode()) if fingerprint else None
        except NotFound:
            return None

    def linked(self, card: vault.Card | None) -> tuple[Contact, ...]:
        """The person's other contacts, as their card says."""
        return vault.open_card(self.keyring, card).linked if card else ()

    def private(self, snapshot: Snapshot) -> vault.Private:
        """The readable side of a contact's card. Raises NotFound where it was erased or never seen."""
        if snapshot.card is None:
            raise NotFound("nothing readable is on file")
        return vault.open_card(self.keyring, snapshot.card)

    def private_of(self, snapshot: Snapshot, id_: str) -> dict[str, Any]:
        """What was private about the event that made `id_` (words, proof); empty where there was nothing, or it is gone."""
        with translated():
            place = self.client.hget(snapshot.partition.ids, f"{id_}@")
        entry = self._entries.at(snapshot.partition, "ledger", place.decode()) if place and self._entries else None
        return self.opened(snapshot, entry) if entry else {}

    def has_events(self, ids: Sequence[str]) -> set[str]:
        """Which of these event ids the store holds: in the ledger streams, or moved from there to the archive.

        What the archive holds and this store never had (an older copy of it) is not among them.
        """
        found: set[str] = set()
        for start in range(0, len(ids), BATCH):
            part = ids[start : start + BATCH]
            with translated():
                pipe = self.client.pipeline(transaction=False)
                for id_ in part:
                    partition, place = keys.place_of(id_)
                    pipe.xrange(partition.ledger, place, place)
                found |= {id_ for id_, rows in zip(part, pipe.execute(), strict=True) if rows}
        return found | {
            it for it in ids if it not in found and self._entries and self._entries.was_moved(*keys.place_of(it))
        }

    def opened(self, snapshot: Snapshot, entry: Entry) -> dict[str, Any]:
        """An event's private content (words, proof); empty once the contact was erased, or the proof purged."""
        if not snapshot.card or not entry.box:
            return {}
        try:
            return vault.open_box(self.keyring, snapshot.card, entry.box, own_key(entry.event))
        except vault.KeyDestroyed:
            return {}

    def forget_deleted(self) -> None:
        """Rewrites the append-only file, so that what was deleted is gone from the disk as well; a running rewrite is enough."""
        with translated(), suppress(ResponseError):
            self.client.bgrewriteaof()

    def due(self, kind: str, until: datetime | None = None) -> list[tuple[str, datetime]]:
        """Ids of what waits for somebody, oldest instant first: reviews, lifts, requests."""
        highest = until.timestamp() if until else "+inf"
        with translated():
            pipe = self.client.pipeline(transaction=False)
            for partition in keys.ALL_PARTITIONS:
                pipe.zrangebyscore(partition.due, "-inf", highest, withscores=True)
            found = [(member.decode(), score) for part in pipe.execute() for member, score in part]
        mine = [(m.partition("|")[2], s) for m, s in found if m.startswith(f"{kind}|")]
        return [(id_, datetime.fromtimestamp(s).astimezone()) for id_, s in sorted(mine, key=lambda it: it[1])]

    def counts(self) -> dict[str, int]:
        """How many events of each type, and how many questions, there have been."""
        with translated():
            pipe = self.client.pipeline(transaction=False)
            for partition in keys.ALL_PARTITIONS:
                pipe.hgetall(partition.counts)
                pipe.xlen(partition.questions)
            replies = pipe.execute()
        totals: dict[str, int] = {"asked": sum(replies[1::2])}
        for part in replies[::2]:
            for counter, number in part.items():
                name = counter.decode().partition("|")[0]
                if not name.startswith(OLD_BRAND):
                    totals[name] = totals.get(name, 0) + int(number)
        return totals

    def brands(self) -> set[str]:
        """The brands in whose name somebody opted out."""
        with translated():
            pipe = self.client.pipeline(transaction=False)
            for partition in keys.ALL_PARTITIONS:
                pipe.hkeys(partition.counts)
            names = {name.decode() for part in pipe.execute() for name in part}
        old = {it.removeprefix(OLD_BRAND) for it in names if it.startswith(OLD_BRAND)}
        return old | {it.partition("|")[2] for it in names if "|" in it}

    def ping(self) -> None:
        """Raises StoreUnavailable unless the server answers."""
        with translated():
            self.client.ping()

    def _snapshot(self, partition: keys.Partition, fingerprint: str) -> Snapshot:
        with translated():
            card, facts = self.client.hmget(partition.contact(fingerprint), "card", "facts")
        if not card:
            raise NotFound("the contact was erased")
        opened = vault.decode(card)
        return Snapshot(vault.open_card(self.keyring, opened).contact, fingerprint, opened, decode_facts(facts))

    def _try(self, now: Snapshot, draft: Draft, once: Once | None) -> Receipt | None:
        """One commit; None if the contact moved on meanwhile."""
        commit = self._commit_of(now, draft, once)
        _, names, args = commit.call
        [reply] = self._write(self._commit, [(names, args)], tries=1)
        return commit.receipt(reply)

    def _commit_of(self, now: Snapshot, draft: Draft, once: Once | None) -> Commit:
        partition, facts = now.partition, apply(now.facts, draft.event)
        card = self._card_after(now, draft)
        sealed = vault.box(self.keyring, card, dict(draft.private), own_key(draft.event)) if draft.private else None
        erased = isinstance(draft.event, Erased)
        answer, asked = msgspec.json.encode(draft.answer), _digest(once.request) if once else ""
        args = [
            now.facts.revision, now.card.who if now.card else "",
            card.who, b"" if erased else UNCHANGED if card is now.card else vault.encode(card), msgspec.json.encode(facts),
            leaf(draft.event, card, facts.revision, sealed), sealed.sealed if sealed else b"",
            asked, answer, once.days * DAY_SECONDS if once else 0,
            counted(draft.event), facts.revision, *indexed(now, card, draft, erased),
        ]  # fmt: skip
        once_key = partition.once(self.keyring.digest("once", f"{now.fingerprint}:{once.key}") if once else "none")
        names = [partition.contact(now.fingerprint), partition.ledger, partition.ids, partition.due, partition.counts]
        return Commit((self._commit, [*names, once_key, partition.present], args), now, draft, asked, facts.revision)

    def _card_after(self, now: Snapshot, draft: Draft) -> vault.Card:
        card = now.card or vault.new_card(self.keyring, now.contact)
        if not (draft.link or draft.unlink or draft.lang or own_key(draft.event) or isinstance(draft.event, Purged)):
            return card
        private = vault.open_card(self.keyring, card)
        linked = (*(it for it in private.linked if it not in (draft.link, draft.unlink)), *filter(None, (draft.link,)))
        fact_keys = _keys_after(private.keys, draft.event)
        news = msgspec.structs.replace(private, linked=linked, lang=draft.lang or private.lang, keys=fact_keys)
        return card if news == private else vault.with_private(self.keyring, card, news)

    def _ask_call(self, number: int, asked: Sequence[tuple[str, Contact, bytes]]) -> tuple[list[str], list[Any]]:
        """Keys and arguments of ask.lua for contacts of one partition, each with its fingerprint and leaf."""
        partition = keys.ALL_PARTITIONS[number]
        args: list[Any] = []
        for fingerprint, contact, leaf_ in asked:
            card = vault.new_card(self.keyring, contact)
            args += (fingerprint, card.who, vault.encode(card), leaf_[1:])
        names = [partition.contact(fingerprint) for fingerprint, _, _ in asked]
        return [partition.questions, partition.ids, partition.present, *names], args

    def _write(self, script: Script, calls: Sequence[tuple[list[str], list[Any]]], tries: int = TRIES) -> list[Any]:
        """Runs a script once per call and waits until all of it is on disk; `tries` 1 for what must not happen twice."""
        with translated():
            if len(calls) == 1:
                return self._lane.run([(script, *calls[0])], self._wait_for_disk(), tries)
            return script.run_many(self.client, calls, self._wait_for_disk())


def leaf(event: Change, card: vault.Card, revision: int, sealed: vault.Box | None) -> bytes:
    """The ledger's line: who (random id and commitment), the revision that it made, the event, the commitment to its box."""
    head = {"who": card.who, "revision": revision, **({"private": sealed.commit} if sealed else {})}
    return msgspec.json.encode(head)[:-1] + b"," + msgspec.json.encode(event)[1:]


def decode_facts(stored: bytes | None) -> Facts:
    """The facts as stored; none for a contact never seen."""
    return _facts.decode(stored) if stored else Facts()


event_id = keys.event_id


def new_id(prefix: str, partition: keys.Partition) -> str:
    """A fresh random id that carries its partition."""
    return f"{prefix}_{partition.number:02d}{secrets.token_hex(8)}"


def _keys_after(known: dict[str, bytes], event: Change) -> dict[str, bytes]:
    """A permission brings a key for its proof; a purge destroys those of the facts that it drops."""
    if fact := own_key(event):
        return {**known, fact: vault.fresh_key()}
    gone = event.ids if isinstance(event, Purged) else ()
    return {id_: key for id_, key in known.items() if id_ not in gone}


def _digest(request: str) -> str:
    return hashlib.sha256(request.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _lua(name: str) -> str:
    return files("suppression.store").joinpath(f"{name}.lua").read_text()
