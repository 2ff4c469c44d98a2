"""The one way from the bot's event loop to the synchronous core."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def core(verb: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """What a verb of the service returns, or raises, run in a thread."""
    return await asyncio.to_thread(verb, *args, **kwargs)
