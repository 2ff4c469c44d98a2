"""What the local phone shows, as frozen values; between two requests the page carries it, sealed, in its forms.

So there is nothing to keep in the server, any process may answer, and the page works without a script. A form that is
sent twice carries the same ids twice, and so counts once.
"""

import secrets
from typing import Any, Literal

import msgspec
from itsdangerous import BadSignature, URLSafeSerializer
from msgspec import Struct

MOST_BUBBLES = 60  # older ones leave the screen, so that the form stays small

Who = Literal["me", "them", "note"]
Verb = Literal["say", "gather", "redirect", "hangup"]
Lang = Literal["fr", "en"]


def new_id() -> str:
    """32 hexadecimal digits, as Twilio's ids have them after their two letters."""
    return secrets.token_hex(16)


class Bubble(Struct, frozen=True, omit_defaults=True):
    """One line of a conversation: ours, theirs, or a note of the page itself; `lang` is the voice's (`fr-FR`)."""

    who: Who
    text: str
    lang: str = ""


class Step(Struct, frozen=True, omit_defaults=True):
    """One instruction of a TwiML document. Of a `gather`: `most` digits (0: any number), ended by the key `finish`."""

    verb: Verb
    text: str = ""
    lang: str = ""
    url: str = ""
    most: int = 0
    finish: str = "#"
    keys: bool = True
    speech: bool = False
    on_empty: bool = False


class Call(Struct, frozen=True, omit_defaults=True):
    """A call: it waits for the caller at `gather`, would go on with `rest` at silence, or is over (`gather` None)."""

    sid: str
    sender: str
    url: str = ""
    bubbles: tuple[Bubble, ...] = ()
    gather: Step | None = None
    rest: tuple[Step, ...] = ()
    typed: str = ""

    def with_bubble(self, *more: Bubble) -> "Call":
        """The call with more said in it."""
        return msgspec.structs.replace(self, bubbles=(*self.bubbles, *more)[-MOST_BUBBLES:])


class Phone(Struct, frozen=True, omit_defaults=True):
    """The whole phone: whose it is, its language, what is on its screen, and the id of the next message."""

    number: str
    lang: Lang = "fr"
    tab: Literal["sms", "call"] = "sms"
    messages: tuple[Bubble, ...] = ()
    call: Call | None = None
    next_id: str = msgspec.field(default_factory=new_id)

    def changed(self, **values: Any) -> "Phone":
        """The phone with other values, and a new id for what it sends next."""
        return msgspec.structs.replace(self, **{"next_id": new_id(), **values})

    def with_messages(self, *more: Bubble) -> "Phone":
        """The phone with more messages on its screen."""
        return self.changed(messages=(*self.messages, *more)[-MOST_BUBBLES:], tab="sms")


class Seal:
    """Turns a phone into a text that only this start of the service can have written, and back."""

    def __init__(self, token: str) -> None:
        self._serializer = URLSafeSerializer(token, salt="local phone")

    def close(self, phone: Phone) -> str:
        """The phone as a sealed text."""
        text = self._serializer.dumps(msgspec.to_builtins(phone))
        return text if isinstance(text, str) else text.decode()

    def open(self, text: str) -> Phone | None:
        """The phone of a sealed text; None for one that is not ours, or of an earlier start."""
        try:
            return msgspec.convert(self._serializer.loads(text), Phone)
        except (BadSignature, msgspec.ValidationError):
            return None
