"""An agent's outbound call: Twilio asks what to do, and dials only where the check says allow.

The person is `Number`, or else `To`; `callerId` or `From` is the number of ours that shows, and names the brand.
Twilio: https://www.twilio.com/docs/voice/twiml/dial (`action`, `DialCallStatus`).
"""

from contextlib import suppress

from flask import Response
from twilio.twiml.voice_response import Dial, VoiceResponse

from suppression.contact import Contact, parse_sender
from suppression.errors import InvalidRequest, NotFound, StoreUnavailable
from suppression.records import ALL_BRANDS, Audience, Channel, Outcome, Verdict
from suppression.service import Terms
from webhooks.call import NOBODY
from webhooks.knock import Knock, is_phone, xml
from webhooks.speech import goodbye, path

# DialCallStatus in our words; None: the call was not made, and the reserved attempt is given back.
OUTCOMES: dict[str, Outcome | None] = {
    "completed": "answered",
    "answered": "answered",
    "busy": "busy",
    "no-answer": "no_answer",
    "failed": "failed",
    "canceled": None,
}
SHOWN = ("callerId", "CallerId", "From")  # where the number of ours stands that the person will see
NO = frozenset({"", "false", "no", "0"})  # what a client may say of a call that is not automated
AUDIENCES: dict[str, Audience] = {"business": "business"}  # a parameter of the agent's client; else the stricter one


def answer(knock: Knock) -> Response:
    """Dials on allow, with the attempt reserved; says why not otherwise, and never dials where it could not be checked."""
    ours = shown_number(knock)
    brand = knock.service.brands.of_number(ours.address if ours else "")
    lang = knock.spoken_language(NOBODY, brand)
    if ours is None or brand == ALL_BRANDS:
        return xml(goodbye(lang, "dial_no_line"))
    person = person_of(knock)
    if not is_phone(parse_sender(person, knock.settings.region)):
        return xml(goodbye(lang, "dial_no_number"))
    try:
        verdict = knock.service.reserve(person, terms_of(knock, brand, lang))
    except StoreUnavailable:
        return xml(goodbye(lang, "dial_unchecked"))
    if not verdict.allowed or verdict.reservation is None:
        return xml(goodbye(lang, "dial_denied", reasons=reasons_of(verdict)))
    return xml(connect(knock, verdict.question.contact, ours, verdict.reservation))


def done(knock: Knock) -> Response:
    """Records how the call ended, once; a reservation that is settled already, or too old to give back, stays as it is."""
    state = knock.get("DialCallStatus").lower()
    if state in OUTCOMES:
        with suppress(NotFound, InvalidRequest):
            settle(knock, knock.step("reservation"), OUTCOMES[state])
    document = VoiceResponse()
    document.hangup()
    return xml(document)


def settle(knock: Knock, reservation: str, outcome: Outcome | None) -> None:
    """The outcome of a reserved attempt, or the attempt given back. Raises NotFound, InvalidRequest, StoreUnavailable."""
    by = agent_of(knock)
    if outcome is None:
        knock.service.release(reservation, by)
    else:
        knock.service.confirm(reservation, outcome, by)


def connect(knock: Knock, person: Contact, ours: Contact, reservation: str) -> VoiceResponse:
    """Dials the person; the agent hears it ring, and the call counts as answered only when it is."""
    document = VoiceResponse()
    action = path(knock.settings, "dial/done", reservation=reservation)
    dialling: Dial = document.dial(action=action, method="POST", caller_id=ours.address, answer_on_bridge=True)
    dialling.number(person.address)
    return document


def terms_of(knock: Knock, brand: str, lang: str) -> Terms:
    """What is asked: a call now, for what the agent's client says; an audience it does not name is a consumer.

    Whatever it says of `automated` but no is a yes: a machine that spells it otherwise is one all the same.
    """
    return Terms(
        Channel.VOICE, brand, AUDIENCES.get(knock.get("audience"), "consumer"), knock.get("purpose") or None,
        agent=agent_of(knock), lang=lang, caller=knock.get("caller")[:100] or None,
        automated=knock.get("automated").lower() not in NO,
    )  # fmt: skip


def person_of(knock: Knock) -> str:
    """The number that the agent asked for."""
    return knock.get("Number") or knock.get("To")


def agent_of(knock: Knock) -> str:
    """Who calls: the client's or SIP user's name; a plain telephone is not named, for the ledger holds no numbers."""
    caller = knock.get("From")
    return caller[:80] if caller.startswith(("client:", "sip:")) else "twilio"


def shown_number(knock: Knock) -> Contact | None:
    """The number of ours that the person will see: one that a brand claims, else any, else the only brand's first."""
    named = [it for name in SHOWN if is_phone(it := parse_sender(knock.get(name)))]
    claimed = {it for brand in knock.service.brands.by_key.values() for it in brand.twilio_numbers}
    first = [parse_sender(it) for it in sorted(claimed)[:1] if knock.service.brands.only]
    return next((it for it in named if it.address in claimed), None) or next(iter([*named, *first]), None)


def reasons_of(verdict: Verdict) -> str:
    """Every reason, as sentences to be said."""
    return ". ".join(it.text.rstrip(".") for it in verdict.reasons)
