"""What a client gets wrong, and strangers try: a problem document each, never a fault of ours, never a word repeated."""

import gzip
import json

import pytest

from tests.web.conftest import Api, problem

GOOD = b'{"contact": "+33639980301", "channel": "sms"}'
DEEP = b'{"contact": "+33639980301", "proof": ' + b'{"a":' * 40 + b"1" + b"}" * 40 + b"}"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", (400, "invalid_json")),
        (b"{", (400, "invalid_json")),
        (b"contact=+33639980301", (400, "invalid_json")),
        (b"null", (422, "invalid_request")),
        (b"[]", (422, "invalid_request")),
        (b'"+33639980301"', (422, "invalid_request")),
        (b"{}", (422, "invalid_request")),
        (b'{"contact": null}', (422, "invalid_request")),
        (b'{"contact": 33639980301}', (422, "invalid_request")),
        (b'{"contact": ["+33639980301"]}', (422, "invalid_request")),
        (b'{"contact": "a", "contact": "b"}', (400, "invalid_json")),  # two readers could differ on whom it is about
        (b'{"contact": "a", "at": NaN}', (400, "invalid_json")),
        (b'{"contact": "a", "at": -Infinity}', (400, "invalid_json")),
        (b'{"contact": "a", "at": 1e999}', (400, "invalid_json")),
        (b'{"contact": "a", "at": ' + b"9" * 5000 + b"}", (400, "invalid_json")),  # Python itself refuses to read it
        (b'{"contact": "a", "at": 1764000000}', (422, "invalid_request")),
        (b'{"contact": "a", "at": "2026-11-24T10:00:00"}', (422, "invalid_request")),  # no zone: which instant?
        (b'{"contact": "a", "at": "2026-02-30T10:00:00Z"}', (422, "invalid_request")),
        (b'{"contact": "a", "at": "9999-12-31T23:59:59-23:59"}', (422, "invalid_request")),  # overflows in UTC
        (b'{"contact": "a", "at": "0001-01-01T00:00:00+23:59"}', (422, "invalid_request")),
        (b'{"contact": "a", "chanel": "sms"}', (422, "invalid_request")),  # misspelt, must not become a silent default
        (b'{"contact": "a", "channel": "fax"}', (422, "invalid_request")),
        (b'{"contact": "a", "brand": "nobody"}', (422, "unknown_brand")),
        (b'{"contact": "a", "brand": "*"}', (422, "unknown_brand")),  # one asks for one brand
        (b'{"contact": "a", "region": "FRA"}', (422, "invalid_request")),
        (b'{"contact": "' + b"1" * 2000 + b'"}', (422, "invalid_request")),
        (b'{"contact": "a\x01"}', (400, "invalid_json")),
        (b'{"contact": "\xff"}', (400, "invalid_json")),
        ('{"contact": "é"}'.encode("latin-1"), (400, "invalid_json")),
        ('{"contact": "+33639980301"}'.encode("utf-16"), (400, "invalid_json")),
        (DEEP, (400, "invalid_json")),
        (b"[" * 100_000, (400, "invalid_json")),
        (b'{"a":' * 50_000, (400, "invalid_json")),
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"], ids=["door", "route"])
def test_a_body_that_is_not_what_was_asked_for(
    api: Api, raw: bytes, expected: tuple[int, str], content_type: str
) -> None:
    assert problem(api("POST", "/v1/check", key="agent", data=raw, content_type=content_type)) == expected


@pytest.mark.parametrize(
    ("content_type", "encoding", "raw", "status"),
    [
        ("text/plain", None, GOOD, 415),
        ("application/x-www-form-urlencoded", None, GOOD, 415),
        ("multipart/form-data; boundary=x", None, GOOD, 415),
        (
            "application/json",
            "gzip",
            gzip.compress(GOOD, mtime=0),
            415,
        ),  # nothing here unpacks: no small body becomes a large one
        ("application/json", "identity, br", GOOD, 415),
        ("application/problem+json", None, GOOD, 200),
        ("", None, GOOD, 200),
        ("application/json", None, b"\xef\xbb\xbf" + GOOD, 200),  # a mark that PowerShell puts in front
        ("application/json; charset=latin-1", None, GOOD, 200),  # JSON has one charset, whatever is claimed
    ],
)
def test_forms_of_a_body(api: Api, content_type: str, encoding: str | None, raw: bytes, status: int) -> None:
    headers = {"Content-Encoding": encoding} if encoding else {}
    answer = api("POST", "/v1/check", key="agent", data=raw, content_type=content_type, headers=headers)
    assert answer.status_code == status
    if status == 415:
        assert problem(answer) == (415, "unsupported_media_type")


def test_a_body_that_is_too_large(api: Api) -> None:
    raw = b'{"contact": "' + b"1" * 5_000_000 + b'"}'
    for path in ("/v1/check", "/v1/optouts", "/v1/check/batch"):
        assert problem(api("POST", path, key="agent", data=raw, content_type="application/json")) == (413, "too_large")


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("DELETE", "/v1/check", (405, "method_not_allowed")),
        ("PUT", "/v1/optouts", (405, "method_not_allowed")),
        ("TRACE", "/v1/check", (405, "method_not_allowed")),
        ("BREW", "/v1/check", (405, "method_not_allowed")),
        ("POST", "/healthz", (405, "method_not_allowed")),
        ("GET", "/v1/check/", (404, "not_found")),
        ("POST", "/v1/check/", (404, "not_found")),  # never a redirect that would lose a body
        ("GET", "/v1//check", (404, "not_found")),
        ("GET", "/v1", (404, "not_found")),
        ("GET", "/v1/contacts/", (404, "not_found")),
        ("GET", "/v1/../metrics", (404, "not_found")),
        ("GET", "/docs/assets/../../plugins.py", (404, "not_found")),
        ("GET", "/docs/assets/..%2f..%2fplugins.py", (404, "not_found")),
        ("GET", "/docs/assets/", (404, "not_found")),
    ],
)
def test_methods_and_paths_that_are_not_there(api: Api, method: str, path: str, expected: tuple[int, str]) -> None:
    answer = api(method, path)
    assert problem(answer) == expected
    if expected[0] == 405:
        assert answer.headers["Allow"]


@pytest.mark.parametrize(
    "query",
    [
        "contact=%2B33639980301&contact=%2B33639980302",  # about whom?
        "contact=%2B33639980301&chanel=sms",
        "contact=%2B33639980301&channel=",
        "contact=%2B33639980301&at=tomorrow",
        "contact=%2B33639980301&reserve=perhaps",
        "",
        "%ff=%fe",
        "&".join(f"a{n}=1" for n in range(2000)),
    ],
)
def test_a_query_that_is_not_what_was_asked_for(api: Api, query: str) -> None:
    answer = api("GET", f"/v1/check?{query}", key="agent")
    assert problem(answer) == (422, "invalid_request")
    assert len(answer.data) < 20_000


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "stopliste_agent_x", "Bearer é", "Bearer " + "x" * 9000]
)
def test_no_key_or_one_that_cannot_be(api: Api, header: str) -> None:
    for content_type in ("application/json", "application/json; charset=utf-8"):
        answer = api(
            "POST", "/v1/check", key="", data=GOOD, content_type=content_type, headers={"Authorization": header}
        )
        assert problem(answer) == (401, "unauthenticated")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_nothing_that_was_sent_is_repeated(api: Api) -> None:
    """A problem document may end in a log or a ticket, and the contact with it."""
    secret = "+33639980399"
    bodies = [
        {"contact": secret, "x": 1},
        {"contact": [secret]},
        {"contact": "a", "at": secret},
        {"contact": "a", "brand": "b", "purpose": [secret]},
    ]
    for it in bodies:
        assert secret not in api("POST", "/v1/check", it, "agent").text
    assert secret not in api("POST", "/v1/optouts", {"contact": secret + "x"}).text
    assert secret not in api("GET", f"/v1/contacts/{secret}0000000000").text
    assert (
        secret
        not in api(
            "POST", "/v1/check", key="agent", data=json.dumps(secret)[:-1].encode(), content_type="application/json"
        ).text
    )


def test_a_stranger_learns_nothing(api: Api) -> None:
    """Without a key the answer is the same whether what is asked for exists or not."""
    api("POST", "/v1/optouts", {"contact": "+33639980302"})
    answers = {api("GET", f"/v1/contacts/{it}", key="").text for it in ("+33639980302", "+33639980303", "nonsense")}
    assert len(answers) == 1
