"""Retention: what goes at the end of its term, what stays, and that what went cannot be read any more."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from suppression.contact import parse
from suppression.history import own_key
from suppression.records import ALL_CHANNELS, Basis, Channel
from suppression.service import Message, Purge, Service, Terms
from suppression.store import keys, vault
from tests.conftest import TUESDAY, Clock, doubtful
from wiring import Program

FRENCH, GERMAN, EMAIL = "+33639980001", "+4915112345678", "anna@example.org"
VOICE = frozenset({Channel.VOICE})
YEAR = 366  # days: a year and a little, so that leap days do not matter
PROOF = "formulaire signé par Mme Lefèvre"


def permit(service: Service, contact: str = FRENCH, basis: Basis = "consent", **more: Any) -> str:
    given = {"brand": "default", "channels": VOICE, "obtained_at": TUESDAY, "proof": {"form": PROOF}, **more}
    return str(service.permit(parse(contact), basis, "alice", **given).answer["id"])


def proofs(service: Service, contact: str = FRENCH) -> list[str]:
    events = service.dossier(parse(contact))["events"]
    return [it["private"]["proof"]["form"] for it in events if "proof" in it.get("private", {})]


@pytest.mark.parametrize(
    ("contact", "more", "years", "kept"),
    [
        (FRENCH, {}, 3.9, True),  # a French consent lasts a year; its proof is kept three years from its end (R223-1)
        (FRENCH, {}, 4.1, False),
        (FRENCH, {"valid_until": TUESDAY + timedelta(days=30)}, 3.05, True),
        (FRENCH, {"valid_until": TUESDAY + timedelta(days=30)}, 3.15, False),
        (FRENCH, {"channels": frozenset({Channel.SMS})}, 20, True),  # no legal maximum by SMS: it is still in force
        (FRENCH, {"basis": "contract"}, 20, True),  # a contract in progress
        (GERMAN, {"valid_until": TUESDAY + timedelta(days=30)}, 4.9, True),  # UWG § 7a: five years
        (GERMAN, {"valid_until": TUESDAY + timedelta(days=30)}, 5.2, False),
        (EMAIL, {"channels": frozenset({Channel.EMAIL}), "valid_until": TUESDAY + timedelta(days=1)}, 3.1, False),
    ],
)
def test_a_proof_is_kept_for_its_term_and_not_longer(
    program: Program, clock: Clock, contact: str, more: dict[str, Any], years: float, kept: bool
) -> None:
    service = program.service
    permit(service, contact, **more)
    service.opt_out(parse(contact), "default", frozenset({Channel.WHATSAPP}), "api")  # keeps the contact itself
    clock.forward(days=years * 365.25)
    service.purge()
    assert proofs(service, contact) == ([PROOF] if kept else [])


def test_a_withdrawn_consent_is_kept_three_years_from_its_end(program: Program, clock: Clock) -> None:
    service = program.service
    id_ = permit(service, channels=frozenset({Channel.SMS}))
    service.opt_out(parse(FRENCH), "default", frozenset({Channel.EMAIL}), "api")
    clock.forward(days=5 * YEAR)
    service.withdraw(id_, "alice")
    clock.forward(days=2 * YEAR)
    assert service.purge().proofs == 0
    clock.forward(days=2 * YEAR)
    assert service.purge().proofs == 1


def test_a_consent_that_a_stop_ended_is_kept_three_years_from_the_stop(program: Program, clock: Clock) -> None:
    service = program.service
    permit(service, channels=frozenset({Channel.SMS}))
    clock.forward(days=2 * YEAR)
    service.hear(Message(parse(FRENCH), "STOP", Channel.SMS, "default", "SM1"))
    clock.forward(days=2 * YEAR)
    assert service.purge().proofs == 0
    clock.forward(days=2 * YEAR)
    assert (service.purge().proofs, service.purge().total) == (1, 0)


def test_in_germany_each_use_begins_the_five_years_anew(program: Program, clock: Clock) -> None:
    service = program.service
    ends = TUESDAY + timedelta(days=3 * YEAR)
    permit(service, GERMAN, valid_until=ends)
    unused = permit(service, GERMAN, basis="callback_request")
    clock.forward(days=2 * YEAR)
    verdict = service.reserve(GERMAN, Terms())
    assert (verdict.allowed, verdict.basis) == (True, "consent")
    used = {it.id: it.used_at for it in program.service._store.read(parse(GERMAN)).facts.permissions}
    assert [at for id_, at in used.items() if id_ != unused] == [verdict.question.at]
    assert used[unused] is None
    assert service.past_verdict(verdict.id).verdict == "allow"


def test_an_attempt_made_elsewhere_uses_the_permission_that_stood(program: Program, clock: Clock) -> None:
    service = program.service
    permit(service)
    service.attempt(parse(FRENCH), Channel.SMS, "answered", brand="default")
    [it] = service._store.read(parse(FRENCH)).facts.permissions
    assert it.used_at is None  # it was for calls
    service.attempt(parse(FRENCH), Channel.VOICE, "answered", brand="default", at=clock.now)
    [it] = service._store.read(parse(FRENCH)).facts.permissions
    assert it.used_at == clock.now - timedelta(milliseconds=1)


def test_a_purged_proof_is_unreadable_with_every_key_that_is_left(program: Program, clock: Clock) -> None:
    service = program.service
    permit(service)
    service.hear(Message(parse(FRENCH), "STOP", Channel.SMS, "default", "SM1"))
    entries = program.service._seals.entries
    before = service._store.read(parse(FRENCH))
    assert before.card
    clock.forward(days=5 * YEAR)
    assert service.purge().proofs == 1
    after = service._store.read(parse(FRENCH))
    assert after.card
    boxes = [(own_key(it.event), it.box) for it in entries.after(after.partition, "ledger") if it.box]
    [(fact, proof)] = [it for it in boxes if it[0]]
    keyring = service._store.keyring
    assert PROOF in str(vault.open_box(keyring, before.card, proof, fact))  # what a copy of the card could still do
    for name in (fact, ""):
        with pytest.raises((vault.KeyDestroyed, Exception)):
            vault.open_box(keyring, after.card, proof, name)
    assert [it["private"]["words"] for it in service.dossier(parse(FRENCH))["events"] if it.get("private")] == ["STOP"]
    assert service.seal()
    assert service.verify_ledger().broken is None


def test_the_key_of_a_proof_that_was_not_purged_is_missed(program: Program) -> None:
    service = program.service
    permit(service)
    at = service._store.read(parse(FRENCH))
    assert at.card
    private = vault.open_card(service._store.keyring, at.card)
    forged = vault.with_private(service._store.keyring, at.card, vault.Private(private.contact, private.salt))
    program.client.hset(at.partition.contact(at.fingerprint), "card", vault.encode(forged))
    assert "was not purged" in (service.verify_ledger().broken or "")


def test_a_prospect_that_nobody_heard_of_for_three_years_is_dropped_whole(program: Program, clock: Clock) -> None:
    service = program.service
    service.check(FRENCH, Terms())
    permit(service, EMAIL, channels=frozenset({Channel.EMAIL}), valid_until=TUESDAY + timedelta(hours=1))
    clock.forward(days=3 * YEAR - 9)
    assert service.purge() == Purge()
    clock.forward(days=20)
    assert service.purge(dry_run=True) == Purge(prospects=2)
    assert service.purge(dry_run=True) == Purge(prospects=2)  # a dry run changes nothing
    assert service.purge() == Purge(prospects=2)
    for contact in (FRENCH, EMAIL):
        assert not service.dossier(parse(contact))["events"]
        assert not program.client.keys(f"*:contact:{service._store.keyring.fingerprint(parse(contact))}")
    assert service.seal()
    assert service.verify_ledger().broken is None
    assert service.purge() == Purge()


@pytest.mark.parametrize("what", ["opt-out", "start", "block", "permission", "review", "request"])
def test_whoever_has_something_on_file_is_no_prospect(program: Program, clock: Clock, what: str) -> None:
    service, contact = program.service, parse(FRENCH)
    if what in ("opt-out", "start"):
        service.hear(Message(contact, "STOP", Channel.SMS, "default", "SM1"))
    if what == "start":
        service.hear(Message(contact, "START", Channel.SMS, "default", "SM2"))
    if what == "block":
        service.block(contact, "litigation", "alice")
    if what == "permission":
        permit(service, basis="contract")
    if what == "review":
        service.hear(Message(contact, doubtful(), Channel.SMS, "default", "SM3"))
        assert service.reviews()
    if what == "request":
        service.open_request(contact, "access", "alice", brand="default", via="letter")
    clock.forward(days=30 * YEAR)
    assert service.purge().prospects == 0


def test_a_check_since_keeps_a_prospect(program: Program, clock: Clock) -> None:
    """The record's places are the server's time, so a later check is put there by hand."""
    service = program.service
    service.check(FRENCH, Terms())
    stream = keys.of_fingerprint(service._store.keyring.fingerprint(parse(FRENCH))).questions
    [(_, fields)] = program.client.xrange(stream)
    clock.forward(days=2 * YEAR)
    program.client.xadd(stream, fields, id=f"{int(clock.now.timestamp() * 1000)}-0")
    clock.forward(days=2 * YEAR)
    assert service.purge() == Purge()
    clock.forward(days=2 * YEAR)
    assert service.purge() == Purge(prospects=1)


def test_a_contact_comes_back_as_new_after_it_was_dropped(program: Program, clock: Clock) -> None:
    service = program.service
    first = service.check(FRENCH, Terms())
    clock.forward(days=4 * YEAR)
    service.purge()
    service.hear(Message(parse(FRENCH), "STOP", Channel.SMS, "default", "SM1"))
    assert "opted_out" in [it.code for it in service.check(FRENCH, Terms()).reasons]
    assert service.proven_verdict(first.id).verdict is None
    assert service.verify_ledger().broken is None


def test_attempts_and_ended_blocks_go_at_the_end_of_their_term(program: Program, clock: Clock) -> None:
    service, contact = program.service, parse(FRENCH)
    service.opt_out(contact, "default", ALL_CHANNELS, "api")
    service.attempt(contact, Channel.VOICE, "no_answer", brand="default")
    service.block(contact, "not-now", "alice", until=TUESDAY + timedelta(days=60))
    service.block(contact, "litigation", "alice")
    clock.forward(days=3 * YEAR)
    assert service.purge() == Purge(attempts=1)
    clock.forward(days=60)
    assert service.purge() == Purge(blocks=1)
    facts = service.dossier(contact)["facts"]
    assert ([it["list"] for it in facts["blocks"]], facts.get("attempts")) == (["litigation"], None)


def test_an_opt_out_never_goes_by_itself(program: Program, clock: Clock) -> None:
    service = program.service
    service.hear(Message(parse(FRENCH), "STOP", Channel.SMS, "default", "SM1"))
    clock.forward(days=100 * YEAR)
    assert service.purge() == Purge()
    assert "opted_out" in [it.code for it in service.check(FRENCH, Terms()).reasons]


def test_the_worker_takes_every_partition_once_a_day(program: Program, clock: Clock) -> None:
    service = program.service
    for n in range(40):
        service.check(f"+33639981{n:03d}", Terms())
    clock.forward(days=4 * YEAR)
    dropped = 0
    for _ in range(keys.PARTITIONS):
        clock.forward(seconds=86_400 / keys.PARTITIONS)
        dropped += service.purge_turn().prospects
    assert dropped == 40


def test_a_restored_backup_is_purged_again(build: Callable[..., Program], clock: Clock, tmp_path: Any) -> None:
    program = build()
    permit(program.service)
    program.service.hear(Message(parse(FRENCH), "STOP", Channel.SMS, "default", "SM1"))
    program.service.backup(tmp_path / "backup")
    clock.forward(days=5 * YEAR)
    assert program.service.purge().proofs == 1
    other = build(
        STOPLISTE_DATA_DIR=str(tmp_path / "other"), STOPLISTE_SECRET=(tmp_path / "data" / "secret").read_text()
    )
    other.service.restore(tmp_path / "backup")
    assert proofs(other.service) == [PROOF]
    assert other.service.purge().proofs == 1
    assert proofs(other.service) == []
    assert other.service.verify_ledger().broken is None
