"""What goes back to Telegram: plain text, in pieces if it is long, tried a few times and then let go.

An answer comes after its effect is durable, so it may fail, but neither repeat the effect nor hold up the next person.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError, TelegramNetworkError, TelegramRetryAfter, TelegramServerError
from aiogram.methods import SendDocument, SendMessage, TelegramMethod
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
)

from bot.turn import DOOR, Turn
from suppression.contact import Contact, Kind
from suppression.texts import languages, say

log = structlog.get_logger()

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | None

LONGEST_TEXT = 4096  # UTF-16 units (Bot API, sendMessage)
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
TRIES = 3
LONGEST_WAIT_SECONDS = 30  # everybody else waits meanwhile; a longer flood control means that this answer is given up


async def reply(turn: Turn, text: str, markup: Markup = None) -> None:
    """Sends a text to the person of this turn; the buttons stand under its last piece."""
    *pieces, last = split(text)
    for piece in pieces:
        await send(turn, SendMessage(chat_id=turn.user, text=piece, link_preview_options=NO_PREVIEW))
    await send(turn, SendMessage(chat_id=turn.user, text=last, reply_markup=markup, link_preview_options=NO_PREVIEW))


async def reply_file(turn: Turn, content: bytes, name: str, caption: str) -> None:
    """Sends a file to the person of this turn."""
    await send(turn, SendDocument(chat_id=turn.user, document=BufferedInputFile(content, name), caption=caption))


async def send(turn: Turn, method: TelegramMethod[Any]) -> None:
    """Tries a method a few times, as slowly as Telegram asks; a failure is logged and nothing more."""
    await _delivered(turn.bot, method, turn.by)


async def tell(bot: Bot, user: int, text: str) -> bool:
    """Sends a text to somebody who asked nothing; False if a piece of it could not be delivered."""
    to = Contact(Kind.TELEGRAM, str(user)).masked
    for piece in split(text):
        if not await _delivered(bot, SendMessage(chat_id=user, text=piece, link_preview_options=NO_PREVIEW), to):
            return False
    return True


def split(text: str, limit: int = LONGEST_TEXT) -> Iterator[str]:
    """A text in pieces that Telegram takes, cut at the end of a line where there is one."""
    while _units(text) > limit:
        head = text[: limit // 2] if _units(text[:limit]) > limit else text[:limit]
        cut = head.rfind("\n") + 1 or len(head)
        yield text[:cut]
        text = text[cut:]
    if text.strip():
        yield text


def stop_keyboard(lang: str, with_phone: bool = False) -> ReplyKeyboardMarkup:
    """The buttons under the customer's keyboard: STOP, always, and their phone number, where that makes sense."""
    rows = [[KeyboardButton(text=say(DOOR, "stop_button", lang))]]
    if with_phone:
        rows.insert(0, [KeyboardButton(text=say(DOOR, "phone_button", lang), request_contact=True)])
    return ReplyKeyboardMarkup(keyboard=rows, resize_keyboard=True, is_persistent=True)


def is_stop_button(text: str) -> bool:
    """Whether a text is the label of the STOP button, in any language: an old keyboard stays on a phone for years."""
    return text in {say(DOOR, "stop_button", it) for it in languages(DOOR)}


def buttons(*pairs: tuple[str, str]) -> InlineKeyboardMarkup:
    """One row of buttons under a message, each a label and what it sends back (at most 64 bytes)."""
    return InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text=it, callback_data=data) for it, data in pairs]]
    )


async def _delivered(bot: Bot, method: TelegramMethod[Any], to: str) -> bool:
    for attempt in range(TRIES):
        try:
            await bot(method)
        except AiogramError as wrong:
            wait = _wait(wrong, attempt)
            if wait is None:
                log.warning("not_delivered", method=type(method).__name__, to=to, error=type(wrong).__name__)
                return False
            await asyncio.sleep(wait)
        else:
            return True
    return False


def _wait(wrong: AiogramError, attempt: int) -> float | None:
    """Seconds until the next try; None where there should be none."""
    if attempt + 1 == TRIES:
        return None
    if isinstance(wrong, TelegramRetryAfter):
        return wrong.retry_after if wrong.retry_after <= LONGEST_WAIT_SECONDS else None
    return 0.3 * 2**attempt if isinstance(wrong, TelegramServerError | TelegramNetworkError) else None


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
