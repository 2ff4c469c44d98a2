"""The front desk of the store: who asks, and how often, is looked at in the round trip that takes the question down."""

import hmac
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, NamedTuple

from suppression.errors import ForeignStore, StoreUnavailable
from suppression.records import Question
from suppression.store import keys, limits
from suppression.store.connect import Call, Client, Script, translated
from suppression.store.guard import still_ours
from suppression.store.limits import Take
from suppression.store.store import Asked, Store, decode_facts, event_id


class Found(NamedTuple):
    """What the desk found: the key's record as stored (empty: unknown, or none was shown), and the seconds to wait (0: go on)."""

    record: bytes
    wait: float


class Ask(NamedTuple):
    """One question at the desk: whose key, from where, what it takes of which limits, and what is put on record."""

    digest: str
    origin: str
    takes: Sequence[Take]
    question: Question
    leaf: bytes


class Desk(Store):
    """A store with its front desk; made of the same parts."""

    def __init__(self, client: Client, *more: Any) -> None:
        super().__init__(client, *more)
        self._limits = Script(files("suppression.store").joinpath("limits.lua").read_text())
        self._origin_key = self.keyring.derive("origin")

    def origin_of(self, address: str) -> str:
        """What stands for a network address in the limits: nobody's address lies in the store."""
        return hmac.digest(self._origin_key, address.encode(), "sha256")[:16].hex()

    def ping(self) -> None:
        """Raises StoreUnavailable unless the server answers, ForeignStore if it is not the one that we marked."""
        if not still_ours(self.client):
            raise ForeignStore("the store answers, but our mark is not in it: it was emptied, or is another one")

    def look_up(self, digest: str, origin: str, takes: Sequence[Take]) -> Found:
        """Looks at a key (an empty digest: at none) and takes from the limits, in one round trip; a stranger's `origin` pays."""
        with translated():
            [reply] = self._lane.run([self._look(digest, origin, takes)])
        return Found(*limits.read(reply))

    def look_up_and_ask(self, asks: Sequence[Ask]) -> list[tuple[Found, Asked] | StoreUnavailable]:
        """Both for each, all in one round trip; an answer is the caller's only if the key is good, the question stays on record.

        What the server refuses is told in its place; the others are answered.
        """
        calls = [call for it in asks for call in (self._look(it.digest, it.origin, it.takes), self._put(it))]
        with translated():
            replies = self._lane.replies(calls, self._wait_for_disk())
        numbers = [keys.of_fingerprint(self.keyring.fingerprint(it.question.contact)).number for it in asks]
        return [_answer(*it) for it in zip(numbers, replies[::2], replies[1::2], strict=True)]

    def _put(self, ask: Ask) -> Call:
        fingerprint = self.keyring.fingerprint(ask.question.contact)
        number = keys.of_fingerprint(fingerprint).number
        return self._ask, *self._ask_call(number, (0,), (fingerprint,), (ask.question,), (ask.leaf,))

    def _look(self, digest: str, origin: str, takes: Sequence[Take]) -> Call:
        names, args = limits.arguments(digest, origin, takes)
        return self._limits, names, args


def _answer(number: int, found: Any, asked: Any) -> tuple[Found, Asked] | StoreUnavailable:
    for it in (found, asked):
        if isinstance(it, Exception):
            return StoreUnavailable(f"the store refused: {it}")
    [[id_, _revision, facts]] = asked
    return Found(*limits.read(found)), Asked(event_id("vrd", number, id_), decode_facts(facts))
