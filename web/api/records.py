"""Routes that record: opt-outs, permissions, blocks, lifts, reviews, registries; and what a person may ask of us."""

from flask import Response, request
from flask_openapi.blueprint import APIBlueprint

from suppression.errors import KeptNotInEffect
from suppression.service import Service, channels_of
from web import guards, reading
from web.api import answers, rights
from web.api.docs import LINES, ONCE, REGION, described
from web.api.models import BlockBody, DecisionBody, FeedQuery, LiftBody, OptOutBody, PermissionBody, RegistryQuery
from web.metrics import Metrics

REGISTRY_BYTES = 4 * 1024**3  # the US list is 3 GB of text


def mount(api: APIBlueprint, service: Service, metrics: Metrics) -> None:
    """Adds the routes to the API."""
    _mount_opt_outs(api, service, metrics)
    _mount_suppressions(api, service)
    _mount_permissions(api, service)
    _mount_reviews(api, service)
    _mount_people(api, service)
    _mount_registries(api, service)


def _mount_opt_outs(api: APIBlueprint, service: Service, metrics: Metrics) -> None:
    @api.post("/v1/optouts", **described(OptOutBody, parameters=[ONCE], status=201))
    def opt_out() -> Response:
        """The person said STOP; a second one is a success."""
        body = reading.body(OptOutBody)
        brand = guards.within_reach(guards.key(), service.brands.named(body.brand, or_all=True))
        contact = service.contact(body.contact, body.region)
        try:
            receipt = service.opt_out(
                contact, brand, channels_of(body.channels), body.via, key=guards.once(), at=body.occurred_at,
                words=body.words, by=guards.key().name,
            )  # fmt: skip
        except KeptNotInEffect as kept:
            return answers.json_of({"contact": str(contact), "code": kept.code, "detail": str(kept)}, 202)
        metrics.opt_out(body.via)
        return answers.json_of({**receipt.answer, "contact": str(contact), "event": receipt.event_id}, 201)


def _mount_suppressions(api: APIBlueprint, service: Service) -> None:
    @api.post("/v1/blocks", **described(BlockBody, parameters=[ONCE], status=201))
    def block() -> Response:
        """The company puts a contact on a list of its own."""
        body = reading.body(BlockBody)
        brand = guards.within_reach(guards.key(), service.brands.named(body.brand, or_all=True))
        contact = service.contact(body.contact, body.region)
        receipt = service.block(
            contact, body.list, guards.key().name, brand=brand, channels=channels_of(body.channels), until=body.until,
            reason=body.reason, key=guards.once(),
        )  # fmt: skip
        return answers.json_of({**receipt.answer, "contact": str(contact), "event": receipt.event_id}, 201)

    @api.delete("/v1/blocks/<id_>", **described(status=204))
    def unblock(id_: str) -> Response:
        """Takes a block away; never touches an opt-out."""
        service.unblock(id_, guards.key().name)
        return Response(status=204)

    @api.post("/v1/lifts", **described(LiftBody, status=201))
    def lift() -> Response:
        """Asks for an opt-out to be lifted; another admin must approve."""
        body = reading.body(LiftBody)
        return answers.json_of(
            service.ask_lift(service.contact(body.contact, body.region), body.reason, guards.key().id).answer, 201
        )

    @api.post("/v1/lifts/<id_>/approve", **described())
    def approve_lift(id_: str) -> Response:
        """The second admin's half."""
        return answers.json_of(service.approve_lift(id_, guards.key().id).answer)


def _mount_permissions(api: APIBlueprint, service: Service) -> None:
    @api.post("/v1/permissions", **described(PermissionBody, parameters=[ONCE], status=201))
    def permit() -> Response:
        """Records a proven reason to contact."""
        body = reading.body(PermissionBody)
        brand = guards.within_reach(guards.key(), service.brands.named(body.brand))
        contact = service.contact(body.contact, body.region)
        receipt = service.permit(
            contact, body.basis, guards.key().name, brand=brand, channels=channels_of(body.channels), obtained_at=body.obtained_at,
            proof=body.proof, valid_until=body.valid_until, appointment=body.at, purpose=body.purpose, goods=body.goods,
            shared_with=tuple(body.shared_with), source=body.source, automated=body.automated, key=guards.once(),
        )  # fmt: skip
        warnings = [] if body.source else ["no source given: name the file or form that this permission comes from"]
        return answers.json_of(
            {**receipt.answer, "contact": str(contact), "event": receipt.event_id, "warnings": warnings}, 201
        )

    @api.delete("/v1/permissions/<id_>", **described())
    def withdraw(id_: str) -> Response:
        """Ends a permission; its proof is kept."""
        return answers.json_of(service.withdraw(id_, guards.key().name).answer)


def _mount_reviews(api: APIBlueprint, service: Service) -> None:
    @api.get("/v1/reviews", **described())
    def reviews() -> Response:
        """The messages that wait for a human, oldest first."""
        return answers.json_of({"reviews": service.reviews()})

    @api.post("/v1/reviews/<id_>", **described(DecisionBody))
    def decide_review(id_: str) -> Response:
        """Decides one: an opt-out since the day it was written, or nothing."""
        return answers.json_of(
            service.decide_review(id_, reading.body(DecisionBody).decision, guards.key().name).answer
        )


def _mount_people(api: APIBlueprint, service: Service) -> None:
    @api.get("/v1/contacts/<path:contact>", **described(parameters=[REGION]))
    def dossier(contact: str) -> Response:
        """All that is known of one contact (GDPR art. 15)."""
        return rights.dossier(service, service.contact(contact, request.args.get("region")))

    @api.delete("/v1/contacts/<path:contact>", **described(parameters=[REGION]))
    def erase(contact: str) -> Response:
        """Erasure (GDPR art. 17): all goes but the fingerprint that keeps the opt-out working."""
        return answers.json_of(
            service.erase(service.contact(contact, request.args.get("region")), guards.key().name).answer
        )

    @api.get("/v1/events", **described(query=FeedQuery))
    def events() -> Response:
        """The change feed, oldest first."""
        wanted = reading.query(FeedQuery)
        found, cursor = service.feed(wanted.after, wanted.limit)
        return answers.json_of({"events": found, "next": cursor})


def _mount_registries(api: APIBlueprint, service: Service) -> None:
    @api.put("/v1/registries/<name>", **described(query=RegistryQuery, content=LINES))
    def load_registry(name: str) -> Response:
        """Replaces a registry in one step: one number per line, or CSV."""
        request.max_content_length = REGISTRY_BYTES
        wanted = reading.query(RegistryQuery)
        registry, unread = service.load_registry(
            name, request.stream, wanted.as_of, wanted.region, wanted.force, by=guards.key().name
        )
        loaded = {"name": name, "as_of": registry.as_of, "numbers": registry.numbers, "unreadable_lines": unread}
        return answers.json_of(loaded)
