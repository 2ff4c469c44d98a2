"""The polling loop: an update is acknowledged only when its effect is durable; none is skipped because the store is away.

aiogram's own loop advances past an update whose handler failed. This one does not: while the store does not answer, the
same update is tried again, and what its sender wrote after it waits; others' updates do not. An update that fails for
another reason (a fault of ours) is tried a few times, then written to the log without its words, and left behind; the
person is told that it did not work.
"""

import asyncio
import traceback
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog
from aiogram import Bot, Dispatcher
from aiogram.exceptions import TelegramConflictError, TelegramRetryAfter, TelegramUnauthorizedError
from aiogram.types import Update
from pydantic import ValidationError

from bot.patience import pause, unless, waits
from bot.updates import RawUpdates, in_order, read, sender
from suppression.errors import StoreUnavailable

Sorry = Callable[[Update], Awaitable[None]]

log = structlog.get_logger()

POLL_SECONDS = 30
ANSWER_SECONDS = 15  # on top of a long poll, and for the last word at the end
TRIES = 3
HELD_SECONDS = 2.0  # at most, until an update that waits for the store is tried again, and new ones are taken
REMEMBERED = 1000  # ids of updates dealt with; a server that sends one again (a proxy's retry) gets no second answer
HINTS: dict[type[Exception], str] = {
    TelegramConflictError: "another poller uses this token, or a webhook is set",
    TelegramUnauthorizedError: "the token is not valid",
}


class Poller:
    """Takes updates from Telegram one after the other, for as long as it is not told to stop."""

    def __init__(self, bot: Bot, dispatcher: Dispatcher, sorry: Sorry, stop: asyncio.Event) -> None:
        """`sorry` tells the person that their update was given up."""
        self._bot = bot
        self._dispatcher = dispatcher
        self._stop = stop
        self._sorry = sorry
        self._offset: int | None = None
        self._settled: deque[int] = deque(maxlen=REMEMBERED)

    async def run(self) -> None:
        """Until told to stop; what was dealt with is acknowledged at the end, the rest comes again at the next start."""
        patience = waits()
        while not self._stop.is_set():
            if await self._batch(await self._fetch()):
                await pause(min(next(patience), HELD_SECONDS), self._stop)
            else:
                patience = waits()
        with suppress(Exception):  # a courtesy: unacknowledged, they come again and change nothing
            await self._bot(RawUpdates(offset=self._offset, limit=1), request_timeout=ANSWER_SECONDS)

    async def _fetch(self) -> list[Any]:
        """The next updates; empty when there are none, or when told to stop. Whatever fails is tried again."""
        for wait in waits():
            ask = RawUpdates(offset=self._offset, timeout=POLL_SECONDS)
            try:
                return await unless(self._stop, self._bot(ask, request_timeout=POLL_SECONDS + ANSWER_SECONDS)) or []
            except TelegramRetryAfter as busy:
                await pause(busy.retry_after, self._stop)
            except Exception as wrong:  # a gateway's HTML, a cut line: nothing may end the loop
                log.warning("no_updates", error=type(wrong).__name__, hint=HINTS.get(type(wrong)))
                await pause(wait, self._stop)
            if self._stop.is_set():
                break
        return []

    async def _batch(self, batch: list[Any]) -> bool:
        """Whether some wait for the store; they, and all behind them, come again from Telegram, where what is settled is known."""
        updates = in_order(batch)
        if self._stop.is_set():
            return False
        if not batch:
            # All before the offset is confirmed by now. Telegram draws a new, maybe lower id after a quiet week: ask without one.
            self._offset = None
        elif not updates:
            log.error("updates_without_id", number=len(batch))
            await pause(ANSWER_SECONDS, self._stop)
        held: set[object] = set()  # whose updates wait: each person's are dealt with in their order
        for id_, raw in updates:
            if self._stop.is_set():
                break
            if sender(raw) in held or not await self._settle(id_, raw):
                held.add(sender(raw))
                continue
            self._settled.append(id_)
            if not held:
                self._offset = id_ + 1
        return bool(held)

    async def _settle(self, id_: int, raw: dict[str, Any]) -> bool:
        """Deals with one update; False if its effect is not durable: the store is away, or we were told to stop."""
        if id_ in self._settled:
            return True
        try:
            update = read(raw, self._bot)
        except (ValidationError, RecursionError) as wrong:
            log.error("update_unreadable", update=id_, error=type(wrong).__name__)
            return True
        return update is None or await self._take_effect(update)

    async def _take_effect(self, update: Update) -> bool:
        failures = 0
        for wait in waits():
            try:
                await self._dispatcher.feed_update(self._bot, update)
            except StoreUnavailable as wrong:
                log.warning("update_waits", update=update.update_id, code=wrong.code)
                return False
            except Exception as wrong:  # a fault of ours must not keep everybody else waiting
                failures += 1
                log.error("update_failed", update=update.update_id, error=type(wrong).__name__, where=_where(wrong))
            else:
                return True
            if failures == TRIES:
                break
            await pause(wait, self._stop)
            if self._stop.is_set():
                return False
        log.error("update_skipped", update=update.update_id, tries=failures)
        with suppress(Exception):
            await self._sorry(update)
        return True


def _where(wrong: BaseException) -> str:
    """The places a fault came through, without its message: that may hold a person's words."""
    frames = traceback.extract_tb(wrong.__traceback__)[-6:]
    return " < ".join(f"{Path(it.filename).name}:{it.lineno} {it.name}" for it in reversed(frames))
