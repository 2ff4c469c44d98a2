"""Builds the Flask app: guards at the mounts, limits for everything, problem documents for every error."""

from flask import Flask
from flask_openapi.models.info import Info
from flask_openapi.openapi import OpenAPI

from suppression.service import Service
from suppression.settings import Settings
from web import documents, guards, headers, health, problems, well_known
from web import metrics as counting
from web.api import checks, records, rights, scrub
from web.api.docs import Api
from web.console import phone
from web.door import CheckDoor
from web.front import BODY_BYTES, Door, Front
from web.metrics import Metrics
from web.sms_door import SmsDoor
from web.stop_door import StopDoor
from webhooks import Together, twilio_blueprint

FORM_BYTES = 256 * 1024  # a message of 1,600 characters in a form is 20 kB at its longest
FORM_PARTS = 200  # Twilio sends about 30 fields
VERSION = "0.1.0"


def create_front(service: Service, settings: Settings) -> Front:
    """The whole web side as the server runs it."""
    metrics = Metrics()
    app = create_app(service, settings, metrics)
    doors: dict[str, Door] = {
        "/v1/check": CheckDoor(service, metrics),
        "/v1/optouts": StopDoor(service, metrics),
        "/webhooks/twilio/sms": SmsDoor(Together(service, settings).answers, metrics),
    }
    return Front(app, doors, lambda method, status: metrics.request("none", method, status))


def create_app(service: Service, settings: Settings, metrics: Metrics | None = None) -> Flask:
    """The whole web side behind its front: /v1, webhooks, pages, health."""
    app, metrics = _bare(), metrics or Metrics()
    problems.install(app, metrics.error)
    app.register_api(_api(service, metrics))
    for part in (
        health.blueprint(service),
        well_known.blueprint(service),
        documents.blueprint(app),
        counting.blueprint(metrics, service),
        twilio_blueprint(service, settings),
    ):
        app.register_blueprint(part)
    if phone.is_offered(settings):
        app.register_blueprint(phone.blueprint(service, settings))
    app.after_request(headers.add)
    app.after_request(metrics.answered)
    return app


def _bare() -> OpenAPI:
    app = OpenAPI(
        __name__,
        info=Info(title="Stopliste", version=VERSION, description="Contact suppression: may this person be contacted?"),
        security_schemes={"key": {"type": "http", "scheme": "bearer"}},
        doc_ui=False,
        static_folder=None,
    )
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False
    app.config.update(MAX_CONTENT_LENGTH=BODY_BYTES, MAX_FORM_MEMORY_SIZE=FORM_BYTES, MAX_FORM_PARTS=FORM_PARTS)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    return app


def _api(service: Service, metrics: Metrics) -> Api:
    api = Api("api", __name__)
    api.before_request(guards.keys_only(service))
    checks.mount(api, service, metrics)
    records.mount(api, service, metrics)
    rights.mount(api, service)
    scrub.mount(api, service, metrics)
    return api
