"""The answer to "may I contact them?", and the attempts that follow it.

A plain check is one round trip; a reserving one reads, decides, and commits only if nothing moved meanwhile, else again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from suppression.contact import Contact, parse_sender
from suppression.errors import InvalidRequest, NotFound
from suppression.history import Asked, AttemptClosed, Attempted
from suppression.policy import decide, policy_of, registries_for
from suppression.records import Attempt, Audience, Channel, Facts, Outcome, Question, Verdict, rfc3339
from suppression.retention import Keeper
from suppression.service.base import Verbs
from suppression.store.entries import Entry
from suppression.store.keys import Partition
from suppression.store.store import Draft, Once, Receipt, new_id

RESERVED = "r"  # ends the id of a verdict that stands in the ledger itself, with its reservation
RELEASE_TERM = timedelta(hours=2)  # a reservation not confirmed by then counts as an attempt all the same


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked, apart from whom: channel, brand, audience, purpose, instant, agent, language of the reasons.

    `caller` is the third party that makes the contact for the brand, by the name that its consents give it.
    """

    channel: Channel = Channel.VOICE
    brand: str | None = None
    audience: Audience = "consumer"
    purpose: str | None = None
    at: datetime | None = None
    agent: str = ""
    region: str | None = None
    lang: str = "fr"
    caller: str | None = None
    automated: bool = False


class Checks(Verbs):
    """Verdicts and attempts."""

    def check(self, contact: str, terms: Terms) -> Verdict:
        """May this contact be reached? An unreadable one is a deny. Raises UnknownBrand, StoreUnavailable."""
        return self.check_many([contact], terms)[0]

    def check_many(self, contacts: Sequence[str], terms: Terms) -> list[Verdict]:
        """One verdict per contact, in order, each with its question on file."""
        self._settled()
        questions = [self._question(it, terms) for it in contacts]
        asked = [self._asked(it) for it in questions]
        answers = self._store.ask(questions, [msgspec.json.encode(it) for it in asked])
        return [
            msgspec.structs.replace(self._decide(answer.facts, question, it, terms.lang), id=answer.id)
            for answer, question, it in zip(answers, questions, asked, strict=True)
        ]

    def reserve(self, contact: str, terms: Terms) -> Verdict:
        """A check that takes one of the permitted attempts if it says allow; the reservation's id comes with the verdict."""
        if terms.at is not None:
            raise InvalidRequest(
                "reserve asks about now", ({"field": "at", "problem": "cannot be given with reserve"},)
            )
        self._settled()
        question = self._question(contact, terms)
        asked = self._asked(question)
        decided: list[Verdict] = []

        def make(facts: Facts, partition: Partition) -> Draft:
            decided[:] = [self._decide(facts, question, asked, terms.lang)]
            if not decided[0].allowed:
                raise _DeniedError
            it = Attempt(
                new_id("rsv", partition), question.brand, question.channel, question.at, "reserved", terms.agent
            )
            carried_by = self._carrier(facts, question, decided[0].basis)
            event = Attempted(question.asked_at, terms.agent, it, asked, carried_by)
            return Draft(event, {"id": it.id}, ids=(it.id,))

        while True:
            try:
                receipt = self._store.change(question.contact, make)
            except _DeniedError:
                verdict = self.check(contact, terms)
                if not verdict.allowed:
                    return verdict
            else:
                id_ = receipt.event_id.replace("evt_", "vrd_") + RESERVED
                return msgspec.structs.replace(decided[0], id=id_, reservation=receipt.answer["id"])

    def past_verdict(self, verdict_id: str, lang: str = "fr") -> Verdict:
        """A past verdict, made again from its question, the facts of that instant and the rules of that day.

        Raises NotFound, and LedgerBroken where those rules are not kept any more.
        """
        entry, asked, facts = self._ledger.question(verdict_id)
        snapshot = self._store.by_cid(entry.partition, entry.head.cid)
        if snapshot is None:
            raise NotFound("the contact of this verdict was erased; its proof can still be verified")
        question, rules = asked.question(snapshot.contact), self._lawbooks.of(asked.rules)
        verdict = decide(self._today(facts), question, rules, question.at, asked.listings, lang=lang)
        return msgspec.structs.replace(
            verdict, id=verdict_id, rules=asked.rules, reservation=reservation_of(verdict_id, entry)
        )

    def attempt(  # noqa: PLR0913 -- the facts of an attempt
        self, contact: Contact, channel: Channel, outcome: Outcome, *, brand: str, at: datetime | None = None,
        agent: str = "", key: str = "",
    ) -> Receipt:  # fmt: skip
        """Records an attempt made elsewhere, answered or not. Raises InvalidRequest for an instant in the future."""
        now = self._clock()
        if at and at > now + timedelta(minutes=5):
            raise InvalidRequest(
                "an attempt cannot lie in the future", ({"field": "at", "problem": "lies in the future"},)
            )

        country = self.brands[brand].country if brand in self.brands.by_key else self._region
        question = Question(contact, channel, brand, at or now, now, agent=agent, country=country)

        def make(facts: Facts, partition: Partition) -> Draft:
            it = Attempt(new_id("att", partition), brand, channel, at or now, outcome, agent)
            answer = {"id": it.id, "brand": brand, "channel": channel, "at": rfc3339(it.at), "outcome": outcome}
            return Draft(Attempted(now, agent, it, carried_by=self._carrier(facts, question)), answer, ids=(it.id,))

        request = f"attempt {contact} {channel} {outcome} {brand} {at}"
        return self._store.change(contact, make, Once(f"attempt:{key}", request) if key else None)

    def confirm(self, reservation_id: str, outcome: Outcome, by: str) -> Receipt:
        """The reserved call was made, with this outcome."""
        return self._close(reservation_id, outcome, by)

    def release(self, reservation_id: str, by: str) -> Receipt:
        """The reserved call was not made and does not count; only within two hours, after which it counts all the same."""
        return self._close(reservation_id, None, by)

    def _close(self, reservation_id: str, outcome: Outcome | None, by: str) -> Receipt:
        contact, now = self._store.find(reservation_id).contact, self._clock()

        def make(facts: Facts, _partition: Partition) -> Draft:
            attempt = next((it for it in facts.attempts if it.id == reservation_id), None)
            if attempt is None or attempt.outcome != "reserved":
                raise NotFound(f"reservation {reservation_id} is settled already")
            if outcome is None and now >= attempt.at + RELEASE_TERM:
                raise InvalidRequest("a reservation counts after two hours and cannot be released any more")
            return Draft(
                AttemptClosed(now, by, reservation_id, outcome),
                {"id": reservation_id, "outcome": outcome or "released"},
            )

        return self._store.change(contact, make, Once(f"close:{reservation_id}", outcome or "released"))

    def _question(self, contact: str, terms: Terms) -> Question:
        now = self._clock()
        brand = self.brands.named(terms.brand)
        return Question(
            parse_sender(contact, terms.region or self._region), terms.channel, brand, terms.at or now, now, terms.audience,
            terms.purpose, terms.agent, self.brands[brand].country, self.brands[brand].consent == "elsewhere",
            terms.caller, terms.automated,
        )  # fmt: skip

    def keep_rules(self) -> None:
        """Keeps today's rules for as long as their verdicts; no question is taken before. Raises ArchiveUnavailable."""
        self._lawbooks.keep()

    def _asked(self, question: Question) -> Asked:
        self.keep_rules()
        names = registries_for(question, self._rules)
        listings = self._registries.listings(question.contact, names) if names else ()
        return Asked(
            question.asked_at, question.at, question.channel, question.brand, policy_of(question, self._rules), question.country,
            question.audience, question.purpose, question.agent, question.consent_elsewhere, listings, self._rules.digest,
            question.caller, question.automated,
        )  # fmt: skip

    def _carrier(self, facts: Facts, question: Question, basis: str | None = None) -> str:
        """The permission that an attempt used: in some countries its proof is kept from each use."""
        return Keeper(self._rules, lambda _brand: question.country, question.asked_at).carrier(facts, question, basis)

    def _decide(self, facts: Facts, question: Question, asked: Asked, lang: str) -> Verdict:
        return decide(self._today(facts), question, self._rules, question.at, asked.listings, lang=lang)


def reservation_of(verdict_id: str, entry: Entry) -> str | None:
    """The id of the reservation that stands in a verdict's line; None of a plain check."""
    event = entry.event if verdict_id.endswith(RESERVED) else None
    return event.attempt.id if isinstance(event, Attempted) else None


class _DeniedError(Exception):
    """Leaves the commit loop of a reservation that is not to be."""
