"""Messages that people send to our numbers: SMS, WhatsApp, RCS. What they say is done; the answer is TwiML, or an empty one.

Fields: https://www.twilio.com/docs/messaging/guides/webhook-request and …/tutorials/advanced-opt-out.
"""

import uuid
from typing import Literal

from flask import Response
from twilio.twiml.messaging_response import MessagingResponse
from werkzeug.exceptions import BadRequest

from suppression.errors import KeptNotInEffect
from suppression.records import ALL_CHANNELS, Channel
from suppression.service import Message, Understood
from suppression.texts import say
from webhooks.knock import Knock, is_phone, split, xml

Command = Literal["stop", "start", "help"]

# OptOutType, where Advanced Opt-Out is on: Twilio has understood a command, and answers it itself.
OPT_OUT_TYPES: dict[str, Command] = {"STOP": "stop", "START": "start", "HELP": "help"}

# Whole messages that Twilio takes as commands by default, and answers itself; REVOKE and OPTOUT since April 2025.
# https://help.twilio.com/articles/223134027 and https://www.twilio.com/docs/api/errors/30004
TWILIO_WORDS: dict[str, Command] = {
    **dict.fromkeys(("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"), "stop"),
    **dict.fromkeys(("START", "YES", "UNSTOP"), "start"),
    **dict.fromkeys(("HELP", "INFO"), "help"),
}  # fmt: skip

# Hidden answers of buttons that can only mean one thing: YES may confirm an appointment, CANCEL end one.
BUTTONS: dict[str, Command] = dict.fromkeys(("STOP", "STOPALL", "UNSUBSCRIBE", "OPTOUT", "OPT_OUT"), "stop")


NOTHING = str(MessagingResponse())  # what most messages are answered, since Twilio answers a bare STOP itself


def answer(knock: Knock) -> Response:
    """Does what the message says and answers in its language; nothing is answered that Twilio answers, or that nobody can get."""
    message = parse(knock)
    text, urgent = heard(knock, message)
    if not knock.get("From"):
        raise BadRequest("the message has no From; its words are kept")
    return reply(knock, message, text, urgent)


def reply(knock: Knock, message: Message, text: str, urgent: bool) -> Response:
    """What we say to a message, where we say anything at all."""
    silent = (is_answered_by_twilio(knock) and not urgent) or not is_phone(message.contact)
    return xml(_reply("" if silent else text))


def heard(knock: Knock, message: Message) -> tuple[str, bool]:
    """Does what the message says; what we say to it, and whether it must be said although Twilio answers; a picture says nothing.

    Raises StoreUnavailable: then nothing may be said.
    """
    if not (message.text.strip() or message.command):
        return "", False
    try:
        return said(knock, message, knock.service.hear(message))
    except KeptNotInEffect as kept:
        return said(knock, message, kept)


def said(knock: Knock, message: Message, came_to: Understood | KeptNotInEffect) -> tuple[str, bool]:
    """What we say to a message that came to this, and whether it must be said although Twilio answers."""
    if isinstance(came_to, KeptNotInEffect):
        kept = Understood("stopped", knock.service.language(message), message.brand)
        return words(knock, message, "kept", kept), False
    understood = came_to
    some = understood.what == "stopped" and understood.channels != ALL_CHANNELS
    text = words(knock, message, "stopped_some" if some else understood.what, understood)
    return text, understood.what == "again"


def parse(knock: Knock) -> Message:
    """The message of a request; a button's hidden answer counts where the message has no words.

    Without MessageSid it is a message of its own: better twice on file than taken for another.
    """
    channel, contact = knock.party("From")
    key = knock.get("MessageSid") or knock.get("SmsSid") or uuid.uuid4().hex
    text = "\n".join(knock.fields.getlist("Body")) or knock.get("ButtonText") or knock.get("ButtonPayload")
    return Message(contact, text, channel, knock.brand_of("To"), f"twilio:{key}", command=command_of(knock))


def command_of(knock: Knock) -> Command | None:
    """The command that Twilio saw, or takes the message for by default, or that the pressed button stands for."""
    typed = OPT_OUT_TYPES.get(knock.get("OptOutType").upper())
    return typed or default_command(knock) or BUTTONS.get(knock.get("ButtonPayload").upper())


def default_command(knock: Knock) -> Command | None:
    """What Twilio takes a whole message for: on SMS and RCS, unless it was sent to a short code."""
    if knock.party("From")[0] is not Channel.SMS or _is_short_code(split(knock.get("To"))[1]):
        return None
    return TWILIO_WORDS.get(knock.get("Body").upper())


def is_answered_by_twilio(knock: Knock) -> bool:
    """Whether Twilio sends an answer of its own, by Advanced Opt-Out or by default; behind the local phone there is no Twilio."""
    seen = knock.get("OptOutType").upper() in OPT_OUT_TYPES or default_command(knock) is not None
    return seen and not knock.local


def words(knock: Knock, message: Message, key: str, understood: Understood) -> str:
    """A text about what a message came to, in its language; none to words that ask for nothing."""
    lang, brand = understood.lang, understood.brand
    if key == "nothing":
        return ""
    values = {
        "brand": knock.brand_name(brand, "sms", lang),
        "channels": ", ".join(say("sms", f"channel_{it}", lang) for it in sorted(understood.channels)),
        "here": say("sms", f"channel_{message.channel}", lang),
        "contact": _contact(knock, brand),
    }
    return say("sms", key, lang, **values).strip()


def _contact(knock: Knock, brand: str) -> str:
    known = knock.service.brands.by_key.get(brand)
    return known.privacy.contact if known else ""


def _is_short_code(number: str) -> bool:
    """Twilio answers nothing by default on short codes: https://help.twilio.com/articles/223181748."""
    return number.isascii() and number.isdigit() and len(number) <= 6


def _reply(text: str) -> str:
    if not text:
        return NOTHING
    document = MessagingResponse()
    document.message(text)
    return str(document)
