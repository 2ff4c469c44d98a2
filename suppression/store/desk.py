"""The front desk of the store: who asks, and how often, is looked at in the round trip that takes the question down."""

import hmac
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, NamedTuple

from suppression.contact import Contact
from suppression.errors import ForeignStore, StoreUnavailable
from suppression.store import keys, limits
from suppression.store.connect import Call, Client, Script, translated
from suppression.store.guard import still_ours
from suppression.store.limits import Look, Take
from suppression.store.store import Asked, Store, decode_facts, event_id


class Found(NamedTuple):
    """What the desk found: the key's record as stored (empty: unknown, or none was shown), and the seconds to wait (0: go on)."""

    record: bytes
    wait: float


class Ask(NamedTuple):
    """One question at the desk: who asks and what it takes of which limits, about whom, and what is put on record."""

    look: Look
    contact: Contact
    fingerprint: str
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
        return self.look_up_each([Look(digest, origin, takes)])[0]

    def look_up_each(self, looks: Sequence[Look]) -> list[Found]:
        """As look_up for each, all in one round trip."""
        with translated():
            [found] = self._lane.run([(self._limits, *limits.arguments(looks))])
        return [Found(*limits.read(it)) for it in found]

    def look_up_and_ask(self, asks: Sequence[Ask]) -> list[tuple[Found, Asked] | StoreUnavailable]:
        """Both for each, all in one round trip; an answer is the caller's only if the key is good, the question stays on record.

        What the server refuses is told in its place; the others are answered.
        """
        numbers = [keys.of_fingerprint(it.fingerprint).number for it in asks]
        look: Call = (self._limits, *limits.arguments([it.look for it in asks]))
        with translated():
            found, *answers = self._lane.replies([look, *map(self._put, numbers, asks)], self._wait_for_disk())
        if isinstance(found, Exception):
            return [StoreUnavailable(f"the store refused: {found}") for _ in asks]
        return [_answer(*it) for it in zip(numbers, found, answers, strict=True)]

    def _put(self, number: int, ask: Ask) -> Call:
        return self._ask, *self._ask_call(number, [(ask.fingerprint, ask.contact, ask.leaf)])


def _answer(number: int, found: Any, asked: Any) -> tuple[Found, Asked] | StoreUnavailable:
    if isinstance(asked, Exception):
        return StoreUnavailable(f"the store refused: {asked}")
    [[id_, _revision, facts]] = asked
    return Found(*limits.read(found)), Asked(event_id("vrd", number, id_), decode_facts(facts))
