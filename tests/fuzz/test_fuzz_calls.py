"""Calls that no caller makes: any step at any time, replayed, out of order, with any field; what is said stays true.

An opt-out is allowed only where somebody pressed 9, said so, or confirmed a number that we had sealed.
"""

import random
from collections.abc import Mapping
from urllib.parse import parse_qs, quote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from tests.webhooks.signed import ANNA, OTHERS, OURS, Twilio, empty, words

from .answers import next_steps, twiml
from .effort import tries
from .texts import EITHER, LIKE_A_NUMBER

STOPS = ("stop", "Arrêtez de m'appeler.", "ne m'appelez plus", "supprimez mes données")
NOTHINGS = ("bonjour", "pardon ?", "oui", "start", "quelle heure est-il ?", "rappelez-moi demain", "")
CALLERS = [
    *[ANNA] * 6,
    *["anonymous"] * 4,
    "+266696687",
    "",
    "36105",
    "client:box",
    "sip:box@example.com",
    "\ud83d",
    "+1" + "0" * 40,
]
KEYS = ["9", "99", "1", "2", "0", "#", "*", "0612345678", "00447700900123", "9" * 300, "９", "٩", "9\x00", " 9 "]
CALL = st.fixed_dictionaries({
    "CallSid": st.sampled_from(["CA1", "CA2", ""]), "From": st.sampled_from(CALLERS), "To": st.sampled_from([OURS, OTHERS, "", "+33100000000"]),
})  # fmt: skip
LIKELY = st.sampled_from([
    {"Digits": "9"}, {"Digits": "0612345678"}, {"Digits": "1"}, {"Digits": "2"}, {"SpeechResult": "stop", "Confidence": "0.9"},
    {"SpeechResult": "bonjour"}, {},
])  # fmt: skip
ODD = st.fixed_dictionaries(
    {},
    optional={
        "Digits": st.sampled_from(KEYS) | LIKE_A_NUMBER,
        "SpeechResult": st.sampled_from(STOPS + NOTHINGS),
        "Confidence": st.sampled_from(["0.93", "0.1", "", "nan", "-inf", "1e999", "٣", "0.5 "]) | EITHER,
        "CallStatus": st.sampled_from(["ringing", "in-progress", "completed", "failed", "no-answer", "?"]),
        "Direction": st.sampled_from(["inbound", "outbound-api", "outbound-dial", "sideways"]),
    },
)  # fmt: skip
NUMBERS = st.sampled_from(["0", "1", "2", "3", "5", "99", "100", "-1", "x", "٣", "", "1e9"])
OWN_QUERY = st.fixed_dictionaries(
    {"step": st.sampled_from(["menu", "typed", "confirm", "start", ""]) | EITHER},
    optional={"turn": NUMBERS, "quiet": NUMBERS, "tries": NUMBERS, "number": EITHER},
)
Step = tuple[Mapping[str, str] | str | None, int, Mapping[str, str]]
LED = st.none()  # to an address of an earlier answer, mostly the last
STEP = st.tuples(
    LED | LED | LED | OWN_QUERY | st.just("bytes"), st.integers(0, 2) | st.integers(0, 2**16), LIKELY | LIKELY | ODD
)


def address(own: Mapping[str, str] | str | None, which: int, known: list[str]) -> str:
    """An address that an earlier answer led to, one of the stranger's own making, or bytes."""
    if own is None:
        return known[-1 - which % len(known)]
    if isinstance(own, str):
        noise = random.Random(which).randbytes(12)
        return f"/webhooks/twilio/voice?step={quote(noise)}&{quote(noise, safe='=&;%')}"
    query = "&".join(f"{name}={quote(it.encode('utf-8', 'replace'))}" for name, it in own.items())
    return f"/webhooks/twilio/voice?{query}"


def may_stop(url: str, fields: Mapping[str, str], sealed: set[str]) -> bool:
    """Whether such a step may opt somebody out, read off its own words."""
    query = parse_qs(urlsplit(url).query)
    step, digits = query.get("step", [""])[0], fields.get("Digits", "").strip()
    if step == "confirm":
        return digits == "1" and query.get("number", [""])[0] in sealed
    return step == "menu" and (set(digits) == {"9"} or (not digits and fields.get("SpeechResult") in STOPS))


@tries(150)
@given(CALL, st.lists(STEP, min_size=3, max_size=14))
def test_any_steps_in_any_order(twilio: Twilio, call: Mapping[str, str], steps: list[Step]) -> None:
    empty(twilio)
    known, sealed, allowed = ["/webhooks/twilio/voice"], set[str](), 0
    for own, which, fields in steps:
        url = address(own, which, known)
        clean = {name: it.encode("utf-8", "replace").decode() for name, it in {**call, **fields}.items()}
        allowed += may_stop(url, clean, sealed)
        document = twiml(twilio.post(f"{twilio.public}{url}", clean))
        assert document is not None, "a caller would hear Twilio's own fault"
        led = next_steps(document)
        assert all(it.startswith("/webhooks/twilio/voice?step=") for it in led)
        known += led
        sealed |= {number for it in led for number in parse_qs(urlsplit(it).query).get("number", [])}
    stops = [it for it in words(twilio) if it in ("opted_out", "repeated", "request_opened")]
    assert len(stops) <= 2 * allowed, "somebody was opted out who had not asked for it"


DIALS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("To", "Number", "From", "callerId", "CallerId"), st.sampled_from([ANNA, OURS, OTHERS, "client:jeanne"]) | LIKE_A_NUMBER | EITHER),
        "DialCallStatus": st.sampled_from(["completed", "busy", "canceled", "failed", "?"]),
        **dict.fromkeys(("audience", "purpose", "CallSid", "Direction", "MessageStatus", "ErrorCode", "SmsSid"), st.sampled_from(["business", "21610", "failed"]) | EITHER),
    },
)  # fmt: skip


@tries(60)
@given(st.sampled_from(["/dial", "/dial/done", "/status"]), EITHER, DIALS)
def test_any_call_of_an_agent(twilio: Twilio, door: str, reservation: str, fields: Mapping[str, str]) -> None:
    clean = {name: it.encode("utf-8", "replace").decode() for name, it in fields.items()}
    query = quote(reservation.encode("utf-8", "replace"))
    document = twiml(twilio.post(f"{twilio.public}/webhooks/twilio{door}?reservation={query}", clean))
    assert document is not None or door == "/status"
    assert all(it.startswith("/webhooks/twilio/dial/done?") for it in next_steps(document))
