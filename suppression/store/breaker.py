"""A server that was silent is left alone for a moment, so that who comes next does not wait for it as long as the first did.

After a time-out nothing is sent for REST_SECONDS: a STOP goes straight to the journal, a check is refused. Then one at a time
asks whether the server answers again, and the others are refused until it does.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import redis

from suppression.errors import StoreUnavailable

REST_SECONDS = 1.5
PROBE_SECONDS = 1.0  # for the one who asks


class SilentError(redis.ConnectionError):
    """Nothing was sent: the server was silent a moment ago, or must not be used."""


class Breaker:
    """One server's; `answers` asks it, and takes PROBE_SECONDS at most."""

    def __init__(self, answers: Callable[[], bool]) -> None:
        self._answers = answers
        self._until = 0.0  # nothing is sent before then; 0 while all is well
        self._asking = threading.Lock()
        self._refused: StoreUnavailable | None = None

    def refuse(self, why: StoreUnavailable | None) -> None:
        """From now on nothing is sent, for this reason; None: it may be again."""
        self._refused = why

    def tripped(self) -> None:
        """The server did not answer in time."""
        self._until = time.monotonic() + REST_SECONDS

    def check(self) -> None:
        """Raises SilentError unless something may be sent."""
        if self._refused:
            raise SilentError(str(self._refused)) from self._refused
        if self._until and not self._is_back():
            raise SilentError("the server was silent a moment ago")

    def _is_back(self) -> bool:
        if time.monotonic() < self._until or not self._asking.acquire(blocking=False):
            return False
        try:
            self._until = 0.0 if self._answers() else time.monotonic() + REST_SECONDS
            return not self._until
        finally:
            self._asking.release()


class _Guarded:
    """Mixed into a connection of the driver's: looks at the breaker before it sends, and tells it of a time-out."""

    breaker: Breaker
    _sock: Any

    def connect_check_health(self, *args: Any, **more: Any) -> Any:
        """Opens the connection, if it is not open."""
        if not self._sock:
            self.breaker.check()
        try:
            return super().connect_check_health(*args, **more)  # type: ignore[misc]
        except redis.TimeoutError:
            self.breaker.tripped()
            raise

    def send_packed_command(self, *args: Any, **more: Any) -> Any:
        """Sends."""
        self.breaker.check()
        return super().send_packed_command(*args, **more)  # type: ignore[misc]

    def read_response(self, *args: Any, **more: Any) -> Any:
        """Reads one reply."""
        try:
            return super().read_response(*args, **more)  # type: ignore[misc]
        except redis.TimeoutError:
            self.breaker.tripped()
            raise


def guard(pool: Any, breaker: Breaker) -> None:
    """From now on every new connection of a pool of the driver's looks at the breaker."""
    kind = pool.connection_class
    pool.connection_class = type(kind.__name__, (_Guarded, kind), {"breaker": breaker})
