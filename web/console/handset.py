"""What one does with the local phone: write, call, press, speak, wait, hang up. Each gives the phone as it is afterwards.

Decides nothing about opt-outs: it sends what a person would send, as Twilio would send it, and shows what comes back.
Fields: https://www.twilio.com/docs/messaging/guides/webhook-request and …/docs/voice/twiml#request-parameters.
"""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from suppression.contact import country_of, parse
from suppression.texts import say
from web.console import twiml
from web.console.carrier import DOORS, Carrier
from web.console.state import Bubble, Call, Phone, Step
from web.console.twiml import Unanswered

LONGEST = 1600  # Twilio's own limit for a message
KEYS = frozenset("0123456789*#")
MOST_DOCUMENTS = 20  # a document that leads to itself must end somewhere
ACCOUNT = f"AC{'0' * 32}"
WITHHELD = "anonymous"  # Twilio's From where the caller's number is hidden
CONFIDENCE = "0.94"  # what one types was surely understood


class Handset:
    """The phone in the hand of somebody who reaches our number `ours`."""

    def __init__(self, carrier: Carrier, ours: str) -> None:
        self._carrier = carrier
        self._ours = ours
        self._actions: dict[str, Callable[[Phone, str], Phone]] = {
            "sms": self.write, "call": self.call, "key": self.press, "say": self.speak, "wait": self.wait, "hangup": self.hang_up,
        }  # fmt: skip

    def act(self, phone: Phone, action: str, words: str) -> Phone:
        """The phone after one action of the page; an unknown one changes nothing."""
        known = self._actions.get(action)
        return known(phone, words) if known else phone

    def write(self, phone: Phone, words: str) -> Phone:
        """Sends a message and shows the answers."""
        words = words.strip()[:LONGEST]
        if not words:
            return phone
        try:
            document = self._carrier.post(f"{DOORS}sms", self._message(phone, words))
            answers = tuple(Bubble("them", it) for it in twiml.messages(document)) or (_note("silent", phone),)
        except Unanswered as why:
            answers = (_note("unanswered", phone, why=why),)
        return phone.with_messages(Bubble("me", words), *answers)

    def call(self, phone: Phone, withheld: str) -> Phone:
        """Calls; the number is hidden where `withheld` says anything."""
        call = Call(f"CA{phone.next_id}", WITHHELD if withheld else phone.number)
        return self._fetch(phone, call, f"{DOORS}voice", {})

    def press(self, phone: Phone, key: str) -> Phone:
        """Presses a key: digits gather until there are as many as asked for, or until the key that ends them."""
        call, gather = _waiting(phone)
        if call is None or gather is None or key not in KEYS or not gather.keys:
            return phone
        if key == gather.finish:
            return self.wait(phone, "")
        call = replace(call, typed=call.typed + key)
        phone = phone.changed(call=call, tab="call")
        return self.wait(phone, "") if len(call.typed) == gather.most else phone

    def speak(self, phone: Phone, words: str) -> Phone:
        """Says something, as it would be recognised; where nobody listens it is lost, as in a real call."""
        call, gather = _waiting(phone)
        words = words.strip()[:LONGEST]
        if call is None or gather is None or not gather.speech or not words:
            return phone
        call = call.with_bubble(Bubble("me", f"« {words} »"))
        return self._answer(phone, call, gather, {"SpeechResult": words, "Confidence": CONFIDENCE})

    def wait(self, phone: Phone, _words: str) -> Phone:
        """Lets the time run out: what was typed is sent; nothing typed is silence."""
        call, gather = _waiting(phone)
        if call is None or gather is None:
            return phone
        if call.typed:
            return self._answer(phone, call.with_bubble(Bubble("me", call.typed)), gather, {"Digits": call.typed})
        call = call.with_bubble(_note("silence", phone))
        if gather.on_empty:
            return self._answer(phone, call, gather, {"Digits": ""})
        call, further = twiml.play(call, call.rest)
        return self._fetch(phone, call, further, {}) if further else _shown(phone, call)

    def hang_up(self, phone: Phone, _words: str) -> Phone:
        """Ends the call from the caller's side; nothing more is sent."""
        call, _ = _waiting(phone)
        return _shown(phone, replace(call, gather=None)) if call else phone

    def _answer(self, phone: Phone, call: Call, gather: Step, said: Mapping[str, str]) -> Phone:
        return self._fetch(phone, call, gather.url, said)

    def _fetch(self, phone: Phone, call: Call, further: str, said: Mapping[str, str]) -> Phone:
        """Fetches documents, each from where the last one leads, until the call waits or is over."""
        try:
            for _ in range(MOST_DOCUMENTS):
                call = replace(call, url=self._carrier.absolute(call.url, further))
                document = self._carrier.post(call.url, {**self._calling(call), **said})
                call, further = twiml.play(call, twiml.steps(document))
                said = {}
                if not further:
                    break
        except Unanswered as why:
            call = replace(call, gather=None).with_bubble(_note("unanswered", phone, why=why))
        return _shown(phone, call)

    def _message(self, phone: Phone, words: str) -> dict[str, str]:
        sid = f"SM{phone.next_id}"
        return {
            "MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01",
            "From": phone.number, "To": self._ours, "Body": words, "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received",
            "FromCountry": _country(phone.number), "ToCountry": _country(self._ours),
        }  # fmt: skip

    def _calling(self, call: Call) -> dict[str, str]:
        return {
            "CallSid": call.sid, "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "Direction": "inbound",
            "CallStatus": "in-progress" if call.bubbles else "ringing", "From": call.sender, "Caller": call.sender,
            "To": self._ours, "Called": self._ours,
        }  # fmt: skip


def _waiting(phone: Phone) -> tuple[Call | None, Step | None]:
    """The call that waits for the caller, and how it listens."""
    return (phone.call, phone.call.gather) if phone.call and phone.call.gather else (None, None)


def _shown(phone: Phone, call: Call) -> Phone:
    """The phone with the call on its screen; one that is over says so."""
    return phone.changed(call=call if call.gather else call.with_bubble(_note("ended", phone)), tab="call")


def _note(key: str, phone: Phone, **values: object) -> Bubble:
    return Bubble("note", say("phone", key, phone.lang, **values))


def _country(number: str) -> str:
    return country_of(parse(number)) or ""
