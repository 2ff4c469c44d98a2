"""What people write, what is done, and what they are answered: tables of behaviour, with the reason beside each odd input."""

import xml.etree.ElementTree as ET
from urllib.parse import quote_from_bytes, urlencode

import pytest
from signed import ANNA, OTHERS, OURS, Twilio, denied, events, message, verdict, words

from suppression.contact import Contact, Kind
from suppression.records import Channel
from suppression.texts import languages, say

EMOJI = "🛑" * 1600
FORTY = "+" + "1" * 40


def told(reply) -> str:
    """The text of the answer; empty where there is none."""
    assert (reply.status_code, reply.content_type) == (200, "text/xml; charset=utf-8")
    document = ET.fromstring(reply.get_data())
    assert document.tag == "Response"
    return "".join(it.text or "" for it in document.iter("Message"))


@pytest.mark.parametrize(
    ("body", "sender", "said"),
    [
        ("Stop svp", ANNA, "plus aucun appel"),
        ("arrêtez", ANNA, "plus aucun appel"),
        ("please leave me alone", "+447700900123", "no more calls"),
        ("Bitte kontaktieren Sie mich nicht mehr", "+4915112345678", "keine Anrufe"),
        ("no me llamen más", "+34612345678", "ninguna llamada"),
        ("arrêtez", "+34612345678", "ninguna llamada"),  # one word tells no language: the country does
    ],
)
def test_a_stop_is_durable_answered_in_the_senders_language_and_denied(
    twilio: Twilio, body: str, sender: str, said: str
) -> None:
    answer = told(twilio.sms(body, From=sender))
    assert said in answer
    assert "Acme SAS" in answer
    assert "START" in answer
    assert all(denied(twilio, sender, channel) for channel in (Channel.SMS, Channel.VOICE, Channel.WHATSAPP))


def test_the_number_that_was_written_to_names_the_brand(twilio: Twilio) -> None:
    assert "Zénith &amp; Co" in twilio.sms("Stop svp", To=OTHERS).get_data(as_text=True)
    assert denied(twilio, brand="zenith")
    assert not denied(twilio, brand="acme")


def test_a_number_that_no_brand_claims_stops_them_all(twilio: Twilio) -> None:
    assert "Toutes nos sociétés" in told(twilio.sms("Stop svp", To="+33162999999"))
    assert denied(twilio, brand="zenith")
    assert denied(twilio, brand="acme")


def test_a_brand_without_a_name_is_us(start) -> None:
    assert told(start(STOPLISTE_BRANDS=None).sms("Stop svp")).startswith("Notre société")


@pytest.mark.parametrize(
    ("body", "reasons"),
    [("STOP", True), ("stop", True), (" Unsubscribe ", True), ("STOPALL", True), ("CANCEL", True), ("End", True),
     ("QUIT", True), ("REVOKE", True), ("OptOut", True), ("HELP", False), ("info", False)],
)  # fmt: skip
def test_twilios_own_words_are_honoured_and_not_answered_twice(twilio: Twilio, body: str, reasons: bool) -> None:
    assert told(twilio.sms(body)) == ""
    assert denied(twilio) is reasons


@pytest.mark.parametrize("body", ["START", "yes", "Unstop"])
def test_twilios_words_of_return_reopen_sms_only(twilio: Twilio, body: str) -> None:
    twilio.sms("STOP", "SM1")
    assert told(twilio.sms(body, "SM2")) == ""
    assert verdict(twilio).allowed
    assert denied(twilio, channel=Channel.VOICE)


@pytest.mark.parametrize(
    ("body", "fields", "why"),
    [
        (
            "STOP",
            {"From": f"whatsapp:{ANNA}", "To": f"whatsapp:{OURS}"},
            "Twilio answers nothing by default on WhatsApp",
        ),
        ("STOP", {"To": "36105"}, "nor on short codes"),
        ("STOP please", {}, "nor to more than the bare word"),
        ("arrêt", {}, "nor in other languages"),
    ],
)
def test_we_answer_where_twilio_does_not(twilio: Twilio, body: str, fields: dict[str, str], why: str) -> None:
    assert told(twilio.sms(body, **fields))
    assert denied(twilio)


@pytest.mark.parametrize(
    ("kind", "body", "channel"),
    [("STOP", "Basta ya", Channel.SMS), ("stop", "xyzzy", Channel.SMS), ("STOP", "xyzzy", Channel.WHATSAPP)],
)
def test_advanced_opt_out_is_honoured_and_not_answered(twilio: Twilio, kind: str, body: str, channel: Channel) -> None:
    scheme = "whatsapp:" if channel is Channel.WHATSAPP else ""
    assert told(twilio.sms(body, OptOutType=kind, MessagingServiceSid="MG0", From=f"{scheme}{ANNA}")) == ""
    assert denied(twilio)


def test_advanced_opt_out_knows_start_and_help(twilio: Twilio) -> None:
    twilio.sms("STOP", "SM1")
    assert told(twilio.sms("rejoindre", "SM2", OptOutType="START")) == ""
    assert verdict(twilio).allowed
    assert told(twilio.sms("au secours", "SM3", OptOutType="HELP")) == ""
    assert verdict(twilio).allowed


def test_an_opt_out_type_that_nobody_knows_is_words(twilio: Twilio) -> None:
    assert told(twilio.sms("Stop svp", OptOutType="PAUSE"))
    assert denied(twilio)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("supprimez toutes mes données personnelles", "sous un mois"),
        ("plus de sms, mais vous pouvez m'appeler", "SMS"),
        ("aide", "dpo@acme.example"),
        ("reprendre", "de nouveau"),
        ("Merci, à demain !", ""),
        ("", ""),
    ],
)
def test_what_came_back_is_what_is_said(twilio: Twilio, body: str, said: str) -> None:
    answer = told(twilio.sms(body))
    assert said in answer
    assert bool(answer) is bool(said)


def test_a_narrower_wish_is_repeated_as_it_was_said(twilio: Twilio) -> None:
    assert "fait pour : SMS" in told(twilio.sms("plus de sms, mais vous pouvez m'appeler"))
    assert denied(twilio)
    assert not denied(twilio, channel=Channel.VOICE)


def test_whatsapp_and_rcs(twilio: Twilio) -> None:
    told(twilio.sms("bonjour", From=f"whatsapp:{ANNA}", To=f"whatsapp:{OURS}", ProfileName="Anna"))
    told(
        twilio.sms(
            "", "SM2", From=f"rcs:{ANNA}", To="rcs:acme_agent", ButtonText="Me désinscrire", ButtonPayload="STOP"
        )
    )
    assert denied(twilio)
    [heard, stopped] = twilio.service.dossier(twilio.service.contact(ANNA))["events"]
    assert (heard["via"], stopped["opt_out"]["via"]) == ("whatsapp", "sms")


@pytest.mark.parametrize(
    ("payload", "stops"), [("STOP", True), ("unsubscribe", True), ("CANCEL", False), ("YES", False)]
)
def test_a_buttons_hidden_answer_stops_only_where_it_can_mean_nothing_else(
    twilio: Twilio, payload: str, stops: bool
) -> None:
    twilio.sms("Merci", From=f"whatsapp:{ANNA}", ButtonText="Merci", ButtonPayload=payload)
    assert denied(twilio) is stops


def test_a_button_that_confirms_an_appointment_reopens_nothing(twilio: Twilio) -> None:
    twilio.sms("stop svp", "SM1", From=f"whatsapp:{ANNA}")
    twilio.sms("Je confirme", "SM2", From=f"whatsapp:{ANNA}", ButtonText="Je confirme", ButtonPayload="YES")
    assert denied(twilio, channel=Channel.WHATSAPP)


@pytest.mark.parametrize(
    ("sender", "kept", "why"),
    [
        ("36105", "36105", "a short code cannot be answered"),
        ("729725", "729725", "six digits are one too, in every country"),
        ("ACME", "ACME", "nor can a name"),
        (FORTY, FORTY, "nor a number with 40 digits, which is none"),
        ("messenger:123456", "messenger:123456", "nor a channel that we do not know"),
        ("+33 6 12", "+33 6 12", "nor half a number"),
    ],
)
def test_who_cannot_be_answered_is_kept_all_the_same(twilio: Twilio, sender: str, kept: str, why: str) -> None:
    assert told(twilio.sms("Stop svp", From=sender)) == ""
    assert twilio.service.dossier(Contact(Kind.SENDER, kept))["events"][0]["private"]["words"] == "Stop svp"


@pytest.mark.parametrize("fields", [{"From": ""}, {"From": "  "}])
def test_a_message_from_nobody_is_kept_and_refused(twilio: Twilio, fields: dict[str, str]) -> None:
    reply = twilio.sms("arrêtez svp", **fields)
    assert (reply.status_code, reply.content_type) == (400, "application/problem+json")
    assert twilio.service.dossier(Contact(Kind.SENDER, "anonymous"))["events"][0]["private"]["words"] == "arrêtez svp"


@pytest.mark.parametrize(
    ("body", "stops", "why"),
    [
        (EMOJI, True, "the longest message there is: a stop sign is a STOP, and 1,600 of them are one"),
        (f"{EMOJI[:1500]} stop", True, "a word behind many pictures"),
        ("\x00\x01 stop svp \x7f", True, "control characters"),
        ("ＳＴＯＰ　ｓｖｐ", True, "full width letters"),
        ("<Response><Message>hi</Message></Response>", False, "somebody plays with TwiML"),
        ("x" * 100_000, False, "more than any SMS holds"),
    ],
)
def test_odd_bodies_are_taken(twilio: Twilio, body: str, stops: bool, why: str) -> None:
    told(twilio.sms(body))
    assert denied(twilio) is stops
    assert len(events(twilio)) == 1


@pytest.mark.parametrize(
    ("body", "meant", "stops", "why"),
    [
        (b"\xed\xa0\xbd", "\ufffd" * 3, False, "half an emoji, in bytes that UTF-8 forbids"),
        (
            "stop s'il vous plaît".encode("latin-1"),
            "stop s'il vous pla\ufffdt",
            True,
            "Latin-1: a letter is lost, the word is not",
        ),
        (b"stop svp \xff\xfe", "stop svp \ufffd\ufffd", True, "bytes of no encoding"),
    ],
)
def test_bytes_that_are_no_utf8(twilio: Twilio, body: bytes, meant: str, stops: bool, why: str) -> None:
    fields = message("")
    del fields["Body"]
    form = f"{urlencode(fields)}&Body={quote_from_bytes(body)}".encode()
    told(twilio.raw("/sms", form, {**fields, "Body": meant}))
    assert denied(twilio) is stops
    assert len(events(twilio)) == 1


def test_a_picture_without_words_asks_for_nothing(twilio: Twilio) -> None:
    assert (
        told(twilio.sms("", NumMedia="1", MediaUrl0="https://api.twilio.com/x", MediaContentType0="image/jpeg")) == ""
    )
    assert words(twilio) == []


def test_a_form_beyond_the_limit_is_refused(twilio: Twilio) -> None:
    assert twilio.sms("x" * 300_000).status_code == 413
    assert words(twilio) == []


def test_a_field_that_comes_twice_is_read_twice(twilio: Twilio) -> None:
    fields = [*message("bonjour").items(), ("Body", "stop svp")]
    told(twilio.post("/sms", fields))
    assert denied(twilio)


@pytest.mark.parametrize("body", ["Stop svp", "STOP", "aide", "bonjour", "supprimez toutes mes données personnelles"])
def test_the_same_message_twice_is_one_event_and_one_answer(twilio: Twilio, body: str) -> None:
    first, once = told(twilio.sms(body)), events(twilio)
    assert told(twilio.sms(body)) == first
    assert events(twilio) == once


def test_a_start_that_is_replayed_after_a_later_stop_does_nothing(twilio: Twilio) -> None:
    for sid, body in (("SM1", "STOP"), ("SM2", "START"), ("SM3", "STOP"), ("SM2", "START")):
        told(twilio.sms(body, sid))
    assert denied(twilio)


def test_messages_without_an_id_are_never_taken_for_each_other(twilio: Twilio) -> None:
    for body in ("STOP", "START", "STOP"):
        told(twilio.sms(body, MessageSid="", SmsSid="", SmsMessageSid=""))
    assert denied(twilio)


def test_a_second_stop_is_a_success(twilio: Twilio) -> None:
    assert told(twilio.sms("Stop svp", "SM1"))
    assert told(twilio.sms("Stop svp", "SM2"))
    assert events(twilio) == ["opted_out", "repeated"]


@pytest.mark.parametrize("body", ["Stop svp", "STOP"])
def test_what_nothing_can_take_in_is_to_be_sent_again(twilio: Twilio, body: str) -> None:
    with twilio.outage(), twilio.lost_journal():
        reply = twilio.sms(body)
    assert (reply.status_code, reply.content_type) == (503, "application/problem+json")
    assert "Message" not in reply.get_data(as_text=True)
    told(twilio.sms(body))
    assert denied(twilio)


@pytest.mark.parametrize("body", ["aide", "bonjour"])
def test_while_the_store_is_away_only_a_stop_is_taken_in(twilio: Twilio, body: str) -> None:
    with twilio.outage():
        assert twilio.sms(body).status_code == 503
    assert words(twilio) == []


@pytest.mark.parametrize("body", ["START", "start svp"])
def test_while_the_store_is_away_a_start_is_asked_for_again(twilio: Twilio, body: str) -> None:
    """Twilio answers START by itself; that it did not reach us must be said all the same."""
    twilio.sms("Stop svp", "SM0")
    with twilio.outage():
        assert told(twilio.sms(body)) == say("sms", "again", "fr")
    assert denied(twilio)


def test_while_the_store_is_away_the_journal_keeps_the_word(twilio: Twilio) -> None:
    with twilio.outage():
        assert "plus aucun appel" in told(twilio.sms("Stop svp"))
    assert denied(twilio)


def test_where_several_hosts_serve_it_is_kept_but_not_in_effect(start) -> None:
    twilio = start(STOPLISTE_HOSTS="many")
    with twilio.outage():
        assert told(twilio.sms("Stop svp")) == say("sms", "kept", "fr", brand="Acme SAS")
        assert told(twilio.sms("STOP", "SM2")) == ""
    assert denied(twilio)


def test_no_answer_holds_a_question_that_yes_would_answer() -> None:
    """YES and OUI count as START."""
    for lang in languages("sms"):
        assert "?" not in say("sms", "asked", lang)
        assert "STOP" in say("sms", "asked", lang)


def test_every_language_says_everything() -> None:
    keys = ("stopped", "stopped_some", "kept", "started", "help", "erasure", "asked", "late", "us", "everyone")
    values = {"brand": "Acme", "channels": "SMS", "here": "SMS", "contact": ""}
    assert languages("sms") == ("fr", "en", "es", "de", "it", "pt", "nl")
    said = {lang: [say("sms", key, lang, **values) for key in keys] for lang in languages("sms")}
    assert all(len(set(texts)) == len(keys) for texts in said.values())
    assert all("{" not in text for texts in said.values() for text in texts)
    assert all("START" in texts[0] and "Acme" in texts[0] for texts in said.values())


def test_nothing_that_is_unknown_gets_in_by_get(twilio: Twilio) -> None:
    assert twilio.app.test_client().get("/webhooks/twilio/sms").status_code == 405
    assert words(twilio) == []
