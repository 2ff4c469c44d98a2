"""A world for dialogues: the fake Bot API and the real bot on a loop of their own, people who write, and what they read."""

import asyncio
import itertools
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from telegram import TOKEN, BotApi, Call

import wiring
from bot.runner import run
from suppression.contact import Contact, Kind
from suppression.intent import Certainty, Intent, Label
from suppression.records import Channel, Facts, Review
from suppression.service import Message
from suppression.settings import Settings

ANSWER_SECONDS = 30
NOW = 1_795_514_400  # 2026-11-24 10:00 UTC, the tests' clock
ADMIN = 1_001_001

_ids = itertools.count(20_000_000)


def new_id() -> int:
    """An id that nobody had before."""
    return next(_ids)


class World:
    """Starts with the server only; `start_bot` starts a bot, `says` and the like wait until it is done with an update."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.api = self._do(self._serve())
        self._ids = itertools.count(501)
        self._bots: list[tuple[asyncio.Event, asyncio.Task[None]]] = []

    def start_bot(self, program: wiring.Program, settings: Settings | None = None) -> None:
        async def start() -> tuple[asyncio.Event, asyncio.Task[None]]:
            stop = asyncio.Event()
            return stop, asyncio.create_task(run(program.service, settings or program.settings, stop))

        self._bots.append(self._do(start()))

    def stop_bot(self, last: bool = False) -> None:
        """Tells the oldest bot (or the last one) to stop, and waits until it has; raises what ended it."""
        stop, task = self._bots.pop(-1 if last else 0)

        async def end() -> None:
            stop.set()
            await task

        self._do(end())

    def close(self) -> None:
        while self._bots:
            self.stop_bot()
        self._do(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def put(self, *raw: Any) -> None:
        self._loop.call_soon_threadsafe(self.api.put, *raw)

    def new(self, **content: Any) -> dict[str, Any]:
        return {"update_id": next(self._ids), **content}

    def settle(self, count: int, *raw: Any) -> list[Call]:
        """Sends updates and waits until all are acknowledged; the calls that the bot made meanwhile, `count` of them (-1: any)."""
        before = len(self.api.calls)
        self.put(*raw)
        self.until(lambda: not self.api.updates)
        assert count < 0 or len(self.api.calls) - before == count, [it.text for it in self.api.calls[before:]]
        return self.api.calls[before:]

    def until(self, true: Callable[[], bool], seconds: float = ANSWER_SECONDS) -> None:
        time.sleep(0.01)  # lets what was put arrive
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, "nothing happened"
            time.sleep(0.005)

    async def _serve(self) -> BotApi:
        api = BotApi()
        self._runner = web.AppRunner(api.app(), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[union-attr]
        return api

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)


@dataclass(frozen=True)
class Person:
    """Somebody with a Telegram account."""

    world: World
    id: int
    lang: str | None = "fr"

    def message(self, **content: Any) -> dict[str, Any]:
        return {"message_id": 7, "date": NOW, "chat": self.chat, "from": self.user, **content}

    def update(self, **content: Any) -> dict[str, Any]:
        return self.world.new(message=self.message(**content))

    def says(self, text: str, answers: int = 1) -> str:
        """Writes a text, and reads the answers."""
        return self.sends(answers, text=text)

    def sends(self, answers: int = 1, **content: Any) -> str:
        return "\n".join(it.text for it in self.world.settle(answers, self.update(**content)))

    def taps(self, data: str, text: str = "") -> list[Call]:
        """Presses a button under one of the bot's messages."""
        message = {"message_id": 9001, "date": NOW, "chat": self.chat, "text": text}
        query = {"id": "77", "from": self.user, "chat_instance": "1", "data": data, "message": message}
        return self.world.settle(-1, self.world.new(callback_query=query))

    @property
    def user(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "is_bot": False,
            "first_name": "Zoé",
            **({"language_code": self.lang} if self.lang else {}),
        }

    @property
    def chat(self) -> dict[str, Any]:
        return {"id": self.id, "type": "private", "first_name": "Zoé"}

    @property
    def contact(self) -> Contact:
        return Contact(Kind.TELEGRAM, str(self.id))


def environment(world: World) -> dict[str, str]:
    return {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": world.url, "TELEGRAM_ADMINS": str(ADMIN)}


def doubt(program: wiring.Program, person: Person, words: str) -> Review:
    """A review of a message of somebody's, whatever the phrase files of the day think of its words."""
    message = Message(person.contact, words, Channel.TELEGRAM, "default", f"doubt {new_id()}")
    program.service._doubt(message, Intent(Label.STOP, certainty=Certainty.UNSURE), "fr")
    [review] = facts(program, person.contact).reviews
    return review


def facts(program: wiring.Program, contact: Contact | str) -> Facts:
    """What is on file about somebody."""
    it = program.service.contact(contact) if isinstance(contact, str) else contact
    return program.service._store.read(it).facts
