"""The first page: who may see it, what it refuses, and its small parts. The walk that it is for: test_phone_walk.py."""

import html
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from phone_forms import form_of
from werkzeug.test import TestResponse

import wiring
from suppression.settings import load
from web.app import create_app
from web.console import twiml
from web.console.state import Bubble, Call
from web.console.verdicts import in_words, working_days

TOKEN = "0123456789abcdef0123456789abcdef"
HERE = "http://127.0.0.1:8000"
ANNA = "+33639980001"
OWN = {"Origin": HERE}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[wiring.Program]:
    """One for all tests that record nothing. Nobody listens on port 1."""
    data = str(tmp_path_factory.mktemp("data"))
    program = wiring.build(load({"STOPLISTE_DATA_DIR": data, "LOCAL_PHONE_TOKEN": TOKEN, "PORT": "1"}))
    yield program
    program.close()


@pytest.fixture
def client(program: wiring.Program) -> FlaskClient:
    return client_of(program)


def client_of(program: wiring.Program) -> FlaskClient:
    return create_app(program.service, program.settings).test_client()


# ---- to whom it exists


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({}, "192.168.1.20"),
        ({}, "2001:db8::1"),
        ({}, "not an address"),
        ({"Host": "stop.example"}, "127.0.0.1"),  # DNS rebinding: a foreign name that points here
        ({"Host": "127.0.0.1.stop.example"}, "127.0.0.1"),
        ({"Host": "localhost.stop.example:8000"}, "127.0.0.1"),
        ({"Host": "192.168.1.20:8000"}, "127.0.0.1"),
        ({"X-Forwarded-For": "203.0.113.7"}, "127.0.0.1"),
        ({"X-Forwarded-Host": "127.0.0.1"}, "127.0.0.1"),
        ({"Forwarded": "for=127.0.0.1"}, "127.0.0.1"),
        ({"X-Real-IP": "127.0.0.1"}, "127.0.0.1"),
        ({"Via": "1.1 proxy"}, "127.0.0.1"),
        ({"CF-Connecting-IP": "203.0.113.7"}, "127.0.0.1"),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("HEAD", "/"), ("POST", "/"), ("GET", "/phone/phone.css")])
def test_it_does_not_exist_for_others(
    client: FlaskClient, method: str, path: str, headers: dict[str, str], address: str
) -> None:
    answer = client.open(path, method=method, base_url=HERE, headers=headers, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == 404
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("base", [HERE, "http://localhost:8000", "http://[::1]:8000", "http://127.0.0.1"])
def test_it_answers_on_this_machine(client: FlaskClient, base: str) -> None:
    address = "::1" if "[" in base else "127.0.0.1"
    answer = client.get("/", base_url=base, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == 200
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "SameSite=Strict" in answer.headers["Set-Cookie"]
    assert not re.search(r"<script>|style=|onclick|https?://", answer.text), "nothing inline, nothing from elsewhere"


@pytest.mark.parametrize(
    "environment",
    [
        {"LOCAL_PHONE_TOKEN": TOKEN, "TWILIO_AUTH_TOKEN": "f" * 32},
        {"LOCAL_PHONE_TOKEN": TOKEN, "TWILIO_ACCOUNT_SID": f"AC{'0' * 32}"},
        {"LOCAL_PHONE_TOKEN": TOKEN, "STOPLISTE_PUBLIC_URL": "https://stop.example"},
        {},
    ],
)
def test_it_is_gone_once_it_is_no_longer_local(
    build: Callable[..., wiring.Program], environment: dict[str, str]
) -> None:
    client = client_of(build(**environment))
    answers = [client.get("/"), client.post("/", headers=OWN), client.get("/phone/phone.js")]
    assert [it.status_code for it in answers] == [404, 404, 404]


# ---- what it refuses


def post(client: FlaskClient, headers: dict[str, str], **changed: str) -> TestResponse:
    form = form_of(client.get("/", base_url=HERE).text)
    return client.post("/", base_url=HERE, headers=headers, data={**form, "do": "sms STOP", **changed})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://stop.example"},
        {"Origin": "http://127.0.0.1:9999"},  # another program of this machine
        {"Sec-Fetch-Site": "cross-site", **OWN},
        {"Sec-Fetch-Site": "same-site", **OWN},
        {"Sec-Fetch-Site": "none", **OWN},
    ],
)
def test_it_takes_nothing_from_other_sites(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = post(client, headers)
    assert (answer.status_code, answer.json and answer.json["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "changed", [{"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "é"}, {"phone": "e30.forged"}, {"phone": ""}]
)
def test_a_forged_or_old_form_shows_the_page_anew_and_does_nothing(
    client: FlaskClient, changed: dict[str, str]
) -> None:
    answer = post(client, OWN, **changed)
    assert answer.status_code == 403
    assert "recommencez" in answer.text
    assert 'data-verdict="allow"' in answer.text


@pytest.mark.parametrize(
    "number", ["06 12 34 56 78", "+33699999999", "+14155550123", "anna@example.org", "telegram:7", "x" * 400]
)
def test_it_takes_no_number_that_may_be_somebodys(client: FlaskClient, number: str) -> None:
    answer = client.get("/", base_url=HERE, query_string={"number": number})
    assert "Seulement des numéros fictifs" in answer.text
    assert "06 39 98 00 01</a>" in answer.text


def test_a_new_number_is_fictitious(client: FlaskClient) -> None:
    answer = client.get("/?number=new", base_url=HERE)
    assert answer.status_code == 303
    assert re.search(r"number=(%2B|\+)3363998\d{4}", answer.headers["Location"])


def test_where_nobody_answers_nothing_is_confirmed(client: FlaskClient) -> None:
    """No server runs behind the test client: the page says so, and the verdict stays."""
    answer = post(client, OWN)
    assert "pas répondu" in html.unescape(answer.text)
    assert 'data-verdict="allow"' in answer.text


# ---- its small parts


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("2026-11-23T22:30", "2026-11-24T10:00"),  # Monday: tomorrow
        ("2026-11-23T23:30", "2026-12-01T10:00"),  # half past midnight of Tuesday in Paris: in a week
        ("2026-11-24T09:00", "2026-12-01T10:00"),
        ("2026-07-01T09:00", "2026-07-07T09:00"),  # summer time
    ],
)
def test_the_day_asked_about(now: str, first: str) -> None:
    days = working_days(datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert days[0] == datetime.fromisoformat(first).replace(tzinfo=UTC)
    assert [it.weekday() for it in days] == [1, 2, 3, 4, 0]


def test_instants_in_words() -> None:
    assert in_words(datetime(2026, 12, 1, 10, tzinfo=UTC), "fr") == "mardi 1er décembre 2026 à 11 h 00, heure de Paris"
    assert in_words(datetime(2026, 7, 14, 9, tzinfo=UTC), "en") == "Tuesday 14 July 2026, 11:00, Paris time"


def test_a_document_is_played_as_twilio_plays_it() -> None:
    document = """<Response><Say language="fr-FR">Un <break/>deux</Say><Pause length="1"/>
        <Gather input="dtmf speech" numDigits="1" action="/next?a=1"><Say>Tapez</Say></Gather>
        <Say>Rien entendu</Say><Redirect>/again</Redirect><Say>jamais dit</Say></Response>"""
    call, further = twiml.play(Call("CA1", ANNA), twiml.steps(document))
    assert (call.bubbles, further) == ((Bubble("them", "Un deux", "fr-FR"), Bubble("them", "Tapez")), "")
    assert call.gather
    assert (call.gather.url, call.gather.most, call.gather.keys, call.gather.speech) == ("/next?a=1", 1, True, True)
    call, further = twiml.play(call, call.rest)
    assert (call.bubbles[-1].text, further, call.gather) == ("Rien entendu", "/again", None)


def test_messages_are_read_in_both_forms() -> None:
    document = "<Response><Message>Un</Message><Message><Body>Deux</Body><Media>x</Media></Message></Response>"
    assert twiml.messages(document) == ("Un", "Deux")
    with pytest.raises(twiml.Unanswered):
        twiml.messages("<html>")
