"""Reads TwiML as Twilio does, as far as a phone on a screen can play it; what it cannot play (music, pauses) it skips.

Verbs and defaults: https://www.twilio.com/docs/voice/twiml/gather and …/docs/messaging/twiml.
"""

from xml.etree import ElementTree as Xml

from msgspec.structs import replace

from web.console.state import Bubble, Call, Step

ENDS = ("Hangup", "Reject")


class Unanswered(Exception):
    """The service did not answer with a TwiML document; the message says what came instead."""


def messages(document: str) -> tuple[str, ...]:
    """The texts of a messaging document. Raises Unanswered."""
    return tuple(
        _text(it.find("Body") if it.find("Body") is not None else it) for it in _root(document).iter("Message")
    )


def steps(document: str) -> tuple[Step, ...]:
    """A voice document as steps in the order in which they are played. Raises Unanswered."""
    return tuple(step for verb in _root(document) for step in _steps(verb))


def play(call: Call, given: tuple[Step, ...]) -> tuple[Call, str]:
    """Plays steps until the call waits or is over, or until it must fetch another document: its address is the second value."""
    call = replace(call, gather=None, rest=(), typed="")
    for place, step in enumerate(given, start=1):
        match step.verb:
            case "say":
                call = call.with_bubble(Bubble("them", step.text, step.lang))
            case "gather":
                return replace(call, gather=step, rest=given[place:]), ""
            case "redirect":
                return call, step.url
            case "hangup":
                break
    return call, ""


def _steps(verb: Xml.Element) -> tuple[Step, ...]:
    match verb.tag:
        case "Say":
            return (Step("say", _text(verb), verb.get("language", "")),)
        case "Gather":
            return (*(step for inner in verb for step in _steps(inner)), _gather(verb))
        case "Redirect":
            return (Step("redirect", url=_text(verb)),)
    return (Step("hangup"),) if verb.tag in ENDS else ()


def _gather(verb: Xml.Element) -> Step:
    ways = verb.get("input", "dtmf").split()
    return Step(
        "gather", url=verb.get("action", ""), most=int(verb.get("numDigits", "0")), finish=verb.get("finishOnKey", "#"),
        keys="dtmf" in ways, speech="speech" in ways, on_empty=verb.get("actionOnEmptyResult") == "true",
    )  # fmt: skip


def _root(document: str) -> Xml.Element:
    try:
        return Xml.fromstring(document)  # noqa: S314 -- our own service wrote it
    except Xml.ParseError as cause:
        raise Unanswered("no TwiML") from cause


def _text(element: Xml.Element | None) -> str:
    return "\n".join(
        " ".join(it.split()) for it in "".join(element.itertext() if element is not None else ()).strip().splitlines()
    )
