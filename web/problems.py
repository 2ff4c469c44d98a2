"""Errors as RFC 9457 problem documents: the one table from our codes to HTTP, and nothing that a stranger should not read."""

from typing import Any

import msgspec
import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from suppression.errors import InvalidRequest, StoplisteError, TooMany

STATUS = {
    "invalid_contact": 422,
    "invalid_request": 422,
    "unknown_brand": 422,
    "consent_refused": 422,
    "invalid_json": 400,
    "idempotency_key_reused": 422,
    "unauthenticated": 401,
    "forbidden": 403,
    "bad_signature": 403,
    "not_found": 404,
    "rate_limited": 429,
    "store_unavailable": 503,
    "store_refused": 503,
    "contended": 503,
    "wrong_secret": 503,
    "twilio_not_configured": 503,
    "kept_not_in_effect": 503,
}
HTTP_CODES = {
    400: "invalid_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}
RETRY_SECONDS = "2"  # a store restarts in less; whoever asks again after it finds it up or down, never wrong

log = structlog.get_logger()


def install(app: Flask) -> None:
    """Every error of the app leaves as a problem document."""
    app.register_error_handler(StoplisteError, of_error)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, _of_bug)


def problem(status: int, code: str, detail: str = "", **more: Any) -> Response:
    """A problem document; `code` is stable, `detail` is for people."""
    document = {
        "type": "about:blank",
        "title": code.replace("_", " "),
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    response = Response(msgspec.json.encode(document), status, content_type="application/problem+json")
    if status == 503:
        response.headers["Retry-After"] = RETRY_SECONDS
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def of_error(error: StoplisteError) -> Response:
    """The problem document of one of our errors."""
    more: dict[str, Any] = (
        {"errors": list(error.details)} if isinstance(error, InvalidRequest) and error.details else {}
    )
    response = problem(STATUS.get(error.code, 500), error.code, str(error), **more)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _of_http(error: HTTPException) -> Response:
    status = error.code or 500
    if 300 <= status < 400:
        return error.get_response()  # type: ignore[return-value]
    response = problem(status, HTTP_CODES.get(status, "http_error"), error.description or "")
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _of_bug(error: Exception) -> Response:
    log.error("unhandled_error", route=str(request.url_rule), error=type(error).__name__, exc_info=error)
    return problem(500, "internal_error", "this is a fault of ours; nothing was answered from it")
