"""The admin's side: the company's blocks, its agents, the figures. An opt-out is never lifted here."""

import re
from datetime import datetime

import msgspec

from bot.core import core
from bot.replies import buttons, reply, reply_file
from bot.turn import Turn
from bot.words import Order
from suppression.contact import Contact
from suppression.errors import InvalidContact

LISTED = ("asked", "opted_out", "repeated", "opted_in", "blocked", "unblocked", "review_opened", "erased")
ORDINARY_LIST = "do-not-call"
LONGEST_BUTTON = 64  # bytes of what a button sends back (Bot API, callback_data)
_LIST = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}\Z")
_TELEGRAM_ID = re.compile(r"[1-9][0-9]{0,15}\Z")


async def block(turn: Turn, said: Order) -> None:
    """`/block CONTACT [list] [reason…]`: puts a contact on a list of the company."""
    contact = await _contact(turn, said, "usage_block")
    if contact is None:
        return
    name, reason = _list_and_reason(said.words)
    await core(turn.service.block, contact, name, turn.by, brand=turn.brand, reason=reason, key=turn.key)
    await reply(turn, turn.say("blocked", contact=contact, list=name))


async def unblock(turn: Turn, said: Order) -> None:
    """`/unblock CONTACT`: takes the company's blocks away, and says that an opt-out stays."""
    contact = await _contact(turn, said, "usage_unblock")
    if contact is None:
        return
    gone = await core(turn.service.unblock_contact, contact, turn.by)
    await reply(turn, turn.say("unblocked", contact=contact, number=gone))


async def stats(turn: Turn, _said: Order) -> None:
    """`/stats`: how many checks and events there have been."""
    counts = await core(turn.service.stats)
    lines = [f"{turn.say(f'stats_{name}')} {counts.get(name, 0)}" for name in LISTED]
    await reply(turn, "\n".join([turn.say("stats"), *lines]))


async def agents(turn: Turn, said: Order) -> None:
    """`/agents`, `/agents add ID`, `/agents remove ID`."""
    match said.words:
        case () if not said.contact:
            ids = "\n".join(str(it) for it in sorted(await core(turn.service.agents)))
            await reply(turn, turn.say("agents", ids=ids) if ids else turn.say("agents_none"))
        case ("add", id_) if _TELEGRAM_ID.match(id_):
            await core(turn.service.add_agent, int(id_), turn.by)
            await reply(turn, turn.say("agent_added", id=id_))
        case ("remove", id_) if _TELEGRAM_ID.match(id_):
            known = await core(turn.service.remove_agent, int(id_))
            await reply(turn, turn.say("agent_removed" if known else "agent_unknown", id=id_))
        case _:
            await reply(turn, turn.say("usage_agents"))


async def dossier(turn: Turn, said: Order) -> None:
    """`/dossier CONTACT`: all that is known of a contact, as a file."""
    contact = await _contact(turn, said, "usage_dossier")
    if contact is None:
        return
    known = await core(turn.service.dossier, contact)
    content = msgspec.json.format(msgspec.json.encode(known), indent=2)
    caption = turn.say("dossier", contact=contact.masked, events=len(known["events"]), checks=len(known["checks"]))
    await reply_file(turn, content, f"dossier-{_stamp(turn.at)}.json", caption)


async def erase(turn: Turn, said: Order) -> None:
    """`/erase CONTACT`: asks before it does anything."""
    contact = await _contact(turn, said, "usage_erase")
    yes = f"erase {contact}"
    if contact and len(yes.encode()) > LONGEST_BUTTON:
        await reply(turn, turn.say("erase_elsewhere"))
    elif contact:
        choice = buttons((turn.say("erase_button"), yes), (turn.say("keep_button"), "keep"))
        await reply(turn, turn.say("erase_ask", contact=contact), choice)


async def _contact(turn: Turn, said: Order, usage: str) -> Contact | None:
    """The contact behind a command; where there is none that can be read, the person is told how it goes."""
    try:
        return turn.service.contact(said.contact)
    except InvalidContact:
        await reply(turn, "\n".join([*([turn.say("invalid")] if said.contact else []), turn.say(usage)]))
        return None


def _list_and_reason(words: tuple[str, ...]) -> tuple[str, str]:
    name = words[0].lower() if words else ""
    return (name, " ".join(words[1:])) if _LIST.match(name) else (ORDINARY_LIST, " ".join(words))


def _stamp(at: datetime | None) -> str:
    return f"{at:%Y%m%d-%H%M}" if at else "now"
