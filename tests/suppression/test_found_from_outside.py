"""What a second pair of eyes found: each would have told somebody "allow" who had said no, or lost what was said."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from suppression.contact import parse
from suppression.errors import ConsentRefused, InvalidContact, InvalidRequest
from suppression.records import ALL_CHANNELS, Channel
from suppression.service import Message, Service, Terms
from tests.conftest import TUESDAY, Clock
from wiring import Program

PHONE = "+33639980001"
VOICE, SMS = Terms(Channel.VOICE), Terms(Channel.SMS, audience="business")


def codes(service: Service, contact: str = PHONE, terms: Terms = VOICE) -> list[str]:
    return [it.code for it in service.check(contact, terms).reasons]


def stop(service: Service, at: datetime, channels: frozenset[Channel] = ALL_CHANNELS) -> None:
    service.opt_out(parse(PHONE), "default", channels, "api", at=at)


def consent(service: Service, obtained_at: datetime, purpose: str | None = None) -> str:
    receipt = service.permit(
        parse(PHONE), "consent", "alice", brand="default", channels=ALL_CHANNELS, obtained_at=obtained_at, proof={"form": "x"},
        purpose=purpose,
    )  # fmt: skip
    return str(receipt.answer["id"])


def test_a_second_stop_stands_against_a_consent_from_between_the_two(program: Program) -> None:
    service = program.service
    stop(service, TUESDAY - timedelta(days=50))
    stop(service, TUESDAY - timedelta(days=10))
    consent(service, TUESDAY - timedelta(days=30))
    assert "opted_out" in codes(service)
    assert service.check(PHONE, VOICE).reasons[0].since == TUESDAY - timedelta(days=50)  # the old date stays
    consent(service, TUESDAY - timedelta(days=5))
    assert "opted_out" not in codes(service)


def test_nor_does_a_start_from_between_the_two_reopen(program: Program) -> None:
    service = program.service
    stop(service, TUESDAY - timedelta(days=20))
    stop(service, TUESDAY - timedelta(days=1))
    start = Message(parse(PHONE), "START", Channel.SMS, "default", "1", at=TUESDAY - timedelta(days=9))
    assert service.hear(start).what == "late"
    assert codes(service, terms=SMS) == ["opted_out"]


def test_a_lift_covers_what_stood_when_it_was_asked_for(program: Program) -> None:
    service = program.service
    stop(service, TUESDAY, frozenset({Channel.SMS}))
    lift = service.ask_lift(parse(PHONE), "typed by mistake", "alice").answer["id"]
    stop(service, TUESDAY)
    service.approve_lift(lift, "bob")
    assert "opted_out" in codes(service)


@pytest.mark.parametrize(
    "purpose",
    ["CPF", "formation_cpf", "Renewables", "energy works", "Rénovation énergétique", "solar", "photovoltaïque"],
)
def test_a_banned_sector_is_known_however_it_is_spelt(program: Program, purpose: str) -> None:
    consent(program.service, TUESDAY - timedelta(days=1))
    assert codes(program.service, terms=Terms(Channel.VOICE, purpose=purpose)) == ["banned_sector"]


def test_a_purpose_is_the_same_in_other_letters(program: Program) -> None:
    consent(program.service, TUESDAY - timedelta(days=1), "Télécom")
    assert codes(program.service, terms=Terms(Channel.VOICE, purpose="telecom")) == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0692 12 34 56", "+262692123456"),
        ("+33 692 12 34 56", "+262692123456"),
        ("0262 12 34 56", "+262262123456"),
        ("0639 12 34 56", "+262639123456"),
        ("06 39 98 00 01", "+33639980001"),  # fiction, mainland
        ("0690 12 34 56", "+590690123456"),
        ("0694 12 34 56", "+594694123456"),
        ("0696 12 34 56", "+596696123456"),
        ("06 12 34 56 78", "+33612345678"),
    ],
)
def test_an_overseas_number_written_nationally_is_the_same_contact(written: str, meant: str) -> None:
    assert str(parse(written)) == meant


@pytest.mark.parametrize(("text", "region"), [("7946 0177", "GB"), ("5550177", "US")])
def test_a_number_without_its_area_is_no_contact(text: str, region: str) -> None:
    with pytest.raises(InvalidContact):
        parse(text, region)


def test_an_erasure_opts_the_person_out_however_it_was_asked_for(program: Program) -> None:
    service = program.service
    service.open_request(parse(PHONE), "erasure", "alice", brand="default", via="letter")
    assert codes(service, terms=SMS) == ["opted_out"]
    service.erase(parse("+33639980002"), "alice")
    assert codes(service, "+33639980002", SMS) == ["opted_out"]


def test_the_first_withdrawal_counts(program: Program, clock: Clock) -> None:
    service = program.service
    permission = consent(service, TUESDAY - timedelta(days=1))
    service.withdraw(permission, "alice")
    between = clock() + timedelta(minutes=1)
    clock.forward(hours=1)
    service.withdraw(permission, "alice")
    assert "no_consent" in codes(service, terms=Terms(Channel.VOICE, at=between))


@pytest.mark.parametrize("proof", [{"text": None}, {"a": []}, {"a": False}, {"a": "  "}, {}])
def test_a_proof_that_says_nothing_is_none(program: Program, proof: dict[str, object]) -> None:
    with pytest.raises(ConsentRefused):
        program.service.permit(
            parse(PHONE), "consent", "a", brand="default", channels=ALL_CHANNELS, obtained_at=TUESDAY, proof=proof
        )


def load(program: Program, name: str, text: str, as_of: date = date(2026, 11, 20)) -> int:
    return program.service.load_registry(name, text.encode().splitlines(), as_of, by="tests")[0].numbers


@pytest.mark.parametrize(
    ("name", "text", "listed"),
    [
        ("rpo", "0645678901\n", "+390645678901"),  # national, of the country whose rules name the registry
        ("us-dnc", "212,5550177\n212,5550178\n", "+12125550177"),  # area code and number
        ("us-dnc", "id,phone\n2000000001,+12125550177\n2000000002,+12125550179\n", "+12125550177"),
        ("tps", "date,phone\n20260101,+447400123456\n20260102,+447400123457\n", "+447400123456"),
    ],
)
def test_a_registry_lists_whom_it_means(program: Program, name: str, text: str, listed: str) -> None:
    load(program, name, text)
    assert program.service._registries.listings(parse(listed), (name,))[0].listed


def test_a_registry_that_is_older_or_mostly_unreadable_is_not_taken(program: Program) -> None:
    load(program, "tps", "+447400123456\n")
    for text, as_of in (("+447400123457\n", date(2026, 10, 1)), ("+447400123457\n" + "x\n" * 1000, date(2026, 11, 21))):
        with pytest.raises(InvalidRequest):
            load(program, "tps", text, as_of)
    assert program.service._registries.listings(parse("+447400123456"), ("tps",))[0].listed


def test_exchanged_records_are_found_by_the_audit(build: Callable[..., Program]) -> None:
    program = build()
    service = program.service
    stop(service, datetime(2026, 11, 1, tzinfo=UTC))
    service.check("+33639980002", SMS)
    names = program.client.keys("*:contact:*")
    one, other = (program.client.hgetall(it) for it in names)
    program.client.hset(names[0], mapping=other)
    program.client.hset(names[1], mapping=one)
    assert service.verify_ledger().broken
