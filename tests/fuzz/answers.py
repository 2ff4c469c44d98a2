"""What the program may answer: TwiML that Twilio takes, or a problem document (RFC 9457); anything else is a failure."""

import json
from typing import Any
from xml.etree import ElementTree as ET

from werkzeug.test import TestResponse

# The verbs and attributes that Twilio knows, of those that we use: https://www.twilio.com/docs/voice/twiml, …/messaging/twiml
VERBS = {
    "Say": {"language", "voice"},
    "Gather": {
        "action",
        "method",
        "input",
        "numDigits",
        "finishOnKey",
        "timeout",
        "speechTimeout",
        "language",
        "hints",
    },
    "Redirect": {"method"},
    "Hangup": set(),
    "Dial": {"action", "method", "callerId", "answerOnBridge"},
    "Number": set(),
    "Message": set(),
}


def twiml(answer: TestResponse) -> ET.Element | None:
    """The document of an answer, checked; None where it is a problem document, or an empty 204."""
    if answer.status_code == 204:
        assert not answer.data
        return None
    if answer.status_code != 200:
        problem(answer)
        return None
    assert answer.content_type == "text/xml; charset=utf-8"
    document = ET.fromstring(answer.data)
    assert document.tag == "Response"
    for verb in document.iter():
        if verb is not document:
            assert verb.attrib.keys() <= VERBS[verb.tag], ET.tostring(verb)
            assert verb.tag != "Message" or 0 < len(verb.text or "") <= 1600
            assert verb.tag != "Say" or (verb.text or "").strip()
    return document


def problem(answer: TestResponse) -> dict[str, Any]:
    """The problem document of an answer, checked; a fault of ours is none that may be seen here."""
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.content_type == "application/problem+json"
    document: dict[str, Any] = json.loads(answer.data.decode(), parse_constant=_no_constant)
    assert (
        {"type", "title", "status", "code", "detail"}
        <= document.keys()
        <= {"type", "title", "status", "code", "detail", "errors"}
    )
    assert document["status"] == answer.status_code
    assert all(isinstance(document[it], str) and len(document[it]) < 500 for it in ("type", "title", "code", "detail"))
    assert all(it.keys() == {"field", "problem"} for it in document.get("errors", []))
    return document


def _no_constant(name: str) -> float:
    raise AssertionError(f"{name} is no JSON")


def next_steps(document: ET.Element | None) -> list[str]:
    """The addresses that a document leads to."""
    if document is None:
        return []
    actions = [it.attrib["action"] for it in document.iter() if "action" in it.attrib]
    return list(dict.fromkeys([*actions, *(it.text or "" for it in document.iter("Redirect"))]))
