"""What the API gives back: JSON, or one line of text where the caller asks for it."""

import msgspec
from flask import Response, request
from werkzeug.datastructures import MIMEAccept

from suppression.records import Verdict
from suppression.service.showing import line, shown

JSON = "application/json"


def json_of(content: object, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(content), status, content_type=JSON)


def verdict(it: Verdict) -> Response:
    """A verdict in the form asked for."""
    if wants_line():
        return Response(line(it) + "\n", content_type="text/plain; charset=utf-8")
    return json_of(shown(it))


def wants_line() -> bool:
    """Whether the caller asked for one line of text."""
    wanted = MIMEAccept([(name.partition(";")[0].strip(), quality) for name, quality in request.accept_mimetypes])
    return wanted.best_match((JSON, "text/plain"), JSON) == "text/plain"
