"""What people say to us: STOP, START, HELP, erasure requests and ordinary words; and what humans make of the doubtful ones.

A verb here returns only once the effect is durable; if it raises, nothing may be confirmed to the person.
"""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from suppression.contact import Contact, Kind
from suppression.errors import ForeignStore, KeptNotInEffect, KeyReused, NotFound, StoplisteError, StoreUnavailable
from suppression.history import (
    Blocked,
    Change,
    Heard,
    Linked,
    OptedIn,
    OptedOut,
    Repeated,
    RequestOpened,
    ReviewDecided,
    ReviewOpened,
)
from suppression.intent import Certainty, Intent, Label, understand
from suppression.records import (
    ALL_BRANDS,
    ALL_CHANNELS,
    Block,
    Channel,
    Facts,
    OptOut,
    Reopening,
    Request,
    Review,
    rfc3339,
)
from suppression.service.base import PERSON
from suppression.service.languages import Languages
from suppression.service.messages import Message, Understood, What
from suppression.store.journal import Row, Stop
from suppression.store.keys import Partition, order, place_of
from suppression.store.store import FOREVER, Draft, Once, Receipt, Wanted, new_id

REVIEW_TERM = timedelta(hours=72)  # undecided after it counts as a stop
REQUEST_TERM = timedelta(days=30)  # GDPR art. 12(3): one month; 30 days is never later
CHATS = frozenset({Channel.WHATSAPP, Channel.TELEGRAM})
MEDIA = {
    "sms": frozenset({Channel.SMS}),
    "voice": frozenset({Channel.VOICE}),
    "email": frozenset({Channel.EMAIL}),
    "chat": CHATS,
}


class Stops(Languages):
    """The person's own word."""

    def hear(self, message: Message) -> Understood:
        """Understands a message and does what it says, for every contact known to be this person's."""
        it = self._understood(message)
        if it.label == Label.STOP and not message.command and it.intent.certainty is Certainty.UNSURE:
            return self._doubt(message, it.intent, it.lang)
        match it.label:
            case "stop":
                receipt = self.stop(replace(message, brand=it.brand), it.channels)
                return stopped(it, receipt)
            case "erase":
                return self._erasure(replace(message, brand=it.brand), it.lang)
            case "start" if message.command or it.intent.certainty is Certainty.CERTAIN:
                return self._started(message, it.lang)
        return self._note(message, it.intent, "help" if it.label == "help" else "nothing", it.lang)

    def _understood(self, message: Message) -> "Reading":
        intent = understand(message.text, message.lang, message.medium or _medium(message.channel))
        brand = ALL_BRANDS if intent.all_brands and not message.command else message.brand
        channels = ALL_CHANNELS if message.command else _channels(intent)
        label = message.command or intent.label.value
        return Reading(intent, label, self.language(message, intent), brand, channels)

    def stop(self, message: Message, channels: frozenset[Channel] = ALL_CHANNELS) -> Receipt:
        """Opts a person out by a message of theirs."""
        return self._opted_out(self._stop_in(message, channels))

    def _stop_in(self, message: Message, channels: frozenset[Channel]) -> Stop:
        return self.stop_of(
            message.contact, message.brand, channels, str(message.channel), key=message.key, at=message.at, words=message.text,
            lang=message.lang or "",
        )  # fmt: skip

    def opt_out(  # noqa: PLR0913 -- the facts of an opt-out
        self, contact: Contact, brand: str, channels: frozenset[Channel], via: str, *, key: str = "", at: datetime | None = None,
        words: str = "", by: str = PERSON, lang: str = "",
    ) -> Receipt:  # fmt: skip
        """Records that a person said STOP, under every contact known to be theirs; a second one is a success.

        It is on disk in the journal and in Redis when this returns; with Redis away, in the journal alone, and no check is answered
        before Redis has it. An instant in the future counts as now. Raises JournalUnavailable, and KeptNotInEffect where
        several hosts serve the installation and Redis is away.
        """
        return self._opted_out(
            self.stop_of(contact, brand, channels, via, key=key, at=at, words=words, by=by, lang=lang)
        )

    def stop_of(  # noqa: PLR0913 -- the facts of an opt-out
        self, contact: Contact, brand: str, channels: frozenset[Channel], via: str, *, key: str = "", at: datetime | None = None,
        words: str = "", by: str = PERSON, lang: str = "",
    ) -> Stop:  # fmt: skip
        """A STOP as opt_out_each takes it; nothing is recorded yet."""
        now = self._clock()
        request = f"stop {contact} {brand} {sorted(channels)} {words}"
        own = key or f"own:{secrets.token_hex(12)}"
        return Stop(contact, brand, channels, via, own, min(at or now, now), by, words, lang, request=request)

    def _opted_out(self, stop: Stop) -> Receipt:
        return self._kept(stop, lambda: self._record(stop, patient=not self._one_host))

    def drain(self) -> None:
        """Records every STOP that only the journal has; raises StoreUnavailable while Redis cannot take them."""
        for row in self._journal.rows(pending_only=True):
            self._apply(row)
        self._journal.unmark()

    def recover(self) -> int:
        """Records again every STOP of the journal whose event Redis has lost (a torn file); says how many.

        Raises ForeignStore for an older copy, since more than STOPs is missing there.
        """
        if self._seals.older_by():
            raise ForeignStore(
                "the store is an older copy of itself: it lacks events that were sealed; restore a newer backup (stopliste "
                "restore), or accept the loss (stopliste ledger accept-loss)"
            )
        rows = list(self._journal.rows())
        known = self._store.has_events([row.event for row in rows if row.event])
        lost = [row for row in rows if row.event is None or row.event not in known]
        for row in lost:
            self._apply(row)
        self._journal.unmark()
        return len(lost)

    def prune_journal(self) -> int:
        """Drops the journal's rows whose events stand in sealed files of the archive; says how many."""
        ends = self._seals.archived_up_to()
        places = {row: place_of(event) for row, event in self._journal.recorded()}
        done = [row for row, (partition, place) in places.items() if order(place) <= order(ends[partition])]
        self._journal.drop(done)
        return len(done)

    def _kept(self, stop: Stop, record: Callable[[], Receipt]) -> Receipt:
        """Law 1: first the journal, then Redis."""
        return self._confirmed(self._journal.keep(stop), stop, record)

    def _confirmed(self, row: int, stop: Stop, record: Callable[[], Receipt]) -> Receipt:
        try:
            receipt = record()
        except StoreUnavailable as away:
            return self._in_journal_alone(stop, away)
        except StoplisteError:
            self._journal.drop([row])
            raise
        self._journal.settle(row, receipt.event_id)
        return receipt

    def _in_journal_alone(self, stop: Stop, away: StoreUnavailable) -> Receipt:
        self._journal.mark_pending()
        if not self._one_host:
            raise KeptNotInEffect("received, not yet in effect: the store is away") from away
        answer = {
            "brand": stop.brand,
            "channels": sorted(stop.channels),
            "via": stop.via,
            "since": rfc3339(stop.said),
            "id": "",
        }
        return Receipt("", answer, False)

    def _apply(self, row: Row) -> None:
        try:
            receipt = self._record(row.stop)
        except KeyReused:
            self._journal.drop([row.number])
        else:
            self._journal.settle(row.number, receipt.event_id)

    def _record(self, stop: Stop, patient: bool = False) -> Receipt:
        """In Redis, for the contact and every other one known to be the same person's; idempotent by the stop's key.

        Patient only where the journal alone does not put it into effect.
        """
        receipt = self._store.change(*self._wanted(stop), patient)
        return self._record_linked(stop, receipt, patient)

    def _record_linked(self, stop: Stop, receipt: Receipt, patient: bool) -> Receipt:
        """For every other contact known to be the same person's."""
        for linked in self._store.linked(receipt.card):
            self._store.change(linked, self._drafter(stop), Once(f"stop:{stop.key}", stop.request), patient)
        return receipt

    def _wanted(self, stop: Stop) -> Wanted:
        return Wanted(stop.contact, self._drafter(stop), Once(f"stop:{stop.key}", stop.request))

    def _drafter(self, stop: Stop) -> Callable[[Facts, Partition], Draft]:
        now, brand, channels = self._clock(), stop.brand, stop.channels

        def make(facts: Facts, partition: Partition) -> Draft:
            answer = {"brand": brand, "channels": sorted(channels), "via": stop.via, "since": rfc3339(stop.said)}
            private = {"words": stop.words, "lang": stop.lang} if stop.words else None
            if standing := _standing(self._today(facts), brand, channels):
                event: Change = Repeated(now, stop.by, brand, channels, stop.via, standing.id, stop.said)
                return Draft(
                    event, {**answer, "id": standing.id, "since": rfc3339(standing.at)}, private, lang=stop.lang
                )
            it = OptOut(new_id("opt", partition), brand, channels, stop.said, facts.revision + 1, stop.via)
            settled = tuple(
                f"review|{r.id}" for r in facts.reviews if brand in (r.brand, ALL_BRANDS) and r.channels <= channels
            )
            return Draft(
                OptedOut(now, stop.by, it), {**answer, "id": it.id}, private, (it.id,), settled=settled, lang=stop.lang
            )

        return make

    def share_phone(self, telegram: Contact, phone: Contact, brand: str, key: str) -> None:
        """Two contacts of one person (Telegram vouches for it): linked, and the phone opted out as well."""
        now = self._clock()
        for one, other in ((telegram, phone), (phone, telegram)):
            draft = Draft(Linked(now, PERSON, other.kind), link=other)
            self._store.change(one, _always(draft), Once(f"link:{key}"))
        self.opt_out(phone, brand, ALL_CHANNELS, "telegram", key=key)

    def decide_review(self, review_id: str, decision: Literal["stop", "none"], by: str) -> Receipt:
        """A human decides a doubtful message: it was an opt-out since the day it was written, or it was nothing."""
        snapshot, now = self._store.find(review_id), self._clock()
        review = _review_in(snapshot.facts, review_id)

        def make(facts: Facts, partition: Partition) -> Draft:
            _review_in(facts, review_id)
            it = OptOut(
                new_id("opt", partition), review.brand, review.channels, review.at, facts.revision + 1, review.via
            )
            event = ReviewDecided(now, by, review_id, decision, it if decision == "stop" else None)
            ids = (it.id,) if decision == "stop" else ()
            answer = {"id": review_id, "decision": decision}
            return Draft(event, answer, ids=ids, dropped=(review_id,), settled=(f"review|{review_id}",))

        if decision == "none":
            return self._store.change(snapshot.contact, make)
        stop = Stop(snapshot.contact, review.brand, review.channels, review.via, f"review:{review_id}", review.at, by)
        return self._kept(stop, lambda: self._store.change(snapshot.contact, make, Once(f"stop:{stop.key}")))

    def reviews(self, overdue_only: bool = False) -> list[dict[str, object]]:
        """The messages that wait for a human, oldest first, with their words and the masked contact."""
        waiting = self._store.due("review", self._clock() if overdue_only else None)
        return [found for id_, due in waiting if (found := self._review(id_, due))]

    def _started(self, message: Message, lang: str) -> Understood:
        """A START is never journalled: with the store away the person is asked to send it again."""
        try:
            return self._start(message, lang)
        except StoreUnavailable:
            return Understood("again", lang, message.brand, frozenset({message.channel}))

    def _start(self, message: Message, lang: str) -> Understood:
        self._settled()
        now = self._clock()
        said = min(message.at or now, now)
        channel = message.channel

        def make(facts: Facts, _partition: Partition) -> Draft:
            covering = [
                it for it in self._today(facts).opt_outs if channel in it.channels and _reaches(message.brand, it.brand)
            ]
            if any(it.latest > said for it in covering):
                return Draft(Heard(now, PERSON, message.brand, channel, "late_start"), {"what": "late"})
            if not covering:
                return Draft(Heard(now, PERSON, message.brand, channel, "start"), {"what": "started"})
            reopening = Reopening(message.brand, channel, said, facts.revision + 1)
            return Draft(OptedIn(now, PERSON, reopening), {"what": "started"}, {"words": message.text})

        receipt = self._store.change(message.contact, make, Once(f"start:{message.key}", days=FOREVER))
        return Understood(
            receipt.answer["what"], lang, message.brand, frozenset({channel}), receipt.repeated, receipt.event_id
        )

    def _doubt(self, message: Message, intent: Intent, lang: str) -> Understood:
        """Pauses the contact until a human decided, and asks back, once."""
        now = self._clock()

        def make(facts: Facts, partition: Partition) -> Draft:
            words = {"words": message.text, "why": list(intent.why), "lang": lang}
            if any(it.brand == message.brand for it in facts.reviews):
                return Draft(Heard(now, PERSON, message.brand, message.channel, "unsure"), {"what": "nothing"}, words)
            review = Review(
                new_id("rev", partition), message.brand, _channels(intent), now, now + REVIEW_TERM, message.channel
            )
            due = {f"review|{review.id}": review.due}
            return Draft(ReviewOpened(now, PERSON, review), {"what": "asked"}, words, ids=(review.id,), due=due)

        receipt = self._store.change(message.contact, make, Once(f"doubt:{message.key}"))
        return Understood(
            receipt.answer["what"], lang, message.brand, _channels(intent), receipt.repeated, receipt.event_id
        )

    def _erasure(self, message: Message, lang: str) -> Understood:
        receipt = self.stop(message)
        now = self._clock()

        def make(_facts: Facts, partition: Partition) -> Draft:
            request = Request(
                new_id("req", partition), "erasure", message.brand, now, now + REQUEST_TERM, message.channel
            )
            due = {f"request|{request.id}": request.due}
            return Draft(
                RequestOpened(now, PERSON, request), private={"words": message.text}, ids=(request.id,), due=due
            )

        self._store.change(message.contact, make, Once(f"erasure:{message.key}"))
        return Understood("erasure", lang, message.brand, ALL_CHANNELS, receipt.repeated, receipt.event_id)

    def _note(self, message: Message, intent: Intent, what: What, lang: str) -> Understood:
        """Keeps words that change nothing, so that none is lost; a wrong number goes on the company's list of that name."""
        now = self._clock()

        def make(_facts: Facts, partition: Partition) -> Draft:
            words = {"words": message.text} if message.text else None
            if intent.wrong_number and what == "nothing" and message.contact.kind is Kind.PHONE:
                block = Block(new_id("blk", partition), "wrong-number", message.brand, ALL_CHANNELS, now)
                return Draft(Blocked(now, PERSON, block), private=words, ids=(block.id,))
            return Draft(Heard(now, PERSON, message.brand, message.channel, what), private=words)

        receipt = self._store.change(message.contact, make, Once(f"heard:{message.key}"))
        return Understood(what, lang, message.brand, ALL_CHANNELS, receipt.repeated, receipt.event_id)

    def _review(self, id_: str, due: datetime) -> dict[str, object] | None:
        try:
            snapshot = self._store.find(id_)
        except NotFound:
            return None
        review = next((it for it in snapshot.facts.reviews if it.id == id_), None)
        if review is None:
            return None
        return {
            "id": id_, "contact": snapshot.contact.masked, "brand": review.brand, "channels": sorted(review.channels),
            "via": review.via, "at": review.at, "due": due, **self._store.private_of(snapshot, id_),
        }  # fmt: skip


class Reading(NamedTuple):
    """A message as it was understood: what it asks for, the language of the answer, the brand and the channels it reaches."""

    intent: Intent
    label: str
    lang: str
    brand: str
    channels: frozenset[Channel]


def stopped(it: Reading, receipt: Receipt) -> Understood:
    """What a STOP came to."""
    return Understood("stopped", it.lang, it.brand, it.channels, receipt.repeated, receipt.event_id)


def _standing(facts: Facts, brand: str, channels: frozenset[Channel]) -> OptOut | None:
    """The opt-out on file that says the same or more, if nothing recorded since might have reopened it."""
    reopened = max((
        *(it.revision for it in facts.reopenings), *(it.revision for it in facts.permissions if it.basis == "consent"),
        *(it.revision or 0 for it in facts.lifts), 0,
    ))  # fmt: skip
    for it in facts.opt_outs:
        if it.brand in (brand, ALL_BRANDS) and channels <= it.channels and it.revision > reopened:
            return it
    return None


def _review_in(facts: Facts, review_id: str) -> Review:
    for it in facts.reviews:
        if it.id == review_id:
            return it
    raise NotFound(f"review {review_id} is decided already")


def _always(draft: Draft) -> Callable[[Facts, Partition], Draft]:
    """A change that depends on nothing on file."""
    return lambda _facts, _partition: draft


def _reaches(door: str, brand: str) -> bool:
    """A START at a brand's door reopens that brand's opt-outs, and for that brand the ones of all brands."""
    return brand in (door, ALL_BRANDS)


def _channels(intent: Intent) -> frozenset[Channel]:
    return frozenset(channel for name in intent.scope for channel in MEDIA[name]) or ALL_CHANNELS


def _medium(channel: Channel) -> str:
    return "chat" if channel in CHATS else str(channel)
