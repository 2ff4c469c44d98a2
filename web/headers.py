"""Headers that every answer carries, and what the pages of the browser may load."""

from collections.abc import Callable

from flask import Response

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
SAFETY = (
    ("Content-Security-Policy", CONTENT_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)


def add(response: Response) -> Response:
    """The answer with whatever of them it does not set itself."""
    for name, value in SAFETY:
        response.headers.setdefault(name, value)
    return response


def with_policy(policy: str) -> Callable[[Response], Response]:
    """An `after_request` for pages that need a content policy of their own."""

    def set_policy(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        return response

    return set_policy
