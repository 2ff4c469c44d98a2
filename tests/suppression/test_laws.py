"""The laws of docs/domain.md, one by one, through the service on a real server."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

import wiring
from suppression.contact import Contact, Kind, parse
from suppression.errors import KeyReused, NotFound, StoreUnavailable
from suppression.records import ALL_CHANNELS, Channel
from suppression.service import Message, Service, Terms
from tests.conftest import TUESDAY, Clock
from wiring import Program

PHONE, TWO, THREE = "+33639980001", "+33639980002", "+33639980003"
ASKED = Terms(Channel.SMS, audience="business", at=TUESDAY)


def said(text: str, key: str, contact: str = PHONE, channel: Channel = Channel.SMS, brand: str = "default") -> Message:
    return Message(parse(contact), text, channel, brand, key)


def verdict(service: Service, contact: str = PHONE, terms: Terms = ASKED) -> str:
    found = service.check(contact, terms)
    return "allow" if found.allowed else ",".join(it.code for it in found.reasons)


def kill(program: Program) -> None:
    assert program.embedded
    assert program.embedded._child
    program.embedded._child.kill()
    program.embedded._child.wait()


def test_a_stop_denies_and_a_start_on_that_channel_allows(program: Program) -> None:
    service = program.service
    assert verdict(service) == "allow"
    assert service.hear(said("STOP", "SM1")).what == "stopped"
    assert verdict(service) == "opted_out"
    assert service.hear(said("START", "SM2")).what == "started"
    assert verdict(service) == "allow"
    assert (
        verdict(service, terms=Terms(Channel.WHATSAPP, audience="business", at=TUESDAY)) == "opted_out"
    )  # START was by SMS


def test_an_opt_out_denies_at_every_instant_asked_about(program: Program) -> None:
    program.service.hear(said("STOP", "SM1"))
    for at in (TUESDAY - timedelta(days=700), TUESDAY + timedelta(days=7)):
        assert "opted_out" in verdict(program.service, terms=Terms(Channel.SMS, audience="business", at=at))


def test_law_1_a_stop_is_confirmed_from_the_journal_and_seen_when_redis_is_back(program: Program) -> None:
    service = program.service
    kill(program)
    assert service.hear(said("STOP", "SM1")).what == "stopped"
    with pytest.raises(StoreUnavailable):  # law 2: silence is never allow
        verdict(service)
    program.embedded.ensure()  # type: ignore[union-attr]
    assert verdict(service) == "opted_out"


def test_law_1_start_is_never_journalled(program: Program) -> None:
    program.service.hear(said("STOP", "SM1"))
    kill(program)
    assert program.service.hear(said("START", "SM2")).what == "again"  # the person is asked to send it once more
    program.embedded.ensure()  # type: ignore[union-attr]
    assert verdict(program.service) == "opted_out"


def test_law_3_a_stop_that_one_process_confirmed_is_seen_by_every_other(build: Callable[..., Program]) -> None:
    one, other = build(), build()
    kill(one)
    one.service.hear(said("STOP", "SM1"))
    one.embedded.ensure()  # type: ignore[union-attr]
    assert verdict(other.service) == "opted_out"


def test_law_4_a_replayed_start_does_nothing(program: Program, clock: Clock) -> None:
    service = program.service
    service.hear(said("STOP", "SM1"))
    service.hear(said("START", "SM2"))
    service.hear(said("STOP", "SM3"))
    clock.forward(days=4000)
    service.hear(said("START", "SM2"))
    assert verdict(service) == "opted_out"


def test_law_4_a_start_older_than_the_stop_comes_late_and_does_nothing(program: Program, clock: Clock) -> None:
    service, written = program.service, clock.now
    clock.forward(hours=1)
    service.hear(said("STOP", "SM1"))
    late = Message(parse(PHONE), "START", Channel.SMS, "default", "SM2", at=written)
    assert service.hear(late).what == "late"
    assert verdict(service) == "opted_out"


def test_law_4_two_admins_lift_an_opt_out_and_one_cannot(program: Program) -> None:
    service = program.service
    service.hear(said("STOP", "SM1"))
    lift = service.ask_lift(parse(PHONE), "wrong number typed by us, see ticket", "alice").answer["id"]
    assert verdict(service) == "opted_out"
    with pytest.raises(Exception, match="another admin"):
        service.approve_lift(lift, "alice")
    service.approve_lift(lift, "bob")
    assert verdict(service) == "allow"


def test_law_4_unblock_never_touches_an_opt_out(program: Program) -> None:
    service = program.service
    service.block(parse(PHONE), "do-not-call", "alice", reason="asked by phone")
    service.hear(said("STOP", "SM1"))
    assert service.unblock_contact(parse(PHONE), "alice") == 1
    assert verdict(service) == "opted_out"


def test_law_6_the_same_message_twice_is_one_event(program: Program) -> None:
    first, second = (program.service.hear(said("STOP", "SM1")) for _ in range(2))
    assert (first.event_id, first.repeated, second.event_id, second.repeated) == (
        first.event_id,
        False,
        first.event_id,
        True,
    )
    assert program.service.stats()["opted_out"] == 1


def test_law_6_a_key_for_another_request_is_refused_and_leaves_nothing(program: Program) -> None:
    service, contact = program.service, parse(PHONE)
    service.opt_out(contact, "default", frozenset({Channel.SMS}), "api", key="k")
    with pytest.raises(KeyReused):
        service.opt_out(contact, "default", ALL_CHANNELS, "api", key="k")
    assert service.recover() == 0


def test_law_7_a_dump_shows_no_number_and_no_words(program: Program) -> None:
    service = program.service
    service.hear(said("arrêtez de m'appeler, bande de nuls", "SM1"))
    service.check(PHONE, ASKED)
    dump = b"".join(program.client.dump(key) or b"" for key in program.client.keys("*"))
    files = b"".join(it.read_bytes() for it in program.settings.data_dir.rglob("*") if it.is_file())
    for secret in (b"639980001", b"bande de nuls"):
        assert secret not in dump
        assert secret not in files


def test_law_7_erasure_leaves_the_fingerprint_denying_and_nothing_readable(program: Program) -> None:
    service = program.service
    service.hear(said("STOP", "SM1"))
    service.erase(parse(PHONE), "alice")
    assert verdict(service) == "opted_out"
    again = service.dossier(parse(PHONE))
    assert [it["private"] for it in again["events"] if "private" in it] == []


def test_law_8_a_past_verdict_is_made_again_from_the_ledger(program: Program) -> None:
    service = program.service
    before = service.check(PHONE, ASKED)
    service.hear(said("STOP", "SM1"))
    after = service.check(PHONE, ASKED)
    assert (service.past_verdict(before.id), service.past_verdict(after.id)) == (before, after)
    with pytest.raises(NotFound):
        service.past_verdict("vrd_001-1")


def test_a_narrower_wish_is_honoured_as_said(program: Program) -> None:
    heard = program.service.hear(said("plus de SMS, mais vous pouvez appeler", "SM1"))
    assert heard.channels == frozenset({Channel.SMS})
    assert verdict(program.service) == "opted_out"
    assert "opted_out" not in verdict(program.service, terms=Terms(Channel.VOICE, at=TUESDAY))


def test_somebody_who_shared_a_phone_is_opted_out_under_both_contacts(program: Program) -> None:
    service, telegram = program.service, Contact(Kind.TELEGRAM, "424242")
    service.share_phone(telegram, parse(PHONE), "default", "tg:1")
    assert verdict(service) == "opted_out"
    service.hear(said("START", "SM1"))
    assert verdict(service) == "allow"
    service.hear(Message(telegram, "stop", Channel.TELEGRAM, "default", "tg:2"))
    assert verdict(service) == "opted_out"


def test_a_torn_or_older_server_gets_its_stops_back_before_anybody_is_answered(program: Program) -> None:
    service = program.service
    service.check(PHONE, ASKED)
    service.hear(said("STOP", "SM1"))
    kill(program)
    [tail] = (program.settings.data_dir / "redis" / "appendonlydir").glob("*.incr.aof")
    with tail.open("r+b") as file:
        file.truncate(tail.stat().st_size - 300)
    program.embedded.ensure()  # type: ignore[union-attr]
    assert verdict(service) == "opted_out"


def test_an_empty_server_where_there_was_a_list_is_refused(program: Program) -> None:
    program.service.hear(said("STOP", "SM1"))
    program.client.flushall()
    kill(program)
    program.embedded.ensure()  # type: ignore[union-attr]
    with pytest.raises(StoreUnavailable):
        verdict(program.service)


def test_64_agents_never_share_the_last_permitted_attempt(program: Program) -> None:
    """FR-4: at most four attempts in 30 days."""
    service, clock_free = program.service, Terms(Channel.VOICE, audience="business")
    for n in range(3):
        service.attempt(parse(PHONE), Channel.VOICE, "no_answer", brand="default", key=str(n))
    with ThreadPoolExecutor(64) as crowd:
        verdicts = list(crowd.map(lambda _: service.reserve(PHONE, clock_free), range(64)))
    assert [it.allowed for it in verdicts].count(True) == 1
    assert sum(it.reservation is not None for it in verdicts) == 1


def test_the_journal_forgets_a_stop_once_its_event_is_in_a_sealed_file(program: Program, clock: Clock) -> None:
    service = program.service
    service.hear(said("STOP", "SM1"))
    service.opt_out(parse("+33639980002"), "default", ALL_CHANNELS, "api")
    service.seal()
    assert service.prune_journal() == 0
    clock.forward(days=100)
    service.seal()
    service.archive_old()
    assert service.recover() == 0, "what stands in the archive is not lost"
    assert service.prune_journal() == 2
    assert (service.recover(), verdict(service)) == (0, "opted_out")


def test_a_stop_left_by_a_process_that_died_is_recorded_by_the_next_round(program: Program) -> None:
    service = program.service
    kill(program)
    service.hear(said("STOP", "SM1"))
    (
        program.settings.data_dir / "journal.pending"
    ).unlink()  # as if it had died before the mark: never confirmed, but heard
    program.embedded.ensure()  # type: ignore[union-attr]
    service.drain()
    assert verdict(service) == "opted_out"


def test_yesterdays_copy_of_the_server_is_refused_until_its_loss_is_accepted(program: Program, clock: Clock) -> None:
    service, redis = program.service, program.settings.data_dir / "redis"
    service.hear(said("STOP", "SM1"))
    kill(program)
    shutil.copytree(redis / "appendonlydir", redis / "yesterday")
    program.embedded.ensure()  # type: ignore[union-attr]
    service.hear(said("STOP", "SM2", TWO))
    service.block(parse(THREE), "litigation", "alice", reason="see file")
    service.seal()
    kill(program)
    shutil.rmtree(redis / "appendonlydir")
    (redis / "yesterday").rename(redis / "appendonlydir")
    program.embedded.ensure()  # type: ignore[union-attr]
    with pytest.raises(StoreUnavailable) as refused:
        verdict(service)
    assert "older copy" in str(refused.value.__cause__)
    assert service.hear(said("STOP", "SM3")).what == "stopped"  # still taken in, by the journal
    with wiring.running(program.settings, empty_is_meant=True) as mending:
        assert mending.service.accept_loss() == 2
    assert [verdict(service, it) for it in (PHONE, TWO, THREE)] == ["opted_out", "opted_out", "allow"]


def test_law_5_yes_and_no_cost_the_same_commands(program: Program) -> None:
    """A known denied contact, a known allowed one and one never seen: the server runs the same commands for each."""
    service = program.service
    service.hear(said("STOP", "SM1"))
    service.check(TWO, ASKED)

    def commands(contact: str) -> dict[str, int]:
        program.client.config_resetstat()
        service.check(contact, ASKED)
        stats = program.client.info("commandstats")
        return {
            name: it["calls"] for name, it in stats.items() if name not in ("cmdstat_config|resetstat", "cmdstat_info")
        }

    denied, allowed, unknown = commands(PHONE), commands(TWO), commands(THREE)
    assert denied == allowed
    assert {
        it: n for it, n in unknown.items() if it != "cmdstat_hset"
    } == denied  # its card is made with its first question


def test_law_2_a_store_emptied_while_it_runs_answers_nothing_any_more(program: Program) -> None:
    """Its connections live on, and everybody on it would look as if they may be called."""
    service = program.service
    service.hear(said("STOP", "SM1"))
    program.client.flushall()
    for ask in (lambda: verdict(service), lambda: service.reserve(PHONE, Terms(Channel.SMS, audience="business"))):
        with pytest.raises(StoreUnavailable):
            ask()
    assert service.hear(said("STOP", "SM2", TWO)).what == "stopped"  # the journal has it


def test_law_2_half_a_store_is_refused(build: Callable[..., Program], program: Program) -> None:
    """A node of a cluster that came back empty: some partitions are there, others are not."""
    program.service.hear(said("STOP", "SM1"))
    program.client.delete(*program.client.keys("{p0*"))
    kill(program)
    program.embedded.ensure()  # type: ignore[union-attr]
    with pytest.raises(StoreUnavailable, match="partitions were emptied"):
        verdict(program.service)
