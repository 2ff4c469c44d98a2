"""Agents' calls: dialled only on allow, with the attempt reserved; the outcome recorded, once. And the status callbacks."""

from datetime import timedelta
from typing import Any

import pytest
from call import Call, keys
from signed import ANNA, OTHERS, OURS, Twilio, denied, events, message, words

from suppression.records import ALL_CHANNELS, Channel
from suppression.texts import say

AGENT = {"From": "client:jeanne", "To": ANNA, "callerId": OURS, "Direction": "inbound", "audience": "business"}


def dial(twilio: Twilio, status: str = "completed", sid: str = "CA1", **fields: str) -> Call:
    return Call(twilio, sid, fields={**AGENT, **fields}).run(
        [{"DialCallStatus": status, "DialCallSid": "CA9"}], "/dial"
    )


def attempts(twilio: Twilio, contact: str = ANNA) -> list[dict[str, Any]]:
    return twilio.service.dossier(twilio.service.contact(contact))["facts"].get("attempts", [])


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("completed", "answered"),
        ("answered", "answered"),
        ("busy", "busy"),
        ("no-answer", "no_answer"),
        ("failed", "failed"),
    ],
)
def test_on_allow_it_dials_and_the_outcome_is_recorded(twilio: Twilio, status: str, outcome: str) -> None:
    call = dial(twilio, status)
    assert [(it["number"], it["callerId"], it["answerOnBridge"]) for it in call.dialled] == [(ANNA, OURS, "true")]
    assert [it["outcome"] for it in attempts(twilio)] == [outcome]
    assert attempts(twilio)[0]["agent"] == "client:jeanne"


def test_a_cancelled_call_gives_the_attempt_back(twilio: Twilio) -> None:
    dial(twilio, "canceled")
    assert attempts(twilio) == []


@pytest.mark.parametrize("status", ["", "ringing", "COMPLETED!", "null"])
def test_an_outcome_that_nobody_knows_leaves_the_attempt_counted(twilio: Twilio, status: str) -> None:
    dial(twilio, status)
    assert [it["outcome"] for it in attempts(twilio)] == ["reserved"]


@pytest.mark.parametrize("status", ["completed", "canceled"])
def test_the_end_of_a_call_twice_is_one_event(twilio: Twilio, status: str) -> None:
    call = dial(twilio, status)
    once = events(twilio)
    assert twilio.post(call.urls[-1], {**call.base(), "DialCallStatus": "completed"}).status_code == 200
    assert events(twilio) == once


@pytest.mark.parametrize("reservation", ["", "rsv_00ffff", "rsv_99", "vrd_x", "é"])
def test_the_end_of_no_call_of_ours_is_acknowledged(twilio: Twilio, reservation: str) -> None:
    url = f"/dial/done?reservation={reservation}".replace("é", "%C3%A9")
    assert "<Hangup" in twilio.post(url, {"DialCallStatus": "completed"}).get_data(as_text=True)
    assert words(twilio) == []


def test_who_said_stop_is_not_dialled_and_the_agent_hears_why(twilio: Twilio) -> None:
    twilio.sms("STOP")
    call = dial(twilio)
    assert call.dialled == []
    assert "Appel refusé. S'est opposé" in call.heard[-1]
    assert attempts(twilio) == []


@pytest.mark.parametrize(
    "number", ["", "12", "ACME", "client:jeanne", "a@b.example", "telegram:123456", "+" + "1" * 40]
)
def test_what_is_no_number_is_not_dialled(twilio: Twilio, number: str) -> None:
    call = dial(twilio, To=number)
    assert call.dialled == []
    assert "Appel refusé" in call.heard[-1]


def test_number_wins_over_to(twilio: Twilio) -> None:
    call = dial(twilio, To=OURS, Number="+33698765432")
    assert [it["number"] for it in call.dialled] == ["+33698765432"]


def test_the_number_that_shows_names_the_brand(twilio: Twilio) -> None:
    twilio.sms("Stop svp", To=OTHERS)
    assert dial(twilio, callerId=OTHERS).dialled == []
    assert dial(twilio, sid="CA2", callerId="", From=OTHERS).dialled == []
    assert len(dial(twilio, sid="CA3", callerId="", From=OURS).dialled) == 1


@pytest.mark.parametrize("shown", ["", "+33698765432", "ACME"])
def test_a_number_of_no_brand_is_not_shown(twilio: Twilio, shown: str) -> None:
    call = dial(twilio, callerId=shown)
    assert call.dialled == []
    assert call.heard == [say("voice", "dial_no_line", "fr")]


def test_where_there_is_one_brand_its_door_needs_no_name(start) -> None:
    twilio = start(STOPLISTE_BRANDS=None)
    assert [it["callerId"] for it in dial(twilio, callerId="+33199001234").dialled] == ["+33199001234"]


def test_while_the_store_is_away_nobody_is_dialled(twilio: Twilio) -> None:
    with twilio.outage():
        call = dial(twilio)
        assert call.dialled == []
        assert call.heard == [say("voice", "dial_unchecked", "fr")]


def test_while_the_store_is_away_the_outcome_is_asked_for_again(twilio: Twilio) -> None:
    with twilio.outage():
        assert twilio.post("/dial/done?reservation=rsv_00ff", {"DialCallStatus": "busy"}).status_code == 503


def test_an_agents_own_number_is_not_written_into_the_ledger(twilio: Twilio) -> None:
    dial(twilio, From="+33698765432")
    assert attempts(twilio)[0]["agent"] == "twilio"


def test_a_consumer_is_not_dialled_without_a_consent(twilio: Twilio) -> None:
    """L223-1 as of 11 August 2026: what the client does not say is a consumer."""
    call = dial(twilio, audience="")
    assert call.dialled == []
    assert "Appel refusé" in call.heard[-1]


@pytest.mark.parametrize(("said", "dialled"), [("", 1), ("false", 1), ("No", 1), ("true", 0), ("1", 0), ("oui", 0)])
def test_a_machine_is_not_dialled_without_a_consent_to_that(twilio: Twilio, said: str, dialled: int) -> None:
    """CPCE L34-5: businesses too; whatever is said of it but no is a yes."""
    assert len(dial(twilio, automated=said).dialled) == dialled


def test_a_third_party_is_not_dialled_for_by_a_consent_that_does_not_name_it(twilio: Twilio) -> None:
    service, proof = twilio.service, {"form": "7"}
    service.permit(
        service.contact(ANNA), "consent", "tests", brand="acme", channels=ALL_CHANNELS,
        obtained_at=service.now() - timedelta(days=9), proof=proof, shared_with=("Phoning Plus",),
    )  # fmt: skip
    assert dial(twilio, audience="", caller="Ring Ring").dialled == []
    assert len(dial(twilio, sid="CA2", audience="", caller="Phoning Plus").dialled) == 1


def status(twilio: Twilio, **fields: str):
    return twilio.post("/status", {"MessageSid": "SM7", "From": OURS, "To": ANNA, "AccountSid": "AC0", **fields})


@pytest.mark.parametrize(
    ("state", "code", "to", "channels"),
    [
        ("failed", "21610", ANNA, ALL_CHANNELS),  # the person answered STOP
        ("undelivered", "21610", ANNA, ALL_CHANNELS),
        ("undelivered", "21610", f"rcs:{ANNA}", ALL_CHANNELS),
        ("undelivered", "63014", f"whatsapp:{ANNA}", {Channel.WHATSAPP}),  # blocked in the app
    ],
)
def test_a_persons_refusal_is_an_opt_out(
    twilio: Twilio, state: str, code: str, to: str, channels: set[Channel]
) -> None:
    assert status(twilio, MessageStatus=state, ErrorCode=code, To=to).status_code == 204
    assert {it for it in ALL_CHANNELS if denied(twilio, channel=it)} == channels
    assert not denied(twilio, channel=Channel.SMS, brand="zenith")
    assert twilio.service.dossier(twilio.service.contact(ANNA))["facts"]["opt_outs"][0]["via"] == "twilio"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"MessageStatus": "undelivered", "ErrorCode": "30004"}, "blocked, by whomever: a phone that is off, too"),
        ({"MessageStatus": "undelivered", "ErrorCode": "30003"}, "unreachable"),
        ({"MessageStatus": "delivered", "ErrorCode": "21610"}, "it did arrive"),
        ({"MessageStatus": "delivered"}, "as it should be"),
        ({"MessageStatus": "failed", "ErrorCode": "21610", "To": "36105"}, "a short code is nobody's"),
        ({"MessageStatus": "failed", "ErrorCode": "21610", "To": ""}, "nor is nothing"),
        ({"CallStatus": "completed", "CallSid": "CA1"}, "a call"),
        ({"CallStatus": "busy", "ErrorCode": "21610"}, "a call, with a code of messages"),
        ({}, "nothing at all"),
    ],
)
def test_everything_else_is_acknowledged_and_leaves_no_trace(twilio: Twilio, fields: dict[str, str], why: str) -> None:
    assert status(twilio, **fields).status_code == 204
    assert words(twilio) == []


def test_a_status_twice_is_one_event(twilio: Twilio) -> None:
    for _ in range(2):
        status(twilio, MessageStatus="failed", ErrorCode="21610")
    assert events(twilio) == ["opted_out"]


def test_an_old_status_that_is_replayed_after_a_start_does_nothing(twilio: Twilio) -> None:
    status(twilio, MessageStatus="failed", ErrorCode="21610")
    twilio.post("/sms", message("START", "SM8"))
    status(twilio, MessageStatus="failed", ErrorCode="21610")
    assert not denied(twilio)


def test_a_refusal_is_kept_by_the_journal_or_asked_for_again(twilio: Twilio) -> None:
    with twilio.outage(), twilio.lost_journal():
        assert status(twilio, MessageStatus="failed", ErrorCode="21610").status_code == 503
    with twilio.outage():
        assert status(twilio, MessageStatus="failed", ErrorCode="21610").status_code == 204
    assert denied(twilio)


def test_a_call_that_was_dialled_leads_to_a_stop_all_the_same(twilio: Twilio) -> None:
    dial(twilio)
    Call(twilio, "CA5", {"From": OURS, "To": ANNA, "Direction": "outbound-dial"}).run([keys("9")])
    assert denied(twilio)
    assert dial(twilio, sid="CA6").dialled == []
