"""The door for what Telegram sends: raw JSON in, an update that aiogram can dispatch out.

aiogram decodes a whole batch at once, so that one update it cannot read (a lone surrogate, a field of next year's API)
would keep every other one from being read, for ever. Here each is read alone, and if need be only the parts we use.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from aiogram import Bot
from aiogram.methods import TelegramMethod
from aiogram.types import Update
from pydantic import ValidationError

_USER = {"id": 0, "is_bot": 0, "first_name": 0, "language_code": 0}
_CHAT = {"id": 0, "type": 0}
_CONTACT = {"phone_number": 0, "first_name": 0, "user_id": 0}
_HEAD = {"message_id": 0, "date": 0, "chat": _CHAT}
_MESSAGE = {**_HEAD, "edit_date": 0, "from": _USER, "text": 0, "caption": 0, "contact": _CONTACT}
_MEMBER = {"status": 0, "user": _USER, "until_date": 0}
USED: Mapping[str, Any] = {
    "message": _MESSAGE,
    "edited_message": _MESSAGE,
    "callback_query": {"id": 0, "from": _USER, "chat_instance": 0, "data": 0, "message": {**_HEAD, "text": 0}},
    "my_chat_member": {"chat": _CHAT, "from": _USER, "date": 0, "old_chat_member": _MEMBER, "new_chat_member": _MEMBER},
}
# Parts that aiogram insists on, and we do not look at.
_NEEDED = {"first_name": "", "is_bot": False, "chat_instance": "", "until_date": 0}


class RawUpdates(TelegramMethod[list[Any]]):
    """`getUpdates`, its updates left as they came."""

    __returning__ = list[Any]
    __api_method__ = "getUpdates"

    offset: int | None = None
    limit: int | None = None
    timeout: int = 0
    allowed_updates: tuple[str, ...] = tuple(USED)


def in_order(batch: Iterable[Any]) -> list[tuple[int, dict[str, Any]]]:
    """The updates of a batch with their ids, lowest first, each once; one without an id could not be acknowledged."""
    found = {it["update_id"]: it for it in batch if isinstance(it, dict) and type(it.get("update_id")) is int}
    return sorted(found.items())


def sender(raw: Mapping[str, Any]) -> object:
    """Who sent an update, to tell one person's from another's; None where it does not say."""
    for kind in USED:
        part = raw.get(kind)
        if isinstance(part, dict) and isinstance(part.get("from"), dict):
            return str(part["from"].get("id"))
    return None


def read(raw: Mapping[str, Any], bot: Bot) -> Update | None:
    """The update, or None if it is of a kind that is none of our business. Raises ValidationError if it makes no sense."""
    kind = next((it for it in USED if raw.get(it)), None)
    if kind is None:
        return None
    whole = {"update_id": raw["update_id"], kind: clean(raw[kind])}
    try:
        return Update.model_validate(whole, context={"bot": bot})
    except ValidationError:
        return Update.model_validate({**whole, kind: _pick(whole[kind], USED[kind])}, context={"bot": bot})


def clean(value: Any) -> Any:
    """The same JSON with surrogate pairs joined and lone surrogates replaced: they are no text that could be stored or sent."""
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case dict():
            return {clean(name): clean(it) for name, it in value.items()}
        case list():
            return [clean(it) for it in value]
    return value


def _pick(value: Any, shape: Any) -> Any:
    if not shape or not isinstance(value, dict):
        return value
    filled = {name: it for name, it in _NEEDED.items() if name in shape}
    return filled | {name: _pick(value[name], inner) for name, inner in shape.items() if name in value}
