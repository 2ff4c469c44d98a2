"""A verdict as every shell shows it: the same object over HTTP, on the command line and in files."""

from typing import Any

from suppression.contact import Contact, Kind
from suppression.records import Reason, Verdict


def shown(it: Verdict) -> dict[str, Any]:
    """A verdict as docs/http.md describes it; `at` only where another instant than now was asked about."""
    document: dict[str, Any] = {
        "id": it.id, "verdict": it.verdict, "contact": _given(it.question.contact), "channel": it.question.channel,
        "brand": it.question.brand, "reasons": [_reason(one) for one in it.reasons], "basis": it.basis,
        "retry_at": it.retry_at, "checked_at": it.question.asked_at, "policy": it.policy,
    }  # fmt: skip
    if it.question.at != it.question.asked_at:
        document["at"] = it.question.at
    if it.reservation:
        document["reservation"] = it.reservation
    return document


def rules_shown(policy: str, digest: str, today: str) -> dict[str, Any]:
    """The rules that a verdict was made by: version, SHA-256 of the rule files, and whether today's are the same.

    Both of the latter are None for a question of the time before the digest was noted: it is answered by today's rules.
    """
    return {"version": policy, "digest": digest or None, "same": digest == today if digest else None}


def line(it: Verdict) -> str:
    """`ALLOW consent` or `DENY opted_out,outside_hours`."""
    return f"ALLOW {it.basis}" if it.allowed else f"DENY {','.join(one.code for one in it.reasons)}"


def _given(contact: Contact) -> str:
    """What is no address is shown as it was given."""
    return contact.address if contact.kind is Kind.SENDER else str(contact)


def _reason(it: Reason) -> dict[str, Any]:
    document: dict[str, Any] = {"code": it.code, "rule": it.rule, "text": it.text}
    return document | {name: value for name in ("since", "via", "details") if (value := getattr(it, name)) is not None}
