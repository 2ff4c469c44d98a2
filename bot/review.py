"""What an admin decides with one tap: doubtful messages, and an erasure that was asked for."""

from typing import Any

from aiogram.methods import AnswerCallbackQuery, EditMessageText
from aiogram.types import CallbackQuery
from aiogram.types import Message as TelegramMessage

from bot.core import core
from bot.replies import buttons, reply, send
from bot.turn import Role, Turn
from bot.words import Order
from suppression.errors import InvalidContact, NotFound

SHOWN = 5  # at a time: more would run into the flood limit of one chat (about one message a second)
LONGEST_WORDS = 1500


async def queue(turn: Turn, _said: Order) -> None:
    """`/review`: the messages that wait for a human, oldest first, each with its two buttons."""
    waiting = await core(turn.service.reviews)
    for item in waiting[:SHOWN]:
        await reply(turn, _item(turn, item), buttons(
            (turn.say("review_stop_button"), f"review stop {item['id']}"),
            (turn.say("review_none_button"), f"review none {item['id']}"),
        ))  # fmt: skip
    if not waiting:
        await reply(turn, turn.say("review_none"))
    elif len(waiting) > SHOWN:
        await reply(turn, turn.say("review_more", number=len(waiting) - SHOWN))


async def tapped(turn: Turn, query: CallbackQuery) -> None:
    """Does what a button under one of our messages says, for admins only: a button outlives the role of who got it."""
    outcome = await _decide(turn) if turn.role >= Role.ADMIN else "not_for_you"
    await send(turn, AnswerCallbackQuery(callback_query_id=query.id, text=turn.say(outcome)))
    if outcome != "not_for_you" and isinstance(query.message, TelegramMessage):
        await send(turn, EditMessageText(
            chat_id=turn.user, message_id=query.message.message_id,
            text=f"{(query.message.text or '')[:3500]}\n\n→ {turn.say(outcome)}",
        ))  # fmt: skip


async def _decide(turn: Turn) -> str:
    """The key of the text that says what came of a tap."""
    try:
        match turn.text.split():
            case ["review", "stop" | "none" as decision, id_]:
                await core(turn.service.decide_review, id_, decision, turn.by)
                return f"review_was_{decision}"
            case ["erase", contact]:
                await core(turn.service.erase, turn.service.contact(contact), turn.by)
                return "erased"
    except NotFound:
        return "review_gone"
    except InvalidContact:
        return "kept"
    return "kept"


def _item(turn: Turn, item: dict[str, Any]) -> str:
    channels = ", ".join(turn.say(f"channel_{it}") for it in item["channels"])
    return turn.say(
        "review_item", contact=item["contact"], brand=item["brand"], channels=channels, at=f"{item['at']:%Y-%m-%d %H:%M}",
        due=f"{item['due']:%Y-%m-%d %H:%M}", words=str(item.get("words", ""))[:LONGEST_WORDS],
    )  # fmt: skip
