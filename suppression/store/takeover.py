"""Waiting for another server to take the place of one that was lost: two to four seconds in a cluster or under a sentinel."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from suppression.errors import StoreUnavailable

Done = TypeVar("Done")

SECONDS = 10.0


def through_takeover(act: Callable[[], Done], seconds: float = SECONDS) -> Done:
    """Does what may safely be done twice, again and again until the store answers; raises its StoreUnavailable after that time.

    A store that refuses us will not change its mind: a refusal is raised at once.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return act()
        except StoreUnavailable as away:
            if type(away) is not StoreUnavailable or time.monotonic() > end:
                raise
        time.sleep(random.uniform(0.05, 0.25))  # noqa: S311 -- spreads those who wait, guards nothing
