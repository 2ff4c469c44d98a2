"""Law 7 after a busy day: no number, no address and no sentence stands readable in the store, the journal, logs, seals or metrics."""

import json
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
import structlog

from suppression import logs
from suppression.contact import Contact, Kind, parse
from suppression.records import ALL_CHANNELS, Channel
from suppression.service import Message, Service, Terms
from tests.conftest import TUESDAY
from web.app import create_app
from wiring import Program

NUMBERS = [f"+3363998{n:04d}" for n in range(40)]
EMAILS = [f"jeanne.martin{n}@exemple-client.fr" for n in range(10)]
TELEGRAM = "7412589630"
SENTENCES = [
    "arrêtez de me harceler avec vos panneaux",
    "take me off your bloody list",
    "je veux que vous supprimiez mon dossier médical",
]
WHY = "a appelé trois fois depuis le"
PROOF = "formulaire papier signé par Mme Lefèvre"


@pytest.fixture
def log_lines() -> Iterator[StringIO]:
    logs.configure()
    lines = StringIO()
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=lines), cache_logger_on_first_use=False)
    yield lines
    structlog.reset_defaults()


def a_busy_day(program: Program) -> None:
    service: Service = program.service
    for n, number in enumerate(NUMBERS):
        service.hear(Message(parse(number), SENTENCES[n % 3], Channel.SMS, "default", f"SM{n}"))
        service.check(number, Terms(Channel.SMS, at=TUESDAY))
        service.block(parse(number), "do-not-call", "alice", reason=f"{WHY} {number}")
        service.attempt(parse(number), Channel.VOICE, "no_answer", brand="default")
        service.ask_lift(parse(number), f"{WHY} {number}", "alice")
    for email in EMAILS:
        service.opt_out(parse(email), "default", ALL_CHANNELS, "email", words=SENTENCES[0])
        service.permit(
            parse(email),
            "consent",
            "alice",
            brand="default",
            channels=ALL_CHANNELS,
            obtained_at=TUESDAY,
            proof={"form": PROOF},
        )
    service.share_phone(Contact(Kind.TELEGRAM, TELEGRAM), parse(NUMBERS[0]), "default", "tg:1")
    service.add_agent(int(TELEGRAM), "alice")
    service.seal()
    service.backup(program.settings.data_dir.parent / "backup")


def knock(program: Program) -> str:
    """Good and hostile requests; what they leave in the metrics."""
    client = create_app(program.service, program.settings).test_client()
    key = {"Authorization": f"Bearer {program.service.create_key('crm', 'admin')}"}
    for contact in (*NUMBERS[:5], *EMAILS[:3], "+336399800011111111111111"):
        client.post("/v1/check", json={"contact": contact}, headers=key)
        client.get(f"/v1/contacts/{contact}", headers=key)
        client.post("/v1/check", data=f"{{{contact}", headers=key)
    return client.get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"}, headers={"Host": "127.0.0.1"}).get_data(
        as_text=True
    )


def secrets_of_the_day() -> list[bytes]:
    numbers = [n.removeprefix("+33") for n in NUMBERS]
    return [
        it.encode()
        for it in (
            *numbers,
            *(e.partition("@")[0] for e in EMAILS),
            "exemple-client",
            TELEGRAM,
            "harceler",
            "bloody",
            "médical",
            "Lefèvre",
            "appelé trois fois",
        )
    ]


def test_nothing_readable_is_left_of_a_busy_day(build: Callable[..., Program], log_lines: StringIO) -> None:
    program = build()
    a_busy_day(program)
    metrics = knock(program)
    dump = b"".join(program.client.dump(key) or b"" for key in program.client.keys("*"))
    values = b"".join(
        repr(program.client.hgetall(key)).encode()
        for key in program.client.keys("*")
        if program.client.type(key) == b"hash"
    )
    names = b" ".join(program.client.keys("*"))
    files = {str(it): it.read_bytes() for it in program.settings.data_dir.parent.rglob("*") if it.is_file()}
    places: dict[str, bytes] = {
        "dump": dump,
        "hashes": values,
        "names": names,
        "logs": log_lines.getvalue().encode(),
        "metrics": metrics.encode(),
        **files,
    }
    found = [
        (place, secret) for place, content in places.items() for secret in secrets_of_the_day() if secret in content
    ]
    assert not found
    assert any(Path(it).name.endswith(".aof") for it in files)
    assert len(files) > 5


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("call +33 6 39 98 00 01 now", "39 98"),
        ("0639980001", "0639980001"),
        ("(415) 555-0123 rang", "555-0123"),
        ("mail jeanne.martin@exemple.fr", "jeanne"),
        ("https://api.telegram.org/bot123456789:AAFzzzzzzzzzzzzzzzzzzzzzzzzz/getMe", "AAFzz"),
        ("Authorization: Bearer stopliste_admin_abcdefghijklmnop", "abcdefgh"),
        ("key stopliste_agent_abcdefghijklmnop", "abcdefgh"),
    ],
)
def test_a_log_line_is_masked(line: str, hidden: str) -> None:
    assert hidden not in logs.mask(line)
    assert hidden not in json.dumps(logs.mask_event(None, "info", {"event": line, "where": line}))
