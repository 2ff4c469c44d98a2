"""The front desk of the store: who asks, and how often, is looked at in the round trip that takes the question down."""

import hmac
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, NamedTuple

from suppression.errors import ForeignStore
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

    def look_up_and_ask(
        self, digest: str, origin: str, takes: Sequence[Take], question: Question, leaf: bytes
    ) -> tuple[Found, Asked]:
        """Both in one round trip: the answer is the caller's only if the key is good; the question stays on record either way."""
        fingerprint = self.keyring.fingerprint(question.contact)
        number = keys.of_fingerprint(fingerprint).number
        names, args = self._ask_call(number, (0,), (fingerprint,), (question,), (leaf,))
        with translated():
            calls = [self._look(digest, origin, takes), (self._ask, names, args)]
            found, [answer] = self._lane.run(calls, self._wait_for_disk())
        return Found(*limits.read(found)), Asked(event_id("vrd", number, answer[0]), decode_facts(answer[2]))

    def _look(self, digest: str, origin: str, takes: Sequence[Take]) -> Call:
        names, args = limits.arguments(digest, origin, takes)
        return self._limits, names, args
