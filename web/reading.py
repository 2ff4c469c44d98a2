"""Request bodies and queries into models, with every problem told by field; nothing of the input is echoed."""

import json
from typing import TypeVar

from flask import request
from pydantic import BaseModel, ValidationError

from suppression.errors import InvalidRequest

Model = TypeVar("Model", bound=BaseModel)


class InvalidJson(InvalidRequest):
    """The body is not JSON in UTF-8."""

    code = "invalid_json"


def body(model: type[Model]) -> Model:
    """The JSON body as a model. Raises InvalidJson, InvalidRequest."""
    raw = request.get_data(cache=False)
    try:
        return model.model_validate_json(raw)
    except ValidationError as wrong:
        if wrong.errors()[0]["type"] != "json_invalid":
            raise _told(wrong) from wrong
    return _checked(model, _lenient(raw))


def query(model: type[Model]) -> Model:
    """The query string as a model; a parameter given twice is an error. Raises InvalidRequest."""
    twice = [name for name, values in request.args.lists() if len(values) > 1]
    if twice:
        raise InvalidRequest(
            "a parameter is given twice", tuple({"field": it[:60], "problem": "given twice"} for it in twice)
        )
    return _checked(model, request.args.to_dict())


def _lenient(raw: bytes) -> object:
    """Python's own reader takes what the strict one refuses but a client may send: lone surrogates, NaN."""
    try:
        return json.loads(raw.decode())
    except (ValueError, RecursionError) as cause:
        raise InvalidJson("the body is not JSON in UTF-8") from cause


def _checked(model: type[Model], given: object) -> Model:
    try:
        return model.model_validate(given)
    except ValidationError as wrong:
        raise _told(wrong) from wrong


def _told(wrong: ValidationError) -> InvalidRequest:
    errors = wrong.errors(include_input=False, include_url=False, include_context=False)
    details = tuple(
        {"field": ".".join(map(str, it["loc"]))[:100], "problem": it["msg"].removeprefix("Value error, ")}
        for it in errors[:50]
    )
    return InvalidRequest("the request is not of the form asked for", details)


def has_body() -> bool:
    """Whether the request brought a body at all."""
    return bool(request.content_length)


def idempotency_key() -> str:
    """The Idempotency-Key header, empty if there is none. Raises InvalidRequest for one that is too long."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > 255:
        raise InvalidRequest(
            "an Idempotency-Key has at most 255 characters", ({"field": "Idempotency-Key", "problem": "too long"},)
        )
    return key
