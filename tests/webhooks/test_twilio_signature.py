"""Who gets in: signed by a token in force, on the public address; everybody else is refused and leaves no trace."""

import hashlib
import json

import pytest
from signed import ANNA, OURS, TOKEN, Twilio, denied, message, words
from twilio.request_validator import SIGNATURE_HEADER, RequestValidator
from werkzeug.datastructures import MultiDict

from web.app import FORM_PARTS

OLD, NEW = "o" * 32, "n" * 32
LOCAL = "l" * 32
FICTITIOUS = "+33639981234"


def test_a_signed_stop_counts(twilio: Twilio) -> None:
    assert twilio.sms("Stop svp").status_code == 200
    assert denied(twilio)


@pytest.mark.parametrize("path", ["/sms", "/voice", "/dial", "/dial/done", "/status"])
@pytest.mark.parametrize(
    ("odd", "sent"),
    [
        ("no signature", {"signature": ""}),
        ("not base64", {"signature": "é" * 28}),
        ("signed by another token", {"token": "x" * 32}),
        (
            "signed with an algorithm that nobody knows",
            {"headers": {"X-Twilio-Webhooks-Signature-Settings": "algorithm=NONE"}},
        ),
        (
            "SHA-1 signature said to be SHA-256",
            {"headers": {"X-Twilio-Webhooks-Signature-Settings": "algorithm=HMAC_SHA256"}},
        ),
    ],
)
def test_what_is_not_signed_leaves_no_trace(twilio: Twilio, path: str, odd: str, sent: dict[str, str]) -> None:
    reply = twilio.post(path, message("STOP"), **sent)
    assert (reply.status_code, reply.content_type) == (403, "application/problem+json")
    assert reply.get_json()["code"] == "bad_signature"
    assert words(twilio) == []


def test_a_changed_field_breaks_the_signature(twilio: Twilio) -> None:
    right = RequestValidator(TOKEN).compute_signature(
        f"{twilio.public}/webhooks/twilio/sms", MultiDict(message("hello"))
    )
    assert twilio.post("/sms", message("STOP"), signature=right).status_code == 403
    assert words(twilio) == []


def test_a_changed_address_breaks_the_signature(twilio: Twilio) -> None:
    right = RequestValidator(TOKEN).compute_signature(
        f"{twilio.public}/webhooks/twilio/voice?step=menu&turn=1", MultiDict()
    )
    assert twilio.post("/voice?step=menu&turn=2", signature=right).status_code == 403


def test_the_host_that_a_proxy_shows_does_not_matter(twilio: Twilio) -> None:
    reply = twilio.post("/sms", message("Stop svp"), headers={"Host": "10.0.0.7:8000", "X-Forwarded-Proto": "http"})
    assert reply.status_code == 200


@pytest.mark.parametrize(("token", "status"), [(OLD, 200), (NEW, 200), (TOKEN, 403)])
def test_during_a_rotation_both_tokens_sign(start, token: str, status: int) -> None:
    twilio = start(TWILIO_AUTH_TOKEN=f"{NEW},{OLD}")
    assert twilio.post("/sms", message("Stop svp"), token=token).status_code == status
    assert denied(twilio) is (status == 200)


@pytest.mark.parametrize("algorithm", ["HMAC_SHA1", "HMAC_SHA256"])
def test_shared_keys_sign_with_the_algorithm_that_the_header_names(twilio: Twilio, algorithm: str) -> None:
    assert twilio.post("/sms", message("Stop svp"), algorithm=algorithm).status_code == 200


def test_repeated_fields_are_part_of_what_is_signed(twilio: Twilio) -> None:
    fields = [
        *message("Stop svp", NumMedia="2").items(),
        ("MediaUrl", "https://b.example"),
        ("MediaUrl", "https://a.example"),
    ]
    assert twilio.post("/sms", fields).status_code == 200
    assert denied(twilio)


def test_json_is_signed_by_its_hash(twilio: Twilio) -> None:
    assert json_sms(twilio, {**message("Stop svp")}).status_code == 200
    assert denied(twilio)


def test_json_with_half_a_character_loses_no_word(twilio: Twilio) -> None:
    assert json_sms(twilio, {**message("Stop svp \ud83d")}).status_code == 200
    assert denied(twilio)


@pytest.mark.parametrize(("body_sent", "hashed"), [("{}", True), (None, False)])
def test_json_that_is_not_what_was_signed_is_refused(twilio: Twilio, body_sent: str | None, hashed: bool) -> None:
    assert json_sms(twilio, message("STOP"), body_sent, hashed).status_code == 403
    assert words(twilio) == []


@pytest.mark.parametrize("body", ["[]", "not json", "12", '{"From": {"a": 1}}'])
def test_json_that_is_no_form_is_a_message_from_nobody(twilio: Twilio, body: str) -> None:
    assert json_sms(twilio, {}, body, meant=body).status_code == 400


def json_sms(twilio: Twilio, fields: object, sent: str | None = None, hashed: bool = True, meant: str | None = None):
    body = json.dumps(fields) if meant is None else meant
    query = f"?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}" if hashed else ""
    right = RequestValidator(TOKEN).compute_signature(f"{twilio.public}/webhooks/twilio/sms{query}", {})
    headers = {SIGNATURE_HEADER: right, "Content-Type": "application/json"}
    return twilio.app.test_client().post(
        f"/webhooks/twilio/sms{query}", data=body if sent is None else sent, headers=headers
    )


def test_without_a_token_it_says_so(start) -> None:
    twilio = start(TWILIO_AUTH_TOKEN=None)
    reply = twilio.sms("STOP")
    assert (reply.status_code, reply.get_json()["code"]) == (503, "twilio_not_configured")


@pytest.mark.parametrize("number", [FICTITIOUS, "+33199001234", "+33261911234", "+33353011234", "+33465711234", "+33536491234",
                                    "+12125550123", "+447700900123"])  # fmt: skip
def test_the_local_phone_takes_fictitious_numbers(start, number: str) -> None:
    phone = local(start)
    assert phone.post("/sms", message("STOP", From=number)).status_code == 200
    assert denied(phone, number)


def test_on_the_local_phone_nobody_but_us_answers(start) -> None:
    assert "<Message>" in local(start).post("/sms", message("STOP", From=FICTITIOUS)).get_data(as_text=True)


@pytest.mark.parametrize(
    ("odd", "fields", "sent"),
    [
        ("a real number", {"From": ANNA}, {}),
        ("a real number that looks like one of the films", {"From": "+33639971234"}, {}),
        ("one digit more", {"From": f"{FICTITIOUS}1"}, {}),
        ("a name, which could be anybody's", {"From": "ACME"}, {}),
        ("a real number at the far end", {"From": FICTITIOUS, "To": ANNA}, {}),
        ("a real number to be dialled", {"From": FICTITIOUS, "Number": ANNA}, {}),
        ("a real number typed in", {"From": "anonymous", "Digits": "0612345678"}, {}),
        (
            "a real number typed in, after a false one",
            [("From", "anonymous"), ("Digits", "0639981234"), ("Digits", "0612345678")],
            {},
        ),
        ("passed on by a proxy", {"From": FICTITIOUS}, {"headers": {"X-Forwarded-For": "203.0.113.9"}}),
        ("passed on, in the standard's word", {"From": FICTITIOUS}, {"headers": {"Forwarded": "for=203.0.113.9"}}),
        ("passed on by a cache", {"From": FICTITIOUS}, {"headers": {"Via": "1.1 cache"}}),
        ("from another machine", {"From": FICTITIOUS}, {"environ_base": {"REMOTE_ADDR": "203.0.113.9"}}),
        ("over a socket without an address", {"From": FICTITIOUS}, {"environ_base": {"REMOTE_ADDR": ""}}),
        ("by a name that was made to lead here", {"From": FICTITIOUS}, {"headers": {"Host": "127.0.0.1.evil.example"}}),
        ("by a name with a port", {"From": FICTITIOUS}, {"headers": {"Host": "evil.example:8000"}}),
        ("signed by another token", {"From": FICTITIOUS}, {"token": TOKEN}),
    ],
)
def test_the_local_phone_takes_nothing_else(start, odd: str, fields: object, sent: dict[str, object]) -> None:
    phone = local(start)
    given = fields if isinstance(fields, list) else message("STOP", **fields).items()
    assert phone.post("/sms", list(given), **sent).status_code == 403
    assert words(phone) == []


@pytest.mark.parametrize("more", [{"STOPLISTE_PUBLIC_URL": "https://stop.example"}, {"TWILIO_ACCOUNT_SID": "AC0"}])
def test_no_local_phone_beside_an_account_or_a_public_address(start, more: dict[str, str]) -> None:
    assert local(start, **more).post("/sms", message("STOP", From=FICTITIOUS)).status_code == 403


def test_the_local_token_signs_nothing_once_twilio_has_one(start) -> None:
    phone = local(start, TWILIO_AUTH_TOKEN=TOKEN)
    assert phone.post("/sms", message("STOP", From=FICTITIOUS)).status_code == 403
    assert phone.post("/sms", message("STOP"), token=TOKEN).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "localhost", "[::1]:8000", "LOCALHOST"])
def test_every_name_of_this_machine_will_do(start, host: str) -> None:
    assert local(start).post("/sms", message("STOP", From=FICTITIOUS), headers={"Host": host}).status_code == 200


def local(start, **more: str) -> Twilio:
    environment = {"TWILIO_AUTH_TOKEN": None, "STOPLISTE_PUBLIC_URL": None, "LOCAL_PHONE_TOKEN": LOCAL, **more}
    phone = start(**environment)
    phone.token = LOCAL
    return phone


def test_ours_may_stand_at_the_far_end_of_the_local_phone(start) -> None:
    assert local(start).post("/sms", message("STOP", From=FICTITIOUS, To=OURS)).status_code == 200


def test_a_form_of_more_fields_than_anybody_sends_is_refused(twilio: Twilio) -> None:
    many = {f"Field{n}": "x" for n in range(FORM_PARTS)}
    assert twilio.post("/sms", message("STOP", "SMmany", **many)).status_code == 413
    assert twilio.post("/sms", message("STOP", "SMfew", **dict(list(many.items())[:100]))).status_code == 200
