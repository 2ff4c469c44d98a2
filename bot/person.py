"""The customer's side: their words, their button, their phone number, and the silence of somebody who blocked the bot."""

from contextlib import suppress
from dataclasses import replace

from aiogram.types import Message as TelegramMessage

from bot.core import core
from bot.replies import is_stop_button, reply, stop_keyboard
from bot.turn import DOOR, Turn
from bot.words import plain
from suppression.contact import parse
from suppression.errors import InvalidContact, KeptNotInEffect
from suppression.records import ALL_CHANNELS, Channel
from suppression.service import Command, Message, Understood
from suppression.texts import say

# Telegram sends "/start" by itself when somebody opens the bot, and "/start stop" for a link t.me/<bot>?start=stop. Opening a bot
# is no wish to be contacted again: the word START is.
COMMANDS: dict[str, Command] = {"/start": "help", "/stop": "stop", "/start stop": "stop", "/help": "help"}


async def words(turn: Turn) -> Understood | None:
    """Hears what a person says, and answers by what came of it; None for a STOP that is kept, but not in effect yet."""
    try:
        understood = await core(turn.service.hear, heard(turn))
    except KeptNotInEffect:
        await reply(turn, turn.say("kept_aside"), stop_keyboard(turn.lang))
        return None
    stopped = understood.what in ("stopped", "erasure")
    await reply(turn, _answer(understood), stop_keyboard(understood.lang, with_phone=stopped))
    return understood


async def card(turn: Turn, message: TelegramMessage) -> None:
    """Opts out the phone number on a person's own contact card, for which Telegram vouches; nobody else's card counts."""
    shared = message.contact
    if shared and shared.user_id == turn.user:
        text = await _share(turn, shared.phone_number)
    else:
        text = turn.say("foreign_card")
    await reply(turn, text, stop_keyboard(turn.lang))


async def other(turn: Turn) -> None:
    """Answers a picture, a sticker, a voice message: nobody here looks at it."""
    await reply(turn, turn.say("other"), stop_keyboard(turn.lang))


async def left(turn: Turn) -> None:
    """Somebody blocked the bot: they do not want to be written to on Telegram."""
    with suppress(KeptNotInEffect):  # nobody is left to tell
        await core(turn.service.stop, replace(heard(turn), text=""), frozenset({Channel.TELEGRAM}))


def heard(turn: Turn) -> Message:
    """The core's view of what was said; the language of their Telegram counts where the words show none (a button, one word)."""
    text = turn.text.strip()
    command: Command | None = "stop" if is_stop_button(text) else COMMANDS.get(plain(text))
    bare = text.startswith("/") or is_stop_button(text) or len(text.split()) < 2
    lang = turn.hint if bare else None
    return Message(turn.contact, turn.text, Channel.TELEGRAM, turn.brand, turn.key, turn.at, command, "chat", lang)


async def _share(turn: Turn, number: str) -> str:
    """Opts the number out, and gives the answer. Telegram writes numbers with their country, and mostly without the plus."""
    try:
        phone = parse(f"+{number.lstrip('+')}")
    except InvalidContact:
        return turn.say("bad_card")
    try:
        await core(turn.service.share_phone, turn.contact, phone, turn.brand, turn.key)
    except KeptNotInEffect:
        return turn.say("kept_aside")
    return turn.say("phone_stopped", phone=phone.masked)


def _answer(understood: Understood) -> str:
    lang = understood.lang
    if understood.what != "stopped" or understood.channels == ALL_CHANNELS:
        return say(DOOR, understood.what, lang)
    names = ", ".join(say(DOOR, f"channel_{it}", lang) for it in sorted(understood.channels))
    return say(DOOR, "stopped_some", lang, channels=names)
