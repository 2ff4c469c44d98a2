"""One poller per token: Telegram hands each update to whoever asks, so only one process of a data directory may ask.

Pollers on other hosts are not seen here; Telegram answers them 409, which the polling loop waits out.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.patience import pause

ASK_AGAIN_SECONDS = 1.0


@asynccontextmanager
async def lease(path: Path, stop: asyncio.Event) -> AsyncIterator[bool]:
    """Waits for the lock on a file and holds it; False if told to stop before it came free.

    The kernel lets go of it when the process ends, however it ends.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield await _locked(file, stop)
    finally:
        os.close(file)


async def _locked(file: int, stop: asyncio.Event) -> bool:
    while not stop.is_set():
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await pause(ASK_AGAIN_SECONDS, stop)
        else:
            return True
    return False
