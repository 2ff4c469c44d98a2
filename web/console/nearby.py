"""Who may use the local phone: this very machine, by no proxy, and only from the page itself."""

import hmac
import ipaddress
import re
import secrets

from flask import Request, abort, request

from suppression.errors import Forbidden

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
COOKIE = "stopliste_phone"
_FORWARDED = re.compile(r"forwarded|via|x-forwarded-.*|x-real-ip|x-original-.*|true-client-ip|cf-.*", re.IGNORECASE)
_PORT = re.compile(r":\d{1,5}\Z", re.ASCII)


def only_from_here() -> None:
    """A `before_request`: to everybody but this machine the page does not exist (404)."""
    if not is_from_here(request):
        abort(404)


def is_from_here(asked: Request) -> bool:
    """Whether a request comes from a loopback address, asks for a loopback name, and went through no proxy.

    The name matters too: a page elsewhere may let its own name point to 127.0.0.1 (DNS rebinding).
    """
    near = _is_loopback(asked.remote_addr) and _PORT.sub("", asked.host.lower()) in LOOPBACK_HOSTS
    return near and not any(_FORWARDED.fullmatch(it) for it in asked.headers.keys())  # noqa: SIM118 -- a list of pairs


def only_from_the_page(asked: Request) -> None:
    """Raises Forbidden where another site makes the browser send something.

    Sec-Fetch-Site is the browser's own word and cannot be forged by a page; browsers without it send Origin.
    """
    site = asked.headers.get("Sec-Fetch-Site")
    own = site == "same-origin" if site else asked.headers.get("Origin") == asked.host_url.rstrip("/")
    if not own:
        raise Forbidden("the local phone takes what its own page sends, and nothing else")


def nonce_of(asked: Request) -> str:
    """The random value that this browser keeps in its cookie; a new one where it has none."""
    return asked.cookies.get(COOKIE) or secrets.token_urlsafe(16)


def csrf_token(nonce: str, token: str) -> str:
    """What a form of the page carries: it fits this browser's cookie and this start of the service only."""
    return hmac.digest(token.encode(), f"csrf {nonce}".encode(), "sha256").hex()


def has_csrf_token(asked: Request, token: str) -> bool:
    """Whether a form carries the token that fits its browser's cookie."""
    kept = asked.cookies.get(COOKIE, "")
    given = asked.form.get("csrf", "")
    return bool(kept) and hmac.compare_digest(given.encode(), csrf_token(kept, token).encode())


def _is_loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False
