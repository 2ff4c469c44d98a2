"""What a caller hears and may answer, as TwiML: saying, asking for a key or a word, and saying good-bye.

https://www.twilio.com/docs/voice/twiml/gather, …/say; a Gather that gets nothing goes on with the Redirect behind it.
"""

from typing import Any
from urllib.parse import urlencode, urlsplit

from twilio.twiml.voice_response import Gather, VoiceResponse

from suppression.settings import Settings
from suppression.texts import say

VOICES = {
    "fr": {"language": "fr-FR", "voice": "Polly.Lea"},
    "en": {"language": "en-GB", "voice": "Polly.Amy"},
}  # https://www.twilio.com/docs/voice/twiml/say/text-speech
DOORS = "/webhooks/twilio"
WAIT_SECONDS = 6  # for the first key or word
TYPING_SECONDS = 10  # between two digits of a number: some read it off a paper


def path(settings: Settings, door: str, **query: object) -> str:
    """The address of a door's next step, as Twilio will sign it; below the public address where that has a path."""
    return f"{urlsplit(settings.public_url).path}{DOORS}/{door}?{urlencode(query)}"


def goodbye(lang: str, key: str, **values: str) -> VoiceResponse:
    """Says a text and hangs up."""
    document = VoiceResponse()
    document.say(say("voice", key, lang, **values), **VOICES[lang])
    document.hangup()
    return document


def ask(lang: str, text: str, action: str, **gather: Any) -> VoiceResponse:
    """Says a text and waits for an answer, which goes to `action`; so does silence, without one."""
    document = VoiceResponse()
    listening: Gather = document.gather(action=action, method="POST", **gather)
    listening.say(text, **VOICES[lang])
    document.redirect(action, method="POST")
    return document


def ask_choice(lang: str, text: str, action: str) -> VoiceResponse:
    """Asks for one key, or for words."""
    return ask(
        lang, text, action, input="dtmf speech", num_digits=1, finish_on_key="", timeout=WAIT_SECONDS, speech_timeout="auto",
        language=VOICES[lang]["language"], hints=say("voice", "hints", lang),
    )  # fmt: skip


def ask_key(lang: str, text: str, action: str) -> VoiceResponse:
    """Asks for one key."""
    return ask(lang, text, action, input="dtmf", num_digits=1, finish_on_key="", timeout=WAIT_SECONDS)


def ask_digits(lang: str, text: str, action: str) -> VoiceResponse:
    """Asks for digits, ended by #."""
    return ask(lang, text, action, input="dtmf", finish_on_key="#", timeout=TYPING_SECONDS)
