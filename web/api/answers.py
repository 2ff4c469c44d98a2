"""What the API gives back: verdicts and receipts as JSON, exactly as docs/http.md shows them."""

from typing import Any

import msgspec
from flask import Response, request

from suppression.records import Reason, Verdict


def json_of(content: object, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(content), status, content_type="application/json")


def verdict(it: Verdict) -> dict[str, Any]:
    """A verdict as the API shows it."""
    shown: dict[str, Any] = {
        "id": it.id, "verdict": it.verdict, "contact": str(it.question.contact), "channel": it.question.channel,
        "brand": it.question.brand, "reasons": [_reason(one) for one in it.reasons], "basis": it.basis,
        "retry_at": it.retry_at, "checked_at": it.question.asked_at, "policy": it.policy,
    }  # fmt: skip
    if it.question.at != it.question.asked_at:
        shown["at"] = it.question.at
    if it.reservation:
        shown["reservation"] = it.reservation
    return shown


def wants_line() -> bool:
    """Whether the caller asked for one line of text."""
    return request.accept_mimetypes.best_match(("application/json", "text/plain"), "application/json") == "text/plain"


def line(it: Verdict) -> Response:
    """`ALLOW consent` or `DENY opted_out,outside_hours`."""
    text = f"ALLOW {it.basis}" if it.allowed else f"DENY {','.join(one.code for one in it.reasons)}"
    return Response(text + "\n", content_type="text/plain; charset=utf-8")


def _reason(it: Reason) -> dict[str, Any]:
    shown: dict[str, Any] = {"code": it.code, "rule": it.rule, "text": it.text}
    return shown | {name: value for name in ("since", "via", "details") if (value := getattr(it, name)) is not None}
