"""The way of the hottest requests past Flask: plain `POST /v1/check`s that arrive at the same time are put to the store together.

A door decides nothing of its own: what it cannot read at a glance (another form, a reservation, any mistake) goes on to the route
of the same name, which tells the caller what is wrong. Guard, limits and verdict are one verb of the service.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import msgspec

from suppression.errors import InvalidRequest, StoplisteError, Unauthenticated
from suppression.records import Verdict
from suppression.service import ApiKey, Caller, Check, Service, Terms
from suppression.service.showing import shown
from web import guards, problems, reading
from web.api import checks
from web.api.models import CheckBody
from web.environ import Answer, Scope, address_of
from web.headers import SAFETY
from web.metrics import Metrics

LONGEST = 8_192  # bytes; a longer question has something odd in it
ANYTHING = frozenset({"", "*/*", "application/json"})
HEADERS = [("Content-Type", "application/json"), *SAFETY]


class _Asked(NamedTuple):
    """A check as its sender wrote it."""

    body: CheckBody
    key: str
    scope: Scope


class CheckDoor:
    """Answers plain checks."""

    def __init__(self, service: Service, metrics: Metrics) -> None:
        self._service = service
        self._metrics = metrics

    def takes(self, scope: Scope, length: int | None) -> bool:
        """Whether a request looks like a plain check, as far as its head tells."""
        return is_plain(scope, length)

    def answers(self, requests: Sequence[tuple[Scope, bytes]]) -> list[Answer | None]:
        """The answer to each plain check, in order; None where the route must look at it."""
        asked = [_read(*it) for it in requests]
        verdicts = iter(self._service.check_each([self._check(it) for it in asked if it]))
        return [self._answer(next(verdicts)) if it else None for it in asked]

    def _check(self, asked: _Asked) -> Check:
        caller = Caller(asked.key, address_of(asked.scope), guards.ROLES["check"])
        wished = asked.scope.headers.get("accept-language", "")
        return Check(caller, asked.body.contact, partial(self._terms, asked.body, wished))

    def _terms(self, body: CheckBody, wished: str, key: ApiKey) -> Terms:
        return checks.terms(body, self._service, key, wished)

    def _answer(self, said: Verdict | Exception) -> Answer:
        if isinstance(said, Exception):
            return refusal(self._metrics, "api.check", said)
        self._metrics.verdict(said)
        self._metrics.request("api.check", "POST", 200)
        return 200, HEADERS, msgspec.json.encode(shown(said))


def refusal(metrics: Metrics, endpoint: str, why: Exception) -> Answer:
    """What went wrong with one request, counted and worded as the route of that name would."""
    it = problems.of_error(why) if isinstance(why, StoplisteError) else problems.of_bug(why, endpoint)
    metrics.request(endpoint, "POST", it.status_code)
    metrics.error(it.code)
    return problems.as_answer(it)


def is_plain(scope: Scope, length: int | None, kind: str = "application/json") -> bool:
    """Whether a request looks plain, as far as its head tells: a short body of that kind, by POST, no wishes about the answer."""
    header = scope.headers.get
    return (
        length is not None and 0 < length <= LONGEST
        and scope.method == "POST"
        and header("content-type", "") == kind
        and header("accept", "") in ANYTHING
        and "content-encoding" not in scope.headers
        and "transfer-encoding" not in scope.headers
    )  # fmt: skip


def _read(scope: Scope, raw: bytes) -> _Asked | None:
    try:
        body, key = reading.model_of(CheckBody, raw), guards.bearer(scope.headers.get("authorization", ""))
    except (InvalidRequest, Unauthenticated):
        return None
    return None if body.reserve else _Asked(body, key, scope)
