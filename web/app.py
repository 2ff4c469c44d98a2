"""Builds the Flask app: guards at the mounts, limits for everything, problem documents for every error."""

from flask import Flask, Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.info import Info
from flask_openapi.openapi import OpenAPI

from suppression.service import Service
from suppression.settings import Settings
from web import guards, health, problems
from web.api import checks, records
from web.console import phone
from webhooks import twilio_blueprint
from webhooks.local_phone import is_local_phone

BODY_BYTES = 4 * 1024 * 1024  # 10,000 contacts at their longest
FORM_PARTS = 200  # Twilio sends about 30 fields
VERSION = "0.1.0"
CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def create_app(service: Service, settings: Settings) -> Flask:
    """The whole web side: /v1, webhooks, pages, health."""
    app = OpenAPI(
        __name__,
        info=Info(title="Stopliste", version=VERSION, description="Contact suppression: may this person be contacted?"),
        security_schemes={"key": {"type": "http", "scheme": "bearer"}},
        doc_prefix="/docs",
        doc_url="/openapi.json",
        doc_ui=False,
        static_folder=None,
    )
    app.config.update(MAX_CONTENT_LENGTH=BODY_BYTES, MAX_FORM_MEMORY_SIZE=BODY_BYTES, MAX_FORM_PARTS=FORM_PARTS)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    problems.install(app)
    app.register_api(_api(service))
    app.register_blueprint(health.blueprint(service))
    app.register_blueprint(twilio_blueprint(service, settings))
    if is_local_phone(settings):
        app.register_blueprint(phone.blueprint(service, settings))
    app.after_request(_headers)
    return app


def _api(service: Service) -> APIBlueprint:
    api = APIBlueprint("api", __name__)
    api.before_request(guards.keys_only(service))
    checks.mount(api, service)
    records.mount(api, service)
    return api


def _headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("Cache-Control", "no-store")
    return response
