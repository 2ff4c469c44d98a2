"""Errors as RFC 9457 problem documents: the one table from our codes to HTTP, and nothing that a stranger should not read."""

import traceback
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from suppression.errors import InvalidRequest, StoplisteError, TooMany
from web.environ import Answer
from web.headers import SAFETY

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
    "archive_unavailable": 503,
    "journal_unavailable": 503,
    "bad_backup": 422,
    "ledger_broken": 500,
    "wrong_secret": 503,
    "twilio_not_configured": 503,
    "kept_not_in_effect": 503,
    "busy": 503,  # web/front.py
}
HTTP_CODES = {
    400: "invalid_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
    415: "unsupported_media_type",
}
RETRY_SECONDS = "2"  # a store restarts in less; whoever asks again after it finds it up or down, never wrong

log = structlog.get_logger()


class Problem(Response):
    """A problem document on its way out, with its code."""

    code = ""


def install(app: Flask, count: Callable[[str], None]) -> None:
    """Every error of the app leaves as a problem document; `count` is told the code of each."""

    def counted(response: Response) -> Response:
        if isinstance(response, Problem):
            count(response.code)
        return response

    app.register_error_handler(StoplisteError, of_error)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, _of_bug)
    app.after_request(counted)


def problem(status: int, code: str, detail: str = "", **more: Any) -> Problem:
    """A problem document; `code` is stable, `detail` is for people."""
    document = {
        "type": "about:blank",
        "title": code.replace("_", " "),
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    response = Problem(msgspec.json.encode(document), status, content_type="application/problem+json")
    response.code = code
    if status == 503:
        response.headers["Retry-After"] = RETRY_SECONDS
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def as_answer(problem: Problem) -> Answer:
    """A problem document as the server takes it, where no app of Flask's is around it."""
    problem.headers.extend(SAFETY)
    return problem.status_code, list(problem.headers), problem.get_data()


def of_error(error: StoplisteError) -> Problem:
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


def _of_bug(error: Exception) -> Problem:
    return of_bug(error, str(request.url_rule))


def of_bug(error: Exception, route: str) -> Problem:
    """The problem document of an error that nobody foresaw; what it was stands in the log, not in the answer."""
    # Where it happened and of what kind, but neither its message nor any variable: those may hold a number or a key.
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("unhandled_error", route=route, error=type(error).__name__, where=where)
    return problem(500, "internal_error", "this is a fault of ours; nothing was answered from it")
