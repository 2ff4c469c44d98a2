"""At the door: is the key good, does it reach so far, is it not too often; and the check that asks all of it in one round trip."""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import NamedTuple

import msgspec

from suppression.contact import Contact, parse_sender
from suppression.errors import Forbidden, StoplisteError, StoreUnavailable, TooMany, Unauthenticated
from suppression.history import Asked
from suppression.records import Question, Verdict
from suppression.service.access import Access, require
from suppression.service.base import Parts
from suppression.service.checks import Checks, Terms
from suppression.service.crowd import Crowd
from suppression.store import limits
from suppression.store.credentials import ApiKey, decode_key, is_persons
from suppression.store.desk import Ask, Found
from suppression.store.journal import Stop
from suppression.store.limits import Look, Take
from suppression.store.store import Asked as Answer
from suppression.store.store import Receipt

MOST_SEEN = 1_000  # keys remembered by a process; beyond it the memory starts anew


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody at the door: the key shown, the address it came from, and the roles that may pass (an admin always may)."""

    key: str = field(repr=False)
    address: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Check:
    """One check at the door: who asks, about whom, and the terms, once it is known whose key it is."""

    caller: Caller
    contact: str
    terms: Callable[[ApiKey], Terms]


@dataclass(frozen=True, slots=True)
class Said:
    """One STOP at the door: who brings it, and what it is, once it is known whose key it is."""

    caller: Caller
    stop: Callable[[ApiKey], Stop]


class _Prepared(NamedTuple):
    """A check that is ready to be put to the store."""

    caller: Caller
    record: ApiKey
    question: Question
    asked: Asked
    lang: str
    ask: Ask


class Entry(Crowd, Checks, Access):
    """Who may come in, and how often."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._seen: dict[str, tuple[bytes, ApiKey]] = {}
        self._noted: dict[str, str] = {}

    def admit(self, caller: Caller, wanted: int = 1) -> ApiKey:
        """The record of a caller's key, `wanted` taken from its limit; 0 (a STOP) is never too often.

        Raises Unauthenticated, Forbidden, TooMany, StoreUnavailable.
        """
        digest = self._credentials.digest(caller.key)
        takes = (self._of_key(caller, digest, wanted),) if wanted else ()
        found = self._store.look_up(digest, self._store.origin_of(caller.address), takes)
        return self._let_in(caller, digest, found if wanted else Found(found.record, 0))

    def check_once(self, caller: Caller, contact: str, terms: Callable[[ApiKey], Terms]) -> Verdict:
        """Admits a caller and answers one check, in one round trip where this process has seen the key before.

        What was remembered of the key is good only if the store shows the very same record now: a revoked one is refused at
        once, and its question's answer is thrown away. After any refusal a key is looked at before it may ask again.
        """
        [answer] = self.check_each([Check(caller, contact, terms)])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def check_each(self, checks: Sequence[Check]) -> list[Verdict | Exception]:
        """As check_once for each, in order, all in one round trip; what is wrong with one is its own answer and nobody else's."""
        try:
            self._settled()
        except StoplisteError as why:
            return [why for _ in checks]
        ready = [self._prepared(it) for it in checks]
        good = [it for it in ready if isinstance(it, _Prepared)]
        try:
            found = iter(self._store.look_up_and_ask([it.ask for it in good]) if good else [])
        except StoreUnavailable as away:
            return [away if isinstance(it, _Prepared) else it for it in ready]
        return [self._finished(it, next(found)) if isinstance(it, _Prepared) else it for it in ready]

    def _prepared(self, check: Check) -> _Prepared | Exception:
        caller = check.caller
        try:
            digest = self._credentials.digest(caller.key)
            seen = self._seen.get(digest)
            record = self._reached(caller, seen[1]) if seen else self.admit(caller)
            said = check.terms(record)
            question = self._question(check.contact, said)
            asked = self._asked(question)
        except Exception as why:  # a fault of one answers that one, not all who ask at the same time
            return why
        fingerprint = self._store.keyring.fingerprint(question.contact)
        takes = [self._of_contact(digest, fingerprint), *([self._of_key(caller, digest, 1)] if seen else [])]
        look = Look(digest, self._store.origin_of(caller.address), takes)
        ask = Ask(look, question.contact, fingerprint, msgspec.json.encode(asked))
        return _Prepared(caller, record, question, asked, said.lang, ask)

    def _finished(self, it: _Prepared, reply: tuple[Found, Answer] | StoreUnavailable) -> Verdict | Exception:
        if isinstance(reply, StoreUnavailable):
            return reply
        found, answer = reply
        try:
            if self._let_in(it.caller, it.ask.look.digest, found) != it.record:
                return Unauthenticated("this key has changed; show it again")
            return msgspec.structs.replace(self._decide(answer.facts, it.question, it.asked, it.lang), id=answer.id)
        except Exception as why:  # as above
            return why

    def stop_each(self, said: Sequence[Said]) -> list[Receipt | Exception]:
        """Admits each caller and records their STOPs together; what is wrong with one is its own answer and nobody else's."""
        callers = [it.caller for it in said]
        looks = [Look(self._credentials.digest(it.key), self._store.origin_of(it.address)) for it in callers]
        try:
            found = self._store.look_up_each(looks) if looks else []
        except StoreUnavailable as away:
            return [away for _ in said]
        read = [self._stop_at_door(*it) for it in zip(said, looks, found, strict=True)]
        receipts = iter(self.opt_out_each([it for it in read if isinstance(it, Stop)]))
        return [next(receipts) if isinstance(it, Stop) else it for it in read]

    def _stop_at_door(self, said: Said, look: Look, found: Found) -> Stop | Exception:
        try:  # a STOP is never too often
            return said.stop(self._let_in(said.caller, look.digest, Found(found.record, 0)))
        except Exception as why:  # as above
            return why

    def take(self, caller: Caller, wanted: int) -> None:
        """Takes more from a key's limit: a batch asks about many. Raises TooMany."""
        digest = self._credentials.digest(caller.key)
        self._taken([self._of_key(caller, digest, wanted)])

    def take_contact(self, caller: Caller, contact: str, terms: Terms) -> None:
        """Takes one from what a key may ask about one contact. Raises TooMany."""
        who = parse_sender(contact, terms.region or self._region)
        self._taken([self._of_contact(self._credentials.digest(caller.key), self._store.keyring.fingerprint(who))])

    def afford(self, contact: Contact, address: str) -> None:
        """Before what costs money and disturbs a person (a code by SMS). Raises TooMany, StoreUnavailable: then nothing is sent."""
        person, origin = self._store.keyring.fingerprint(contact), self._store.origin_of(address)
        self._taken([Take("paid", person, limits.PAID_CONTACT), Take("paid-from", origin, limits.PAID_ADDRESS)])

    def _taken(self, takes: Sequence[Take]) -> None:
        wait = self._store.look_up("", "", takes).wait
        if wait:
            raise TooMany("too many at once", math.ceil(wait))

    def _let_in(self, caller: Caller, digest: str, found: Found) -> ApiKey:
        """The record that was found, if all is well with it; else the key is forgotten."""
        try:
            record = self._recognised(digest, found)
            self._reached(caller, record)
            if found.wait:
                raise TooMany("too many requests with this key, or about this contact", math.ceil(found.wait))
        except StoplisteError:
            self._seen.pop(digest, None)
            raise
        self._note_use(record)
        return record

    def _recognised(self, digest: str, found: Found) -> ApiKey:
        if not found.record:
            if found.wait:
                raise TooMany("too many unknown keys from this address", math.ceil(found.wait))
            self._store.ping()  # an emptied store knows nobody: that is its failure, not the caller's
            raise Unauthenticated("this key is unknown or revoked")
        seen = self._seen.get(digest)
        if seen and seen[0] == found.record:
            return seen[1]
        if len(self._seen) >= MOST_SEEN:
            self._seen.clear()
        record = decode_key(found.record)
        self._seen[digest] = (found.record, record)
        return record

    def _reached(self, caller: Caller, record: ApiKey) -> ApiKey:
        """The record, if it is in force, for this address and this role."""
        if record.expires_at and record.expires_at <= self._clock():
            raise Unauthenticated("this key has expired")
        if record.networks and not _within(caller.address, record.networks):
            raise Forbidden("this key may not be used from here")
        require(record, caller.roles)
        return record

    def _note_use(self, record: ApiKey) -> None:
        now = self._clock()
        minute = now.isoformat(timespec="minutes")
        if self._noted.get(record.id) != minute:
            self._noted[record.id] = minute
            with suppress(StoreUnavailable):  # nobody is turned away because a date could not be written
                self._credentials.used(record, now)

    def _of_key(self, caller: Caller, digest: str, wanted: int) -> Take:
        return Take("key", digest, limits.PERSON if is_persons(caller.key) else limits.MACHINE, wanted)

    def _of_contact(self, digest: str, fingerprint: str) -> Take:
        """Per key: one program's loop silences nobody else's question."""
        return Take("contact", f"{digest[:8]}{fingerprint}", limits.CONTACT)


def _within(address: str, networks: Sequence[str]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None) or found  # an IPv4 caller of a server that listens on ::
    return any(mapped in ip_network(it, strict=False) for it in networks)
