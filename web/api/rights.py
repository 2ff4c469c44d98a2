"""Routes for a person's rights: a readable dossier, the copy of a consent, rectification, requests and their answers."""

from typing import Annotated, Literal

from flask import Response, request
from flask_openapi.blueprint import APIBlueprint
from pydantic import Field

from suppression.contact import Contact
from suppression.service import Service
from web import guards, reading
from web.api import answers
from web.api.docs import ONCE, REGION, described
from web.api.models import ContactText, Name, Region, Strict

HTML = "text/html"


class RectifyBody(Strict):
    """The address that takes the place of the old one."""

    to: ContactText
    region: Region | None = None


class RequestBody(Strict):
    """A right that a person invoked, by letter or by word of mouth."""

    contact: ContactText
    kind: Literal["erasure", "access"]
    brand: Name | None = None
    via: Annotated[str, Field(max_length=40)] = "api"
    words: Annotated[str, Field(max_length=20_000)] = ""
    region: Region | None = None


def mount(api: APIBlueprint, service: Service) -> None:
    """Adds the routes to the API."""
    _mount_persons(api, service)
    _mount_requests(api, service)


def dossier(service: Service, contact: Contact) -> Response:
    """The dossier as JSON, or as a page in the person's language where the caller asks for HTML."""
    if request.accept_mimetypes.best_match((answers.JSON, HTML), answers.JSON) == HTML:
        return Response(service.dossier_page(contact), content_type=f"{HTML}; charset=utf-8")
    return answers.json_of(service.dossier(contact))


def _mount_persons(api: APIBlueprint, service: Service) -> None:
    @api.get("/v1/permissions/<id_>", **described())
    def permission(id_: str) -> Response:
        """One permission with its proof: the copy that the person may ask for (C. consom. R223-2)."""
        return answers.json_of(service.permission(id_))

    @api.post("/v1/contacts/<path:contact>/rectify", **described(RectifyBody, parameters=[REGION]))
    def rectify(contact: str) -> Response:
        """Puts a new address in the place of the old one (GDPR art. 16); nothing that forbids is lost."""
        body = reading.body(RectifyBody)
        old = service.contact(contact, request.args.get("region"))
        new = service.contact(body.to, body.region)
        receipt = service.rectify(old, new, guards.key().name)
        return answers.json_of({"from": str(old), "to": str(new), **receipt.answer, "event": receipt.event_id})


def _mount_requests(api: APIBlueprint, service: Service) -> None:
    @api.get("/v1/requests", **described())
    def requests() -> Response:
        """Open requests of persons, the most urgent first; each is due in one month (GDPR art. 12(3))."""
        return answers.json_of({"requests": service.requests()})

    @api.post("/v1/requests", **described(RequestBody, parameters=[ONCE], status=201))
    def open_request() -> Response:
        """Records a request that came another way."""
        body = reading.body(RequestBody)
        brand = service.brands.named(body.brand, or_all=True)
        contact = service.contact(body.contact, body.region)
        receipt = service.open_request(
            contact, body.kind, guards.key().name, brand=brand, via=body.via, words=body.words, key=guards.once()
        )  # fmt: skip
        return answers.json_of({**receipt.answer, "contact": str(contact), "event": receipt.event_id}, 201)

    @api.post("/v1/requests/<id_>/close", **described())
    def close_request(id_: str) -> Response:
        """The request was answered."""
        return answers.json_of(service.close_request(id_, guards.key().name).answer)
