"""What a message was understood to mean: frozen values, nothing else."""

from dataclasses import dataclass
from enum import StrEnum

CHANNELS = frozenset({"sms", "voice", "email", "chat"})
"""The channels that a person can name; `chat` is WhatsApp and Telegram."""

LANGUAGES = ("fr", "en", "es", "de", "it", "pt", "nl")
"""The languages that have a file in phrases/, the likeliest first."""


class Label(StrEnum):
    """What the person wants."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    ERASE = "erase"
    NONE = "none"


class Certainty(StrEnum):
    """Whether to act at once, or to let a human look first."""

    CERTAIN = "certain"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Intent:
    """One message, understood.

    `scope` is empty for all channels, else the channels that the person named. A `start` is certain only as the bare
    command word (START, UNSTOP …); anything softer is unsure. `why` holds the words that decided, in reading order.
    """

    label: Label
    scope: frozenset[str] = frozenset()
    all_brands: bool = False
    certainty: Certainty = Certainty.CERTAIN
    lang: str = "en"
    not_now: bool = False
    wrong_number: bool = False
    why: tuple[str, ...] = ()

    @property
    def scope_text(self) -> str:
        """The scope as text: "all", or the channels sorted and joined by commas."""
        return ",".join(sorted(self.scope)) or "all"
