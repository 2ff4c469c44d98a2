"""A call as the doors see it, and the one thing a caller can get done: to be left alone."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from twilio.twiml.voice_response import VoiceResponse

from suppression.contact import Contact, parse_sender
from suppression.errors import KeptNotInEffect, StoreUnavailable
from suppression.records import ALL_CHANNELS, Channel
from suppression.service import Message
from suppression.texts import say
from webhooks.knock import Knock, is_phone, split
from webhooks.speech import goodbye
from webhooks.withheld import is_withheld

Done = TypeVar("Done")
NOBODY = parse_sender("")


@dataclass(frozen=True)
class Call:
    """One step of a call: who the person is (None where the number is withheld), for which brand, in which language."""

    knock: Knock
    sid: str
    person: Contact | None
    brand: str
    lang: str

    def text(self, key: str, **values: str) -> str:
        """A text in the caller's language; `{brand}` is the brand's name."""
        return say("voice", key, self.lang, brand=self.brand_name, **values)

    def farewell(self, key: str, channels: frozenset[Channel] = ALL_CHANNELS) -> VoiceResponse:
        """Says a text and hangs up; `{channels}` are those that the person named."""
        named = ", ".join(say("voice", f"channel_{it}", self.lang) for it in sorted(channels))
        return goodbye(self.lang, key, brand=self.brand_name, channels=named)

    @property
    def brand_name(self) -> str:
        """The brand as one says it."""
        return self.knock.brand_name(self.brand, "voice", self.lang)

    def told(self, act: Callable[[], Done], tell: Callable[[Done], VoiceResponse]) -> VoiceResponse:
        """Does something for the caller, and what there is to tell of it; that it failed, where it did."""
        try:
            done = act()
        except KeptNotInEffect:
            return self.farewell("kept")
        except StoreUnavailable:
            return self.farewell("failed")
        return tell(done)

    def message(self, person: Contact, step: str, words: str = "") -> Message:
        """What the caller says at a step, or the key that says stop; the same step of the same call is the same message."""
        key = f"twilio:{self.sid}:{step}"
        heard = Message(person, words, Channel.VOICE, self.brand, key, medium="voice", lang=self.lang)
        return heard if words else replace(heard, command="stop")


def call_of(knock: Knock) -> Call:
    """The call of a request: inbound the person is `From`, in a call that we made it is `To`."""
    person, ours = ("To", "From") if knock.get("Direction").startswith("outbound") else ("From", "To")
    contact = knock.party(person)[1]
    known = is_phone(contact) and not is_withheld(split(knock.get(person))[1])
    brand = knock.brand_of(ours)
    sid = knock.get("CallSid") or uuid.uuid4().hex
    return Call(
        knock, sid, contact if known else None, brand, knock.spoken_language(contact if known else NOBODY, brand)
    )


def leave_alone(call: Call, person: Contact) -> VoiceResponse:
    """Opts the person out, and says so only once it is durable; else says that it failed, and what to do."""
    return call.told(
        lambda: call.knock.service.stop(call.message(person, "stop")), lambda _receipt: call.farewell("stopped")
    )
