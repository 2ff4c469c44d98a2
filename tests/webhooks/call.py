"""A telephone call as Twilio conducts it: reads TwiML, collects what the caller answers, follows action and Redirect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

from signed import ANNA, OURS, Twilio

MOST_DOCUMENTS = 50
SILENCE: Mapping[str, str] = {}


def keys(digits: str) -> Mapping[str, str]:
    """The caller presses keys."""
    return {"Digits": digits}


def spoken(words: str, confidence: str = "0.93") -> Mapping[str, str]:
    """The caller says something, and the recogniser is that sure of it."""
    return {"SpeechResult": words, "Confidence": confidence}


@dataclass
class Call:
    """One call; `heard` is all that was said to the caller, `urls` every step that was asked for."""

    twilio: Twilio
    sid: str = "CA1"
    fields: Mapping[str, str] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    dialled: list[Mapping[str, str]] = field(default_factory=list)
    ended: bool = False

    def base(self) -> dict[str, str]:
        """What Twilio sends with every step of a call."""
        base = {"CallSid": self.sid, "AccountSid": "AC0", "From": ANNA, "To": OURS, "CallStatus": "in-progress"}
        return {**base, "Direction": "inbound", "ApiVersion": "2010-04-01", **self.fields}

    def run(self, answers: Sequence[Mapping[str, str]] = (), path: str = "/voice") -> "Call":
        """Conducts the call; each Gather takes the next answer, and silence once there are none left."""
        url, given, left = f"{self.twilio.public}/webhooks/twilio{path}", dict(SILENCE), list(answers)
        for _ in range(MOST_DOCUMENTS):
            self.urls.append(url)
            reply = self.twilio.post(url, {**self.base(), **given})
            assert reply.status_code == 200, reply.get_data(as_text=True)
            assert reply.content_type.startswith("text/xml")
            target, given = self._play(ET.fromstring(reply.get_data()), left)
            if target is None:
                self.ended = True
                return self
            url = urljoin(url, target)
        raise AssertionError("the call does not end")

    def _play(self, document: ET.Element, left: list[Mapping[str, str]]) -> tuple[str | None, dict[str, str]]:
        assert document.tag == "Response"
        for verb in document:
            for said in verb.iter("Say"):
                assert said.get("language"), "a text without its language"
                assert said.get("voice"), "a text without a voice"
                self.heard.append(said.text or "")
            if verb.tag == "Gather" and (answer := left.pop(0) if left else SILENCE):
                return verb.attrib["action"], dict(answer)
            if verb.tag == "Redirect":
                return verb.text, {}
            if verb.tag == "Dial":
                self.dialled.append({**verb.attrib, "number": verb.findtext("Number") or ""})
                return verb.attrib["action"], dict(left.pop(0))
            if verb.tag == "Hangup":
                return None, {}
            assert verb.tag in ("Say", "Gather", "Pause"), f"no verb that we know: {verb.tag}"
        return None, {}
