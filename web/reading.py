"""Request bodies and queries into models, with every problem told by field; nothing of the input is echoed.

JSON is read as strictly as two readers could ever agree on: UTF-8, each name once, no NaN, not too deep. Half a character
(a lone surrogate) becomes a question mark instead, since no STOP may be lost over an emoji cut in two.
"""

import json
import re
from math import isfinite
from typing import Any, NoReturn, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import LanguageAccept
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.http import parse_accept_header

from suppression.errors import InvalidRequest
from suppression.wholeness import whole

Model = TypeVar("Model", bound=BaseModel)
LANGUAGES = ("fr", "en")
DEEPEST = 32
MOST_PROBLEMS = 50
_NAME = re.compile(r"[a-zA-Z][a-zA-Z_'\[\]-]{0,39}")
_OPENERS = re.compile(r'"(?:[^"\\]|\\.)*"|([\[{])|([\]}])')


class InvalidJson(InvalidRequest):
    """The body is not JSON in UTF-8."""

    code = "invalid_json"


def body(model: type[Model]) -> Model:
    """The JSON body as a model. Raises UnsupportedMediaType, InvalidJson, InvalidRequest."""
    if request.content_encoding:
        raise UnsupportedMediaType("send the body as it is, without Content-Encoding")
    if request.mimetype and not (request.mimetype == "application/json" or request.mimetype.endswith("+json")):
        raise UnsupportedMediaType("send JSON, as application/json")
    return model_of(model, request.get_data(cache=False))


def model_of(model: type[Model], raw: bytes) -> Model:
    """The bytes of a JSON body as a model. Raises InvalidJson, InvalidRequest."""
    return _checked(model, _read(raw))


def query(model: type[Model]) -> Model:
    """The query string as a model; a parameter given twice is an error. Raises InvalidRequest."""
    twice = [name for name, values in request.args.lists() if len(values) > 1]
    if twice:
        details = tuple({"field": _shown(it), "problem": "given twice"} for it in twice[:MOST_PROBLEMS])
        raise InvalidRequest("a parameter is given twice", details)
    return _checked(model, request.args.to_dict())


def language(asked: str | None, header: str) -> str:
    """The language to word reasons in: the one asked for, else the best of an Accept-Language header, else the first of ours."""
    if asked or not header:
        return asked or LANGUAGES[0]
    wished = (
        name.partition("-")[0].lower() for name, quality in parse_accept_header(header, LanguageAccept) if quality
    )
    return next((it for it in wished if it in LANGUAGES), LANGUAGES[0])


def has_body() -> bool:
    """Whether the request brought a body at all."""
    return bool(request.content_length) or "Transfer-Encoding" in request.headers


def idempotency_key(header: str) -> str:
    """The key in an Idempotency-Key header, empty if there is none. Raises InvalidRequest for one that is too long."""
    key = header.strip()
    if len(key) > 255:
        details = ({"field": "Idempotency-Key", "problem": "too long"},)
        raise InvalidRequest("an Idempotency-Key has at most 255 characters", details)
    return key


def _read(raw: bytes) -> Any:
    try:
        text = raw.decode("utf-8-sig")
        if text.count("[") + text.count("{") > DEEPEST and _depth(text) > DEEPEST:
            raise InvalidJson("the body is nested too deep")
        return whole(_reader.decode(text)) if "\\u" in text else _reader.decode(text)
    except (ValueError, RecursionError) as cause:
        raise InvalidJson("the body is not JSON in UTF-8") from cause


def _depth(text: str) -> int:
    deepest = depth = 0
    for found in _OPENERS.finditer(text):
        depth += bool(found[1]) - bool(found[2])
        deepest = max(deepest, depth)
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InvalidJson("a name is given twice in one object")
    return found


def _no_number(name: str) -> NoReturn:
    raise InvalidJson(f"{name} is no number of JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    return number if isfinite(number) else _no_number("a number beyond all measure")


_reader = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)


def _checked(model: type[Model], given: object) -> Model:
    try:
        return model.model_validate(given)
    except ValidationError as wrong:
        raise _told(wrong) from wrong


def _told(wrong: ValidationError) -> InvalidRequest:
    errors = wrong.errors(include_input=False, include_url=False, include_context=False)
    details = tuple(
        {"field": ".".join(map(_shown, it["loc"]))[:100], "problem": it["msg"].removeprefix("Value error, ")}
        for it in errors[:MOST_PROBLEMS]
    )
    return InvalidRequest("the request is not of the form asked for", details)


def _shown(name: str | int) -> str:
    """A name as a problem tells it: a place in a list, or what could be a field's name; a sender may put an address there."""
    return str(name) if isinstance(name, int) or _NAME.fullmatch(name) else "?"
