"""Can checks be answered truly, and STOPs be kept, right now?"""

import threading
import time

from suppression.errors import StoreUnavailable
from suppression.service.base import Parts, Verbs

FRESH_SECONDS = 1.0  # anybody may ask, as often as they like


class Readiness(Verbs):
    """Looking after what everything else relies on."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._look_now = parts.look
        self._looking = threading.Lock()
        self._looked = -FRESH_SECONDS
        self._found: StoreUnavailable | None = None

    def look(self) -> None:
        """Looks whether the store is as durable as it was when it was met. Raises StoreUnavailable.

        While it is not, checks are refused and STOPs go to the journal.
        """
        self._look_now()

    def ready(self) -> None:
        """Raises StoreUnavailable, with its reason, unless checks can be answered truly and STOPs be kept right now."""
        self._store.ping()
        with self._looking:
            if time.monotonic() - self._looked >= FRESH_SECONDS:
                self._found, self._looked = self._looked_at(), time.monotonic()
            found = self._found
        if found:
            raise type(found)(*found.args)
        self._settled()

    def _looked_at(self) -> StoreUnavailable | None:
        try:
            self.look()
            self._journal.check()
        except StoreUnavailable as why:
            return why
        return None
