"""The telephone: "press 9, or say stop". Inbound calls and calls of ours that were answered walk the same menu.

Nothing is kept between two steps but what stands in the next step's address, which Twilio signs with the rest. A caller whose
number is withheld types it in (`webhooks/typed.py`).
"""

from collections.abc import Callable

from flask import Response
from twilio.twiml.voice_response import VoiceResponse

from suppression.contact import Contact
from suppression.intent import Label, understand
from suppression.records import ALL_CHANNELS
from suppression.service import Understood
from webhooks import typed
from webhooks.call import Call, call_of, leave_alone
from webhooks.knock import Knock, xml
from webhooks.speech import ask_choice, path

MOST_ROUNDS = 5  # of the menu in one call, whatever is answered
MOST_SILENCES = 2
LEAST_CONFIDENCE = 0.4  # of Twilio's recogniser, 0 to 1; below it we ask again instead of acting

# What spoken words came to, where the call ends with it; all else is asked again.
FAREWELLS = frozenset({"stopped", "erasure"})


def answer(knock: Knock) -> Response:
    """One step of a call."""
    call = call_of(knock)
    step = STEPS.get(knock.step("step"), start)
    return xml(step(call))


def start(call: Call) -> VoiceResponse:
    """The greeting, with the menu; or the question for the number, where it is withheld."""
    return typed.ask_number(call, "type_number", 1) if call.person is None else menu(call, "greeting", 1, 0)


def menu(call: Call, key: str, turn: int, quiet: int) -> VoiceResponse:
    """The menu, once more; too many turns end the call, with nothing recorded."""
    if turn > MOST_ROUNDS or quiet >= MOST_SILENCES:
        return call.farewell("nothing_done")
    action = path(call.knock.settings, "voice", step="menu", turn=turn, quiet=quiet)
    return ask_choice(call.lang, call.text(key), action)


def choose(call: Call) -> VoiceResponse:
    """What the caller pressed or said at the menu."""
    turn, quiet = call.knock.count("turn"), call.knock.count("quiet")
    if call.person is None:
        return start(call)
    if digits := call.knock.get("Digits"):
        return press(call, call.person, digits, turn)
    if words := call.knock.get("SpeechResult"):
        return listen(call, call.person, words, turn)
    return menu(call, "silence", turn + 1, quiet + 1)


def press(call: Call, person: Contact, digits: str, turn: int) -> VoiceResponse:
    """9 opts out (pressed twice by an impatient finger as well), 1 repeats, anything else is the way out."""
    if set(digits) == {"9"}:
        return leave_alone(call, person)
    return menu(call, "greeting", turn + 1, 0) if digits == "1" else call.farewell("bye")


def listen(call: Call, person: Contact, words: str, turn: int) -> VoiceResponse:
    """Does what was said, and asks again where it was badly heard, doubtful, or nothing of ours."""
    if confidence(call.knock.get("Confidence")) < LEAST_CONFIDENCE or is_start(words, call.lang):
        return menu(call, "unclear", turn + 1, 0)
    message = call.message(person, f"said:{turn}", words)
    return call.told(lambda: call.knock.service.hear(message), lambda understood: conclude(call, understood, turn))


def is_start(words: str, lang: str) -> bool:
    """Whether words would reopen a contact: no call may, for a yes answers no question of ours here, and "start" is what
    recognisers make of a mumbled "stop"."""
    return understand(words, lang, "voice").label is Label.START


def conclude(call: Call, understood: Understood, turn: int) -> VoiceResponse:
    """Says what the words came to, for which channels; asks again where they came to nothing, or to a doubt."""
    if understood.what not in FAREWELLS:
        return menu(call, "unclear", turn + 1, 0)
    some = understood.what == "stopped" and understood.channels != ALL_CHANNELS
    return call.farewell("stopped_some" if some else understood.what, understood.channels)


def confidence(text: str) -> float:
    """How sure the recogniser is; where it does not say, its words count, for a STOP is never lost to a missing field."""
    try:
        return float(text)
    except ValueError:
        return 1.0


STEPS: dict[str, Callable[[Call], VoiceResponse]] = {
    "menu": choose,
    "typed": typed.read,
    "confirm": typed.confirm,
}
