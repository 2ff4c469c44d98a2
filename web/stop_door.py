"""The way of plain `POST /v1/optouts` past Flask: those that arrive at the same time share the syncs of journal and Redis."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import msgspec

from suppression.contact import Contact
from suppression.errors import InvalidRequest, KeptNotInEffect, StoplisteError
from suppression.service import ApiKey, Caller, Receipt, Said, Service, Stop, channels_of
from web import guards, reading
from web.api.models import OptOutBody
from web.door import HEADERS, is_plain, refusal
from web.environ import Answer, Scope, address_of
from web.metrics import Metrics

ENDPOINT = "api.opt_out"
KEY_HEADER = "idempotency-key"


class _Asked(NamedTuple):
    """An opt-out as its sender wrote it."""

    body: OptOutBody
    contact: Contact
    key: str
    once: str
    scope: Scope


class StopDoor:
    """Takes plain opt-outs; what it cannot read at a glance goes on to the route, which tells the caller what is wrong."""

    def __init__(self, service: Service, metrics: Metrics) -> None:
        self._service = service
        self._metrics = metrics

    def takes(self, scope: Scope, length: int | None) -> bool:
        """Whether a request looks like a plain opt-out, as far as its head tells."""
        return is_plain(scope, length) and len(scope.headers.get_all(KEY_HEADER)) < 2

    def answers(self, requests: Sequence[tuple[Scope, bytes]]) -> list[Answer | None]:
        """The answer to each, in order; None where the route must look at it."""
        asked = [self._read(*it) for it in requests]
        receipts = iter(self._service.stop_each([self._said(it) for it in asked if it]))
        return [self._answer(it, next(receipts)) if it else None for it in asked]

    def _read(self, scope: Scope, raw: bytes) -> _Asked | None:
        header = scope.headers.get
        try:
            body, key = reading.model_of(OptOutBody, raw), guards.bearer(header("authorization", ""))
            once = reading.idempotency_key(header(KEY_HEADER, ""))
            return _Asked(body, self._service.contact(body.contact, body.region), key, once, scope)
        except (InvalidRequest, StoplisteError):
            return None

    def _said(self, asked: _Asked) -> Said:
        caller = Caller(asked.key, address_of(asked.scope), guards.ROLES["opt_out"])
        return Said(caller, partial(self._stop, asked))

    def _stop(self, asked: _Asked, key: ApiKey) -> Stop:
        body = asked.body
        brand = guards.within_reach(key, self._service.brands.named(body.brand, or_all=True))
        return self._service.stop_of(
            asked.contact, brand, channels_of(body.channels), body.via, key=guards.once_of(key, asked.once),
            at=body.occurred_at, words=body.words, by=key.name,
        )  # fmt: skip

    def _answer(self, asked: _Asked, found: Receipt | Exception) -> Answer:
        if isinstance(found, KeptNotInEffect):
            self._metrics.request(ENDPOINT, "POST", 202)
            kept = {"contact": str(asked.contact), "code": found.code, "detail": str(found)}
            return 202, HEADERS, msgspec.json.encode(kept)
        if isinstance(found, Exception):
            return refusal(self._metrics, ENDPOINT, found)
        self._metrics.opt_out(asked.body.via)
        self._metrics.request(ENDPOINT, "POST", 201)
        recorded = {**found.answer, "contact": str(asked.contact), "event": found.event_id}
        return 201, HEADERS, msgspec.json.encode(recorded)
