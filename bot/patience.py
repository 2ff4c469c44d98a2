"""Waiting that ends at once when the bot is told to stop."""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Iterator
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

FIRST_SECONDS = 0.2
LONGEST_SECONDS = 15.0


def waits() -> Iterator[float]:
    """Seconds to wait before each next try: doubling up to a limit, with a spread so that processes do not march in step."""
    for power in itertools.count():
        yield min(FIRST_SECONDS * 2 ** min(power, 10), LONGEST_SECONDS) * random.uniform(0.8, 1.2)  # noqa: S311 -- spreads tries, guards nothing


async def pause(seconds: float, stop: asyncio.Event) -> None:
    """Waits that long, or until told to stop."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def unless(stop: asyncio.Event, work: Awaitable[T]) -> T | None:
    """What the work returns or raises; None, and the work is dropped, if told to stop before."""
    task, told = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({task, told}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        task.cancel()
        told.cancel()
        await asyncio.gather(task, told, return_exceptions=True)
