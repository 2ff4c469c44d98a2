"""Logs that may be read by anybody: one JSON object a line on standard error, every address in them masked, no local variables.

`configure` is called once by each entry point; a module only asks `structlog.get_logger()`.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# Six digits in a row, however they are grouped, may be somebody's number; ids of ours lose their middle too, which is the price.
_DIGITS = re.compile(r"\+?\d(?:[\s().\-]{0,2}\d){5,}")
_EMAIL = re.compile(r"[^\s@<>\"'=:/]+@[^\s@<>\"',;]+\.[a-zA-Z]{2,}")
_SECRET = re.compile(
    r"\b(stopliste_(?:agent|dialer|admin)_)[\w-]+"  # our API keys
    r"|\b(bot)?\d{6,}:[\w-]{20,}"  # a bot's token, as it stands in Telegram's URLs
    r"|(?i:(authorization|x-twilio-signature)\W+)\S+(?: \S+)?"
)
_SAFE = frozenset({"timestamp", "level", "logger", "event_id", "seconds", "count"})


def configure(level: int = logging.INFO) -> None:
    """Sends structlog's and every library's lines through the same masking, to standard error."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_event,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    renderer: Any = structlog.processors.JSONRenderer()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[_plain, mask_event, renderer])
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)


def mask_event(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Masks every value of a log line but the harmless ones of our own making."""
    return {
        name: it if name in _SAFE or isinstance(it, int | float | None) else mask(str(it)) for name, it in event.items()
    }


def mask(text: str) -> str:
    """The text without numbers, e-mail addresses, keys or tokens that somebody could use."""
    text = _SECRET.sub(lambda m: f"{m[1] or m[2] or m[3] or ''}***", text)
    text = _EMAIL.sub("***@***", text)
    return _DIGITS.sub(lambda m: f"{m[0][:3]}***{m[0][-2:]}", text)


def _plain(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: it for name, it in event.items() if not name.startswith("_")}
