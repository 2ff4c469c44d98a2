"""Is it Twilio? Verified at the mount with Twilio's own validator, on the address that Twilio sees, for each token that may sign.

It does not look for replays: Twilio sends no timestamp, so the ids of messages and calls are what makes them once.
Rules: https://www.twilio.com/docs/usage/webhooks/webhooks-security and …/webhook-shared-keys (a shared key's secret counts
as a token).
"""

from collections.abc import Callable
from typing import Any

from flask import Request, request
from twilio.request_validator import (
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from suppression.errors import StoplisteError
from suppression.settings import Settings
from webhooks.knock import fields_of
from webhooks.local_phone import is_from_here, is_local_phone


class BadSignature(StoplisteError):
    """The request is not signed by a token in force, or the local phone asks for more than it may."""

    code = "bad_signature"


class NotConfigured(StoplisteError):
    """No token could sign a request: TWILIO_AUTH_TOKEN is not set."""

    code = "twilio_not_configured"


def guard(settings: Settings) -> Callable[[], None]:
    """A `before_request` that lets only signed requests through. Raises BadSignature, NotConfigured."""

    def check() -> None:
        tokens = tokens_of(settings)
        if not tokens:
            raise NotConfigured("set TWILIO_AUTH_TOKEN to take Twilio's webhooks")
        if not is_signed(request, settings.public_url, tokens):
            raise BadSignature("the request is not signed by a token in force, for this address")
        if is_local_phone(settings) and not is_from_here(request, settings):
            raise BadSignature("the local phone works on this machine only, with fictitious numbers")

    return check


def tokens_of(settings: Settings) -> tuple[str, ...]:
    """The tokens that may sign: Twilio's, or else the local phone's; none where neither is set."""
    local = settings.local_phone_token
    return settings.twilio_tokens or ((local.get_secret_value(),) if local else ())


def is_signed(asked: Request, public_url: str, tokens: tuple[str, ...]) -> bool:
    """Whether one of the tokens signed the request; all are tried, so that the time tells nothing about which."""
    signed = _signed_part(asked)
    if signed is None:
        return False
    presented = asked.headers.get(SIGNATURE_HEADER, "")
    algorithm = get_signature_algorithm(asked.headers.get(SIGNATURE_SETTINGS_HEADER))
    url = _url(asked, public_url)
    # A list, not a generator: `any` must not stop at the first that fits.
    return any([RequestValidator(it).validate(url, signed, presented, algorithm) for it in tokens])  # noqa: C419


def _url(asked: Request, public_url: str) -> str:
    """The address that Twilio called: what a proxy made of host and scheme does not matter, the query is taken as it came."""
    query = asked.query_string.decode("ascii", "replace")
    return f"{public_url}{asked.path}?{query}" if query else f"{public_url}{asked.path}"


def _signed_part(asked: Request) -> Any:
    """The form with its repeated fields, or a JSON body as text; None where that body's hash is missing: it is not signed."""
    if not asked.is_json:
        return fields_of(asked)
    return asked.get_data(as_text=True) if "bodySHA256" in asked.args else None
