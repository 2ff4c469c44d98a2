"""The way of plain messages from Twilio past Flask's routes; what they mean is the webhooks' own affair (webhooks/together.py)."""

from collections.abc import Callable, Sequence

from flask import Request, Response

from web.door import is_plain, refusal
from web.environ import Answer, Scope, environ_of
from web.headers import SAFETY
from web.metrics import Metrics

ENDPOINT = "twilio.sms"
FORM = "application/x-www-form-urlencoded"
Together = Callable[[Sequence[Request]], Sequence[Response | Exception | None]]


class SmsDoor:
    """Takes short forms; `together` answers them, or leaves them to their route."""

    def __init__(self, together: Together, metrics: Metrics) -> None:
        self._together = together
        self._metrics = metrics

    def takes(self, scope: Scope, length: int | None) -> bool:
        """Whether a request looks like a plain message, as far as its head tells."""
        return is_plain(scope, length, FORM)

    def answers(self, requests: Sequence[tuple[Scope, bytes]]) -> list[Answer | None]:
        """The answer to each, in order; None where the route must look at it."""
        found = self._together([Request(environ_of(*it)) for it in requests])
        return [self._answer(it) if it else None for it in found]

    def _answer(self, found: Response | Exception) -> Answer:
        if isinstance(found, Exception):
            return refusal(self._metrics, ENDPOINT, found)
        self._metrics.request(ENDPOINT, "POST", found.status_code)
        return found.status_code, [*found.headers, *SAFETY], found.get_data()
