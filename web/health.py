"""Is it alive, is it ready, what does it count."""

from flask import Blueprint, Response

from suppression.errors import StoplisteError
from suppression.service import Service
from web import problems


def blueprint(service: Service) -> Blueprint:
    """`/healthz` and `/readyz`, open to all: they tell nothing of anybody."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def healthz() -> Response:
        """The process answers."""
        return Response("ok\n", content_type="text/plain; charset=utf-8")

    @health.get("/readyz")
    def readyz() -> Response:
        """Checks can be answered truly right now; if not, why."""
        try:
            service.ready()
        except StoplisteError as why:
            return problems.of_error(why)
        return Response("ready\n", content_type="text/plain; charset=utf-8")

    return health
