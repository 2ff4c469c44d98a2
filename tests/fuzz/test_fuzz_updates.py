"""Updates that Telegram never sent: the real poller, aiogram's real parsing and our handlers, before a real store.

Each is dealt with and acknowledged; none is given up after tries, for that would be a fault of ours.
"""

import asyncio
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.methods import SendDocument, SendMessage, TelegramMethod
from aiogram.types import Chat, Message, Update
from hypothesis import given
from hypothesis import strategies as st

from bot import dispatch
from bot.polling import Poller
from bot.updates import USED, RawUpdates
from suppression.service import Service
from tests.webhooks.signed import Twilio

from .effort import tries
from .phrases import messages
from .texts import ANY_TEXT, EITHER, LIKE_A_NUMBER

ADMIN, AGENT = 1_001_001, 2_002_002
NOW = 1_795_514_400  # 2026-11-24 10:00 UTC, the program's clock
TOKEN = "123456:AAFakeFakeFakeFakeFakeFakeFakeFake"
_ids = itertools.count(1)

JSON = st.recursive(st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | ANY_TEXT, lambda it: st.lists(it, max_size=3) | st.dictionaries(ANY_TEXT, it, max_size=3), max_leaves=6)  # fmt: skip
IDS = st.sampled_from([ADMIN, AGENT, 7, 8, 9, 10]) | st.integers(-(2**53), 2**53)
DATES = st.just(NOW) | st.integers(-(2**40), 2**40)
COMMANDS = [
    "/start",
    "/stop",
    "/start stop",
    "/help",
    "/id",
    "/check",
    "/block",
    "/unblock",
    "/stats",
    "/agents",
    "/review",
    "/dossier",
    "/erase",
    "/x",
]
ORDER = st.builds(
    "{}{} {} {}".format, st.sampled_from(COMMANDS), st.sampled_from(["", "@bot", "@"]), LIKE_A_NUMBER, EITHER
)
TEXTS = (
    ORDER
    | messages(4)
    | EITHER
    | st.sampled_from(["STOP", "START", "stop", "+33639981234 sms", "add 5", "/agents add 77"])
)
BUTTONS = (
    st.builds(
        "{} {} {}".format,
        st.sampled_from(["review", "erase", "x"]),
        st.sampled_from(["stop", "none", "+33639981234"]),
        EITHER,
    )
    | EITHER
)
USER = st.fixed_dictionaries(
    {"id": IDS, "is_bot": st.booleans() | st.just(False), "first_name": EITHER},
    optional={"language_code": st.sampled_from(["fr", "pt-br", ""]) | EITHER},
)
CHAT = st.fixed_dictionaries({"id": IDS, "type": st.sampled_from(["private"] * 4 + ["group", "channel", "?"])})
CARD = st.fixed_dictionaries({"phone_number": LIKE_A_NUMBER, "first_name": EITHER}, optional={"user_id": IDS})
MEMBER = st.fixed_dictionaries(
    {"status": st.sampled_from(["kicked", "member", "left", "?"]), "user": USER}, optional={"until_date": DATES}
)
PARTS = {
    "text": TEXTS,
    "caption": TEXTS,
    "contact": CARD,
    "edit_date": DATES,
    "photo": JSON,
    "entities": JSON,
    "sticker": JSON,
    "reply_to_message": JSON,
}
MESSAGE = st.fixed_dictionaries({"message_id": IDS, "date": DATES, "chat": CHAT}, optional={"from": USER, **PARTS})
QUERY = st.fixed_dictionaries(
    {"id": EITHER, "from": USER, "chat_instance": EITHER}, optional={"data": BUTTONS, "message": MESSAGE | JSON}
)
MOVE = st.fixed_dictionaries(
    {"chat": CHAT, "from": USER, "date": DATES, "old_chat_member": MEMBER, "new_chat_member": MEMBER}
)
SHAPES = {"message": MESSAGE, "edited_message": MESSAGE, "callback_query": QUERY, "my_chat_member": MOVE}
UPDATES = st.one_of(*(st.builds(lambda it, kind=kind: {kind: it}, shape | shape | JSON) for kind, shape in SHAPES.items())) | st.dictionaries(st.sampled_from([*USED, "poll", "x"]), JSON, max_size=3)  # fmt: skip


def private(update: dict[str, Any], person: int) -> dict[str, Any]:
    """Half of the messages, as somebody sends them who talks to the bot: the rest is not looked at far enough."""
    for it in update.values():
        if isinstance(it, dict) and isinstance(it.get("chat"), dict):
            it["chat"] = {"id": person, "type": "private"}
            it["from"] = {"id": person, "is_bot": False, "first_name": "Z"}
    return update


class Telegram(AiohttpSession):
    """Hands over one batch of updates, then tells the poller to stop; what the bot sends must fit a form of aiogram's."""

    def __init__(self, batch: list[Any], stop: asyncio.Event) -> None:
        super().__init__()
        self.batch, self.stop, self.offset = batch, stop, None

    async def make_request(self, bot: Bot, method: TelegramMethod[Any], timeout: int | None = None) -> Any:
        if isinstance(method, RawUpdates):
            batch, self.batch, self.offset = self.batch, [], method.offset
            if not batch:
                self.stop.set()
            return batch
        self.build_form_data(bot, method)
        if isinstance(method, SendMessage):
            assert 0 < len(method.text.encode("utf-16-le")) // 2 <= 4096
        if isinstance(method, SendMessage | SendDocument):
            return Message(message_id=1, date=datetime.now(UTC), chat=Chat(id=1, type="private"))
        return True


async def dealt_with(service: Service, settings: Any, batch: list[Any]) -> tuple[int | None, list[Update]]:
    """The offset that was acknowledged at the end, and the updates that were given up."""
    stop, given_up = asyncio.Event(), []

    async def sorry(update: Update) -> None:
        given_up.append(update)

    telegram = Telegram(batch, stop)
    bot = Bot(TOKEN, session=telegram)
    dispatcher, _ = dispatch.build(service, settings)
    await Poller(bot, dispatcher, sorry, stop).run()
    return telegram.offset, given_up


@pytest.fixture(scope="module")
def staffed(running: Twilio) -> Iterator[Twilio]:
    running.service.add_agent(AGENT, "fuzz")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.polling.TRIES", 1)  # a fault of ours stays one, and is found sooner
        yield running


@tries(120)
@given(st.lists(UPDATES, min_size=1, max_size=4), st.sampled_from([None, ADMIN, AGENT, 7, 8]))
def test_any_update_is_dealt_with(staffed: Twilio, updates: list[dict[str, Any]], person: int | None) -> None:
    settings = staffed.program.settings.model_copy(update={"telegram_admins": (ADMIN,)})
    batch = [{**(private(it, person) if person else it), "update_id": next(_ids)} for it in updates]
    _, given_up = asyncio.run(dealt_with(staffed.service, settings, batch))
    assert not given_up
