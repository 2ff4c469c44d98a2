"""Routes that answer: check, batch, past verdicts, reservations, attempts."""

from flask import Response, request
from flask_openapi.blueprint import APIBlueprint

from suppression.service import ApiKey, Service, Terms
from suppression.service.showing import shown
from web import guards, reading
from web.api import answers
from web.api.docs import BATCH_ANSWER, ONCE, PAST_ANSWER, VERDICT_ANSWER, described
from web.api.models import AttemptBody, BatchBody, CheckBody, ConfirmBody, PastQuery
from web.metrics import Metrics


def mount(api: APIBlueprint, service: Service, metrics: Metrics) -> None:
    """Adds the routes to the API."""
    _mount_checks(api, service, metrics)
    _mount_attempts(api, service)


def _mount_checks(api: APIBlueprint, service: Service, metrics: Metrics) -> None:
    def answer(body: CheckBody) -> Response:
        asked = terms(body, service, guards.key(), _wished())
        service.take_contact(guards.caller(), body.contact, asked)
        verdict = service.reserve(body.contact, asked) if body.reserve else service.check(body.contact, asked)
        metrics.verdict(verdict)
        return answers.verdict(verdict)

    @api.post("/v1/check", **described(CheckBody, answer=VERDICT_ANSWER))
    def check() -> Response:
        """May this contact be reached?"""
        return answer(reading.body(CheckBody))

    @api.get("/v1/check", **described(query=CheckBody, answer=VERDICT_ANSWER))
    def check_get() -> Response:
        """The same, from a query string."""
        return answer(reading.query(CheckBody))

    @api.post("/v1/check/batch", **described(BatchBody, answer=BATCH_ANSWER))
    def check_batch() -> Response:
        """The same about up to 10,000 contacts, in order."""
        body = reading.body(BatchBody)
        service.take(guards.caller(), len(body.contacts))
        asked = terms(body, service, guards.key(), _wished())
        verdicts = service.check_many([_text(it) for it in body.contacts], asked)
        for it in verdicts:
            metrics.verdict(it)
        return answers.json_of({"results": [shown(it) for it in verdicts]})


def _mount_attempts(api: APIBlueprint, service: Service) -> None:
    @api.get("/v1/verdicts/<id_>", **described(query=PastQuery, answer=PAST_ANSWER))
    def verdict(id_: str) -> Response:
        """A past verdict, recomputed from the ledger, and its proof once sealed."""
        past = service.proven_verdict(id_, reading.language(reading.query(PastQuery).lang, _wished()))
        brand = past.asked.brand
        guards.within_reach(guards.key(), service.brands.renamed.get(brand, brand))
        return answers.json_of(past.shown)

    @api.post("/v1/attempts", **described(AttemptBody, parameters=[ONCE], status=201))
    def attempt() -> Response:
        """An attempt made elsewhere, answered or not."""
        body = reading.body(AttemptBody)
        brand = guards.within_reach(guards.key(), service.brands.named(body.brand))
        contact = service.contact(body.contact, body.region)
        receipt = service.attempt(
            contact, body.channel, body.outcome, brand=brand, at=body.at, agent=body.agent or guards.key().name,
            key=guards.once(),
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


def terms(body: CheckBody | BatchBody, service: Service, key: ApiKey, wished: str) -> Terms:
    """What a body asks, within the reach of a key; `wished` is the Accept-Language header. Raises UnknownBrand, Forbidden."""
    brand = guards.within_reach(key, service.brands.named(body.brand))
    lang = reading.language(body.lang, wished)
    return Terms(
        body.channel,
        brand,
        body.audience,
        body.purpose,
        body.at,
        body.agent or key.name,
        body.region,
        lang,
        body.caller,
        body.automated,
    )


def _wished() -> str:
    return request.headers.get("Accept-Language", "")


def _text(given: object) -> str:
    return given if isinstance(given, str) else str(given) if isinstance(given, int) else ""
