"""What the bot says unasked: a word a day to each admin while requests of persons are due within a week, or overdue."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

import structlog
from aiogram import Bot

from bot.core import core
from bot.patience import pause
from bot.replies import tell
from bot.turn import DOOR
from suppression.errors import StoplisteError
from suppression.service import Reminder, Service
from suppression.texts import say

log = structlog.get_logger()

LOOK_SECONDS = 600
SHOWN = 20  # the rest is counted: more than a page is not read


class Reminding:
    """Reminds the admins, for as long as it is not told to stop; whatever fails is tried at the next look."""

    def __init__(self, bot: Bot, service: Service, admins: Iterable[int], stop: asyncio.Event) -> None:
        self._bot = bot
        self._service = service
        self._admins = tuple(admins)
        self._stop = stop

    async def run(self) -> None:
        """Until told to stop."""
        while not self._stop.is_set():
            for admin in self._admins:
                await self._look(admin)
            await pause(LOOK_SECONDS, self._stop)

    async def _look(self, admin: int) -> None:
        try:
            reminder = await core(self._service.take_reminder, admin)
            if reminder and not await tell(self._bot, admin, worded(reminder)):
                await core(self._service.return_reminder, reminder)
        except StoplisteError as wrong:
            log.warning("reminder_waits", code=wrong.code)
        except Exception as wrong:  # a fault of ours must end neither this loop nor the bot
            log.error("reminder_failed", error=type(wrong).__name__)


def worded(it: Reminder) -> str:
    """A reminder as its admin reads it."""
    return "\n".join(_lines(it))


def _lines(it: Reminder) -> Iterator[str]:
    yield say(DOOR, "reminder", it.lang, number=len(it.requests))
    for request in it.requests[:SHOWN]:
        yield _line(request, it.lang)
    if len(it.requests) > SHOWN:
        yield say(DOOR, "reminder_more", it.lang, number=len(it.requests) - SHOWN)
    yield say(DOOR, "reminder_end", it.lang)


def _line(request: dict[str, Any], lang: str) -> str:
    key = "reminder_overdue" if request["overdue"] else "reminder_due"
    kind = say(DOOR, f"request_{request['kind']}", lang)
    return say(
        DOOR, key, lang, id=request["id"], kind=kind, contact=request["contact"], brand=request["brand"],
        due=f"{request['due']:%Y-%m-%d}",
    )  # fmt: skip
