"""One turn of a private talk: who speaks, what they say, how they are answered."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from aiogram import BaseMiddleware, Bot
from aiogram.types import CallbackQuery, Chat, ChatMemberUpdated, Message, TelegramObject, Update, User

from bot.core import core
from suppression.contact import Contact, Kind
from suppression.errors import StoreUnavailable
from suppression.records import ALL_BRANDS
from suppression.service import Service
from suppression.settings import Settings
from suppression.texts import languages, say

DOOR = "bot"


class Role(IntEnum):
    """What somebody may do here; each may do what those before may."""

    PERSON = 0
    AGENT = 1
    ADMIN = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """What a handler needs to know of one update.

    `hint` is the language of the person's Telegram, if we speak it; `key` tells the same update twice; `at` is when the
    person sent it, None where Telegram does not say.
    """

    bot: Bot
    service: Service
    user: int
    text: str
    hint: str | None
    brand: str
    key: str
    at: datetime | None
    role: Role

    @property
    def contact(self) -> Contact:
        """The person's address on Telegram."""
        return Contact(Kind.TELEGRAM, str(self.user))

    @property
    def by(self) -> str:
        """How a verdict, a block or a decision names them."""
        return self.contact.masked

    @property
    def lang(self) -> str:
        """The language to speak where the person's own words show none."""
        return self.hint or self.service.home_language(self.contact, self.brand)

    def say(self, key: str, **values: object) -> str:
        """One of the bot's texts in that language."""
        return say(DOOR, key, self.lang, **values)


class Turns(BaseMiddleware):
    """Hands each handler its turn, in private chats with people; everything else (groups, other bots) ends here."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self._service = service
        self._admins = frozenset(settings.telegram_admins)
        self._brand = settings.brands.only or ALL_BRANDS
        self._languages: dict[int, str] = {}

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        """The handler's answer, or None for what is none of our business."""
        turn = self.of(event, data["event_update"], data["bot"])
        if turn is None:
            return None
        turn = replace(turn, role=await self._role(turn.user))
        await self._note_language(turn)
        return await handler(event, {**data, "turn": turn})

    def of(self, event: TelegramObject, update: Update, bot: Bot) -> Turn | None:
        """The turn that an event is, of a person without a role; None if it is no private talk."""
        chat, user = _place(event)
        if chat is None or chat.type != "private" or (user and user.is_bot):
            return None
        key = f"tg:{bot.id}:{update.update_id}"
        return Turn(bot, self._service, chat.id, _text(event), hint(user), self._brand, key, _sent(event), Role.PERSON)

    async def _role(self, user: int) -> Role:
        """With the store away, an agent counts as anybody: a STOP needs the journal only, and what needs more fails by itself."""
        if user in self._admins:
            return Role.ADMIN
        try:
            return Role.AGENT if await core(self._service.is_agent, user) else Role.PERSON
        except StoreUnavailable:
            return Role.PERSON

    async def _note_language(self, turn: Turn) -> None:
        """Of admins alone, and only where it is news: they are reminded in it."""
        if turn.role is Role.ADMIN and turn.hint and self._languages.get(turn.user) != turn.hint:
            with suppress(StoreUnavailable):
                await core(self._service.note_admins_language, turn.user, turn.hint)
                self._languages[turn.user] = turn.hint


def hint(user: User | None) -> str | None:
    """The language of somebody's Telegram, if it is one of ours."""
    code = (user.language_code or "" if user else "")[:2].lower()
    return code if code in languages(DOOR) else None


def _place(event: TelegramObject) -> tuple[Chat | None, User | None]:
    match event:
        case Message() | ChatMemberUpdated():
            return event.chat, event.from_user
        case CallbackQuery():
            return event.message.chat if event.message else None, event.from_user
    return None, None


def _text(event: TelegramObject) -> str:
    match event:
        case Message():
            return event.text or event.caption or ""
        case CallbackQuery():
            return event.data or ""
    return ""


def _sent(event: TelegramObject) -> datetime | None:
    match event:
        case Message(edit_date=int(edited)):
            return datetime.fromtimestamp(edited, UTC)
        case Message() | ChatMemberUpdated():
            return event.date
    return None
