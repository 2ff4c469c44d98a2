"""`POST /v1/scrub`: rows in, the same rows out, in order, with their verdicts."""

import csv
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.web.conftest import Api, problem
from web.api import scrub

ASKED = "channel=sms&audience=business"


def sent(api: Api, content: bytes, query: str = ASKED, key: str = "dialer", **more: Any) -> TestResponse:
    return api("POST", f"/v1/scrub?{query}", key=key, data=content, content_type="text/csv", **more)


def scrubs(api: Api) -> list[dict[str, Any]]:
    return [it for it in api("GET", "/v1/events?limit=1000").json["events"] if it["type"] == "scrubbed"]


def test_rows_come_back_in_order_with_their_verdicts(api: Api) -> None:
    api("POST", "/v1/optouts", {"contact": "+33639980701"})
    before = len(scrubs(api))
    content = 'nom;tél\nÉlodie;06 39 98 07 01\n"a;b";0639980702\nX;bad\n'.encode()
    answer = sent(api, content, f"{ASKED}&source=crm")
    assert (answer.status_code, answer.content_type) == (200, "text/csv; charset=utf-8")
    assert answer.text == (
        "nom;tél;stopliste_contact;stopliste_verdict;stopliste_reasons\n"
        "Élodie;06 39 98 07 01;+33639980701;deny;opted_out\n"
        '"a;b";0639980702;+33639980702;allow;opt_out_regime\n'
        "X;bad;;deny;invalid_contact\n"
    )
    assert len(scrubs(api)) == before + 1


def test_many_rows_are_many_batches_and_one_event(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrub, "BATCH", 10)
    before = len(scrubs(api))
    content = b"tel\n" + b"".join(b"0639980%03d\n" % (n % 1000) for n in range(55))
    rows = list(csv.reader(sent(api, content).text.splitlines()))
    assert [it[0] for it in rows[1:]] == [f"0639980{n:03d}" for n in range(55)]
    assert {len(it) for it in rows} == {4}
    assert len(scrubs(api)) == before + 1


def test_without_a_header_none_is_made_up(api: Api) -> None:
    assert sent(api, b"0639980702\n").text == "0639980702,+33639980702,allow,opt_out_regime\n"


@pytest.mark.parametrize(
    ("content", "query", "found"),
    [
        (b"", ASKED, (422, "invalid_request")),
        (b"PAR1xxxx", ASKED, (422, "invalid_request")),
        (b"PK\x03\x04xxxx", ASKED, (422, "invalid_request")),
        (b"a,b\nx,y\n", ASKED, (422, "invalid_request")),  # no contacts
        (b"tel\n0639980702\n", f"{ASKED}&column=mail", (422, "invalid_request")),
        (b"tel\n0639980702\n", "chanel=sms", (422, "invalid_request")),  # misspelt
        (b"tel\n0639980702\n", "brand=nobody", (422, "unknown_brand")),
        (b'tel,n\n0639980702,"' + b"x" * 1_100_000, ASKED, (422, "invalid_request")),
        (b'{"tel": "0639980702"}\n', ASKED, (422, "invalid_request")),
    ],
)
def test_what_cannot_be_read_is_refused_before_anything_is_answered(
    api: Api, content: bytes, query: str, found: tuple[int, str]
) -> None:
    before = len(scrubs(api))
    assert problem(sent(api, content, query)) == found
    assert len(scrubs(api)) == before


def test_another_kind_of_body_is_told(api: Api) -> None:
    asked = {"data": b"tel\n0639980702\n", "key": "agent"}
    assert problem(api("POST", "/v1/scrub", content_type="application/json", **asked)) == (
        415,
        "unsupported_media_type",
    )
    headers = {"Content-Encoding": "gzip"}
    assert problem(api("POST", "/v1/scrub", content_type="text/csv", headers=headers, **asked)) == (
        415,
        "unsupported_media_type",
    )


def test_a_key_of_one_brand_scrubs_for_that_brand_alone(api: Api) -> None:
    assert sent(api, b"tel\n0639980702\n", f"{ASKED}&brand=other", "other's").status_code == 200
    assert problem(sent(api, b"tel\n0639980702\n", ASKED, "other's")) == (403, "forbidden")


def test_a_person_scrubs_no_more_than_they_may_ask_at_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrub, "MOST_OF_A_PERSON", 2)
    content = b"tel\n" + b"0639980702\n" * 3
    assert problem(sent(api, content, key="agent")) == (422, "invalid_request")
    assert sent(api, content).status_code == 200


def test_a_caller_that_goes_away_leaves_its_event_all_the_same(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrub, "BATCH", 10)
    before = len(scrubs(api))
    content = BytesIO(b"tel\n" + b"0639980702\n" * 50)
    answer = api("POST", f"/v1/scrub?{ASKED}", key="dialer", input_stream=content, content_type="text/csv", buffered=False,
                 headers={"Content-Length": str(len(content.getvalue()))})  # fmt: skip
    chunks = answer.iter_encoded()
    next(chunks), next(chunks)
    answer.close()
    assert len(scrubs(api)) == before + 1
