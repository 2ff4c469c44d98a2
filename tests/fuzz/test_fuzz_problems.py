"""Every refusal is a problem document in our own words: it may end in a log or a ticket, so nothing that was sent stands in it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webhooks.signed import Twilio
from web.api import models

from .answers import problem
from .effort import tries
from .texts import ANY_TEXT

NUMBER, NAME = "639980399", "zoemartin"  # whose problem it is, and nobody else's business
SECRETS = [
    f"+33{NUMBER}",
    f"0{NUMBER}",
    f"{NAME}@example.org",
    f"telegram:{NUMBER}",
    f"Stop, {NAME}",
    NUMBER,
    NAME.upper(),
    f"chanel {NAME}",
]
SECRET = st.sampled_from(SECRETS) | st.builds("{}{}{}".format, ANY_TEXT, st.sampled_from(SECRETS), ANY_TEXT)
FIELDS = sorted(
    {
        name
        for it in vars(models).values()
        if isinstance(it, type) and issubclass(it, models.Strict)
        for name in it.model_fields
    }
)
VALUE = st.recursive(SECRET | st.sampled_from([None, True, 7, 1e400, "sms", "+33612345678", "2026-11-24T10:00:00Z", "fr", "consent"]),
                     lambda it: st.lists(it, max_size=3) | st.dictionaries(SECRET, it, max_size=2), max_leaves=5)  # fmt: skip
BODY = st.dictionaries(st.sampled_from([it for it in FIELDS if it != "brand"]) | SECRET, VALUE, max_size=6)
RAW = (
    BODY.map(lambda it: json.dumps(it).encode())
    | SECRET.map(lambda it: it.encode("utf-8", "surrogatepass"))
    | st.binary(max_size=60)
)
IDS = st.sampled_from(["abc_00ab", "opt_00ff", "x", "rev_"])
METHOD = st.sampled_from(["GET", "POST", "POST", "PUT", "DELETE", "PATCH", "BREW"])
QUERY = st.dictionaries(st.sampled_from([it for it in FIELDS if it != "brand"]) | SECRET, SECRET, max_size=3)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Idempotency-Key": st.sampled_from(SECRETS).map(lambda it: it * 40),
        "Content-Encoding": st.sampled_from(SECRETS),
        "Accept": st.just(NAME),
    },
)
KIND = st.sampled_from(["application/json", "application/json", "text/plain", f"application/{NAME}", ""])


@tries(400)
@given(st.data())
def test_no_problem_document_repeats_what_was_sent(twilio: Twilio, admin_key: str, data: st.DataObject) -> None:
    rules = sorted({it.rule for it in twilio.app.url_map.iter_rules()})
    secret = data.draw(st.sampled_from(SECRETS))
    rule = data.draw(st.sampled_from(rules) | st.just(f"/{secret}"))
    path = (
        rule.replace("<id_>", data.draw(IDS))
        .replace("<path:contact>", secret)
        .replace("<name>", secret)
        .replace("<path:name>", secret)
    )
    authorization = data.draw(st.sampled_from([f"Bearer {admin_key}"] * 6 + [f"Bearer {secret}", secret, ""]))
    answer = twilio.app.test_client().open(
        path, method=data.draw(METHOD), query_string=clean(data.draw(QUERY)), data=data.draw(RAW), content_type=data.draw(KIND),
        headers={**data.draw(HEADERS), "Authorization": authorization},
    )  # fmt: skip
    if answer.status_code >= 400:
        problem(answer)
        said = answer.text.lower()
        assert NUMBER not in said
        assert NAME not in said


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"/v1/reservations/{SECRETS[0]}/release", None),
        ("GET", f"/v1/verdicts/{SECRETS[2]}", None),
        ("POST", "/v1/check", {"contact": "+33612345678", "brand": SECRETS[0]}),
    ],
)
def test_nor_an_id_or_a_brand(twilio: Twilio, admin_key: str, method: str, path: str, body: object) -> None:
    answer = twilio.app.test_client().open(
        path, method=method, json=body, headers={"Authorization": f"Bearer {admin_key}"}
    )
    problem(answer)
    assert NUMBER not in answer.text
    assert NAME not in answer.text


def clean(fields: dict[str, Any]) -> dict[str, str]:
    """Half a character has no place in an address."""
    return {
        name.encode("utf-8", "replace").decode(): it.encode("utf-8", "replace").decode() for name, it in fields.items()
    }
