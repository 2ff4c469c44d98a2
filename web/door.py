"""The way of the hottest request past Flask: a plain `POST /v1/check` is answered here, at half the cost.

It decides nothing of its own: what it cannot read at a glance (another form, a reservation, any mistake) goes on to the route
of the same name, which tells the caller what is wrong. Guard, limits and verdict are one verb of the service.
"""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import msgspec

from suppression.errors import InvalidRequest, StoplisteError
from suppression.service import Caller, Service
from suppression.service.showing import shown
from web import guards, problems, reading
from web.api import checks
from web.api.models import CheckBody
from web.headers import SAFETY
from web.metrics import Metrics

Environ = dict[str, Any]
Start = Callable[..., Any]
Wsgi = Callable[[Environ, Start], Iterable[bytes]]
LONGEST = 8_192  # bytes; a longer question has something odd in it
ANYTHING = frozenset({"", "*/*", "application/json"})
ROUTE = "/v1/check"


class Door:
    """A WSGI app before another."""

    def __init__(self, inner: Wsgi, service: Service, metrics: Metrics) -> None:
        self._inner = inner
        self._service = service
        self._metrics = metrics

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """The answer to a plain check, or whatever the app answers."""
        if environ["PATH_INFO"] != ROUTE or not _is_plain(environ):
            return self._inner(environ, start)
        raw = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        try:
            body = reading.model_of(CheckBody, raw)
        except InvalidRequest:
            body = None
        if body is None or body.reserve:
            environ["wsgi.input"] = BytesIO(raw)
            return self._inner(environ, start)
        return self._answer(body, environ, start)

    def _answer(self, body: CheckBody, environ: Environ, start: Start) -> Iterable[bytes]:
        try:
            presented = guards.bearer(environ.get("HTTP_AUTHORIZATION", ""))
            caller = Caller(presented, environ.get("REMOTE_ADDR") or "", guards.ROLES["check"])
            wished = environ.get("HTTP_ACCEPT_LANGUAGE", "")
            verdict = self._service.check_once(
                caller, body.contact, lambda key: checks.terms(body, self._service, key, wished)
            )
        except StoplisteError as error:
            return self._refuse(problems.of_error(error), environ, start)
        except Exception as bug:  # as Flask's last handler: nothing leaves without a problem document
            return self._refuse(problems.of_bug(bug, ROUTE), environ, start)
        self._metrics.verdict(verdict)
        self._metrics.request("api.check", "POST", 200)
        answer = msgspec.json.encode(shown(verdict))
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer))), *SAFETY])
        return [answer]

    def _refuse(self, answer: problems.Problem, environ: Environ, start: Start) -> Iterable[bytes]:
        self._metrics.request("api.check", "POST", answer.status_code)
        self._metrics.error(answer.code)
        answer.headers.extend(SAFETY)
        refusal: Iterable[bytes] = answer(environ, start)
        return refusal


def _is_plain(environ: Environ) -> bool:
    length = environ.get("CONTENT_LENGTH") or ""
    return (
        environ["REQUEST_METHOD"] == "POST"
        and environ.get("CONTENT_TYPE", "") == "application/json"
        and environ.get("HTTP_ACCEPT", "") in ANYTHING
        and "HTTP_CONTENT_ENCODING" not in environ
        and "HTTP_TRANSFER_ENCODING" not in environ
        and length.isascii() and length.isdigit() and 0 < len(length) < 5 and int(length) <= LONGEST
    )  # fmt: skip
