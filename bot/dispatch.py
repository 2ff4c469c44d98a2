"""Who is answered by whom: the table of commands, and the dispatcher that aiogram runs."""

from collections.abc import Awaitable, Callable
from typing import cast

from aiogram import Bot, Dispatcher
from aiogram.enums import ContentType
from aiogram.types import CallbackQuery, ChatMemberUpdated, Update
from aiogram.types import Message as TelegramMessage

from bot import admin, agent, person, review
from bot.replies import reply
from bot.turn import Role, Turn, Turns
from bot.updates import USED
from bot.words import Order, order, plain
from suppression.service import Service
from suppression.settings import Settings

Handler = Callable[[Turn, Order], Awaitable[None]]

# A new command is one line here, and its words in texts/bot.toml.
COMMANDS: dict[str, tuple[Role, Handler]] = {
    "check": (Role.AGENT, agent.check),
    "block": (Role.ADMIN, admin.block),
    "unblock": (Role.ADMIN, admin.unblock),
    "stats": (Role.ADMIN, admin.stats),
    "agents": (Role.ADMIN, admin.agents),
    "review": (Role.ADMIN, review.queue),
    "dossier": (Role.ADMIN, admin.dossier),
    "erase": (Role.ADMIN, admin.erase),
}
# What a person sends; the rest that Telegram calls a message (a pinned one, a timer set) is its own notice, and not answered.
SENT = frozenset({
    ContentType.ANIMATION, ContentType.AUDIO, ContentType.DICE, ContentType.DOCUMENT, ContentType.GAME, ContentType.LOCATION,
    ContentType.PHOTO, ContentType.POLL, ContentType.STICKER, ContentType.STORY, ContentType.VENUE, ContentType.VIDEO,
    ContentType.VIDEO_NOTE, ContentType.VOICE,
})  # fmt: skip


def build(service: Service, settings: Settings) -> tuple[Dispatcher, Callable[[Update], Awaitable[None]]]:
    """The dispatcher, and what is said to the person whose update was given up.

    Its handlers let every error through: the polling loop decides by it what is tried again.
    """
    turns = Turns(service, settings)
    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.message.register(on_message)
    dispatcher.edited_message.register(on_message)
    dispatcher.callback_query.register(on_tap)
    dispatcher.my_chat_member.register(on_membership)
    for kind in USED:
        dispatcher.observers[kind].outer_middleware(turns)

    async def sorry(update: Update) -> None:
        turn = turns.of(update.event, update, cast(Bot, update.bot))
        if turn:
            await reply(turn, turn.say("failed"))

    return dispatcher, sorry


async def on_message(message: TelegramMessage, turn: Turn) -> None:
    """A message, new or edited."""
    if message.contact:
        await person.card(turn, message)
    elif turn.text.strip():
        await _words(turn)
    elif message.content_type in SENT:
        await person.other(turn)


async def on_tap(query: CallbackQuery, turn: Turn) -> None:
    """A button under a message of ours."""
    await review.tapped(turn, query)


async def on_membership(event: ChatMemberUpdated, turn: Turn) -> None:
    """Somebody blocked the bot, or took it back; coming back says nothing by itself."""
    if event.new_chat_member.status == "kicked":
        await person.left(turn)


async def _words(turn: Turn) -> None:
    said = order(turn.text)
    if said.command == "id":
        await reply(turn, turn.say("id", id=turn.user))
    elif turn.role is Role.PERSON:
        await person.words(turn)
    else:
        await _staff(turn, said)


async def _staff(turn: Turn, said: Order) -> None:
    """Orders of agents and admins; what is none, their own STOP too, is heard as anybody's words."""
    if said.command and plain(turn.text) not in person.COMMANDS:
        await _order(turn, said)
    elif said.names_a_contact:
        await agent.check(turn, said)
    else:
        understood = await person.words(turn)
        if understood and understood.what in ("nothing", "help", "started"):
            await _help(turn)


async def _order(turn: Turn, said: Order) -> None:
    role, handler = COMMANDS.get(said.command, (Role.ADMIN, None))
    if handler and turn.role >= role:
        await handler(turn, said)
    else:
        await _help(turn)


async def _help(turn: Turn) -> None:
    await reply(turn, turn.say("admin_help" if turn.role is Role.ADMIN else "agent_help"))
