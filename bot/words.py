"""What agents and admins type: a command, a contact and words behind it, taken apart. Pure; the core reads the contact itself."""

import re
import unicodedata
from dataclasses import dataclass, replace

from suppression.records import Audience, Channel
from suppression.service import Terms

OPTIONS: dict[str, Channel | Audience] = {
    **dict.fromkeys(("voice", "call", "phone", "appel", "tel", "anruf", "llamada", "chiamata", "chamada", "bellen"), Channel.VOICE),
    **dict.fromkeys(("sms", "text", "texto"), Channel.SMS),
    **dict.fromkeys(("email", "e-mail", "mail", "courriel"), Channel.EMAIL),
    "whatsapp": Channel.WHATSAPP,
    "telegram": Channel.TELEGRAM,
    **dict.fromkeys(("business", "b2b", "pro"), "business"),
    **dict.fromkeys(("consumer", "b2c", "particulier", "privat", "private"), "consumer"),
}  # fmt: skip

_COMMAND = re.compile(r"/([a-z]+)(?:@\w+)?(?:\s+|\Z)", re.IGNORECASE)
_NUMBER_PIECE = re.compile(r"[+＋(]?[\d(][\d().\-/‐-―·]*\Z|[\-/.]\Z")
_DIGITS_OF_A_NUMBER = 6


class UnknownWordError(Exception):
    """A word behind the contact is no option of a check."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command's name (empty for plain words), the contact behind it as typed, and the words behind that."""

    command: str
    contact: str
    words: tuple[str, ...]

    @property
    def names_a_contact(self) -> bool:
        """Whether the first thing said looks like an address, readable or not."""
        digits = sum(c.isdigit() for c in self.contact)
        return "@" in self.contact or ":" in self.contact or digits >= _DIGITS_OF_A_NUMBER


def plain(text: str) -> str:
    """A command as one compares it: lower case, single spaces, without the bot's name (`/Stop@acme_bot`)."""
    return re.sub(r"^(/\w+)@\w+", r"\1", " ".join(text.lower().split()))


def order(text: str) -> Order:
    """A text taken apart. A number may hold spaces; every piece that looks like a part of it is one, so none is cut short."""
    text = "".join(
        c for c in text if unicodedata.category(c) != "Cf"
    ).strip()  # marks that come along with a copied number
    found = _COMMAND.match(text)
    pieces = (text[found.end() :] if found else text).split()
    size = _length_of_contact(pieces)
    return Order(found[1].lower() if found else "", " ".join(pieces[:size]), tuple(pieces[size:]))


def terms(words: tuple[str, ...], base: Terms, brands: frozenset[str]) -> Terms:
    """What is asked, after the words behind a contact (`sms business`). Raises UnknownWordError."""
    for word in words:
        option = OPTIONS.get(word.lower())
        if isinstance(option, Channel):
            base = replace(base, channel=option)
        elif option:
            base = replace(base, audience=option)
        elif word.lower() in brands:
            base = replace(base, brand=word.lower())
        else:
            raise UnknownWordError(word)
    return base


def _length_of_contact(pieces: list[str]) -> int:
    if pieces and ("@" in pieces[0] or pieces[0].lower().startswith(("telegram:", "tel:", "mailto:"))):
        return 1
    return next((place for place, piece in enumerate(pieces) if not _NUMBER_PIECE.match(piece)), len(pieces))
