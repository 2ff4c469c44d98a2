"""Forms that no carrier sends: any field, any bytes, any kind of body; TwiML, or a problem document, and no STOP lost among them."""

import json
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import SIGNATURE_HEADER, RequestValidator
from werkzeug.datastructures import MultiDict

from tests.webhooks.signed import ANNA, OTHERS, OURS, TOKEN, Twilio, denied, empty

from .answers import problem, twiml
from .effort import tries
from .phrases import messages
from .texts import ANY_TEXT, EITHER, LIKE_A_NUMBER

FORM = "application/x-www-form-urlencoded"
DOORS = st.sampled_from(["/sms", "/voice", "/dial", "/dial/done", "/status"])
FROM = (
    st.sampled_from([ANNA, "whatsapp:+33612345678", "rcs:+33612345678", "36105", "ACME", "whatsapp:", ":", "sms:+1"])
    | LIKE_A_NUMBER
    | EITHER
)
FIELDS = st.fixed_dictionaries(
    {"Body": messages(4), "From": FROM},
    optional={
        "To": st.sampled_from([OURS, OTHERS, "whatsapp:" + OURS, "36105", ""]) | EITHER,
        "MessageSid": st.sampled_from(["SM1", "SM2", ""]) | EITHER,
        "SmsSid": EITHER,
        "OptOutType": st.sampled_from(["STOP", "START", "HELP", "stop ", "?"]),
        **dict.fromkeys(("ButtonPayload", "ButtonText"), st.sampled_from(["STOP", "YES", "OPT_OUT"]) | EITHER),
        "NumMedia": st.sampled_from(["0", "1", "-1", "x"]),
    },
)
RAW_NAMES = st.sampled_from([b"Body", b"From", b"To", b"MessageSid", b"Body[]", b"", b"%42ody"]) | st.binary(max_size=6)
RAW = st.lists(
    st.tuples(
        RAW_NAMES, st.sampled_from([b"STOP", b"%2B33612345678", b"%ED%A0%80", b"%FFstop"]) | st.binary(max_size=30)
    ),
    max_size=8,
).map(lambda pairs: b"&".join(name + b"=" + value for name, value in pairs))
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT, lambda it: st.lists(it, max_size=3) | st.dictionaries(ANY_TEXT, it, max_size=3), max_leaves=8)  # fmt: skip


def clean(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: it.encode("utf-8", "replace").decode() for name, it in fields.items()}


@tries(150)
@given(FIELDS)
def test_any_fields_of_a_message(twilio: Twilio, fields: Mapping[str, str]) -> None:
    twiml(twilio.post("/sms", clean(fields)))


@tries(60)
@given(FIELDS)
def test_a_stop_is_a_stop_whatever_stands_beside_it(twilio: Twilio, fields: Mapping[str, str]) -> None:
    """Fields that carriers and Twilio's features add must not hide the word, or send it to another brand's door."""
    empty(twilio)
    beside = {name: it for name, it in clean(fields).items() if name not in ("MessageSid", "OptOutType")}
    assert twiml(twilio.post("/sms", {**beside, "Body": "STOP", "From": ANNA, "To": OURS})) is not None
    assert denied(twilio)


@tries(150)
@given(DOORS, RAW)
def test_any_bytes_of_a_form(twilio: Twilio, door: str, raw: bytes) -> None:
    """Signed over what a reader makes of them: only so do they reach the door."""
    fields = MultiDict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, errors="replace"))
    signature = RequestValidator(TOKEN).compute_signature(f"{twilio.public}/webhooks/twilio{door}", fields)
    client = twilio.app.test_client()
    twiml(client.post(f"/webhooks/twilio{door}", data=raw, content_type=FORM, headers={SIGNATURE_HEADER: signature}))


@tries(60)
@given(DOORS, JSON | FIELDS)
def test_any_json(twilio: Twilio, door: str, given_body: object) -> None:
    raw = json.dumps(given_body).encode()
    url = f"/webhooks/twilio{door}?{urlencode({'bodySHA256': RequestValidator(TOKEN).compute_hash(raw.decode())})}"
    signature = RequestValidator(TOKEN).compute_signature(f"{twilio.public}{url}", {})
    client = twilio.app.test_client()
    answer = client.post(url, data=raw, content_type="application/json", headers={SIGNATURE_HEADER: signature})
    twiml(answer)
    assert answer.status_code != 403


@tries(100)
@given(DOORS, st.binary(max_size=300), st.sampled_from([FORM, "application/json", "multipart/form-data; boundary=x", "text/xml", "", "é/\x7f", "application/json; charset=utf-99"]), EITHER)  # fmt: skip
def test_what_is_not_signed_reaches_nothing(twilio: Twilio, door: str, raw: bytes, kind: str, signature: str) -> None:
    headers = {SIGNATURE_HEADER: signature.encode("ascii", "ignore").decode().translate(dict.fromkeys(range(32)))}
    answer = twilio.app.test_client().post(f"/webhooks/twilio{door}", data=raw, content_type=kind, headers=headers)
    assert problem(answer)["code"] == "bad_signature"
