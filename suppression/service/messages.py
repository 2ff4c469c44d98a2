"""A message as a door hands it over, and what it came to as the door answers it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from suppression.contact import Contact
from suppression.records import ALL_CHANNELS, Channel

What = Literal["stopped", "started", "help", "erasure", "asked", "late", "again", "nothing"]
Command = Literal["stop", "start", "help"]


@dataclass(frozen=True, slots=True)
class Message:
    """Words (or a `command`: a button, a key) of one contact, by one channel, at a door of one brand (`*`: of all).

    `key` tells the same message twice; `at` is when the person sent it, as far as the channel knows.
    """

    contact: Contact
    text: str
    channel: Channel
    brand: str
    key: str
    at: datetime | None = None
    command: Command | None = None
    medium: str | None = None
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """What a message came to: what happened, for which channels, in which language to answer."""

    what: What
    lang: str
    brand: str
    channels: frozenset[Channel] = ALL_CHANNELS
    repeated: bool = False
    event_id: str = ""
