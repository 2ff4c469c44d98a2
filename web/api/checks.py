"""Routes that answer: check, batch, past verdicts, reservations, attempts."""

from flask import Response
from flask_openapi.blueprint import APIBlueprint

from suppression.service import Service, Terms
from web import guards, reading
from web.api import answers
from web.api.docs import described
from web.api.models import AttemptBody, BatchBody, CheckBody, ConfirmBody


def mount(api: APIBlueprint, service: Service) -> None:
    """Adds the routes to the API."""

    def answer(body: CheckBody) -> Response:
        terms = _terms(body, service)
        verdict = service.reserve(body.contact, terms) if body.reserve else service.check(body.contact, terms)
        return answers.line(verdict) if answers.wants_line() else answers.json_of(answers.verdict(verdict))

    @api.post("/v1/check", **described(CheckBody))
    def check() -> Response:
        """May this contact be reached?"""
        return answer(reading.body(CheckBody))

    @api.get("/v1/check", **described(query=CheckBody))
    def check_get() -> Response:
        """The same, from a query string."""
        return answer(reading.query(CheckBody))

    @api.post("/v1/check/batch", **described(BatchBody))
    def check_batch() -> Response:
        """The same about up to 10,000 contacts, in order."""
        body = reading.body(BatchBody)
        verdicts = service.check_many([_text(it) for it in body.contacts], _terms(body, service))
        return answers.json_of({"results": [answers.verdict(it) for it in verdicts]})

    @api.get("/v1/verdicts/<id_>", **described())
    def verdict(id_: str) -> Response:
        """A past verdict, recomputed from the ledger, and its proof once sealed."""
        return answers.json_of(answers.verdict(service.past_verdict(id_)))

    @api.post("/v1/attempts", **described(AttemptBody, status=201))
    def attempt() -> Response:
        """An attempt made elsewhere, answered or not."""
        body = reading.body(AttemptBody)
        brand = guards.within_reach(service.brands.named(body.brand))
        contact = service.contact(body.contact, body.region)
        receipt = service.attempt(
            contact, body.channel, body.outcome, brand=brand, at=body.at, agent=body.agent or guards.key().name,
            key=reading.idempotency_key(),
        )  # fmt: skip
        return answers.json_of({**receipt.answer, "contact": str(contact), "event": receipt.event_id}, 201)

    @api.post("/v1/reservations/<id_>/confirm", **described(ConfirmBody))
    def confirm(id_: str) -> Response:
        """The reserved call was made."""
        body = reading.body(ConfirmBody) if reading.has_body() else ConfirmBody()
        return answers.json_of(service.confirm(id_, body.outcome, guards.key().name).answer)

    @api.post("/v1/reservations/<id_>/release", **described())
    def release(id_: str) -> Response:
        """The reserved call was not made and does not count."""
        return answers.json_of(service.release(id_, guards.key().name).answer)


def _terms(body: CheckBody | BatchBody, service: Service) -> Terms:
    brand = guards.within_reach(service.brands.named(body.brand))
    agent = body.agent or guards.key().name
    return Terms(body.channel, brand, body.audience, body.purpose, body.at, agent, body.region, body.lang)


def _text(given: object) -> str:
    return given if isinstance(given, str) else str(given) if isinstance(given, int) else ""
