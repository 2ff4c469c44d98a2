"""The agent's side: may I contact them? A clear yes or no, and why."""

from bot.core import core
from bot.replies import reply
from bot.turn import Turn
from bot.words import Order, UnknownWordError, terms
from suppression.errors import UnknownBrand
from suppression.records import Verdict
from suppression.service import Terms


async def check(turn: Turn, asked: Order) -> None:
    """Asks the core about a contact, and tells what it says."""
    await reply(turn, await _answer(turn, asked) if asked.contact else turn.say("usage_check"))


async def _answer(turn: Turn, asked: Order) -> str:
    brands = turn.service.brands
    try:
        wanted = terms(asked.words, Terms(brand=brands.only, agent=turn.by, lang=turn.lang), frozenset(brands.by_key))
        return _told(turn, await core(turn.service.check, asked.contact, wanted))
    except UnknownWordError as unknown:
        return turn.say("unknown_word", word=unknown)
    except UnknownBrand:
        return turn.say("which_brand", brands=", ".join(brands.by_key))


def _told(turn: Turn, verdict: Verdict) -> str:
    asked = verdict.question
    channel, audience = turn.say(f"channel_{asked.channel}"), turn.say(f"audience_{asked.audience}")
    answer = turn.say(verdict.verdict, contact=asked.contact, channel=channel, audience=audience)
    lines = [answer, *(f"• {it.text}" for it in verdict.reasons)]
    if verdict.basis:
        lines.append(turn.say("basis", basis=turn.say(f"basis_{verdict.basis}")))
    if verdict.retry_at:
        # Neither the agent's clock nor the person's is known here: the server's, with its name, is exact wherever it is read.
        lines.append(turn.say("retry_at", at=f"{verdict.retry_at.astimezone():%Y-%m-%d %H:%M %Z}"))
    return "\n".join([*lines, turn.say("reference", id=verdict.id)])
