"""What the store does, on every kind of Redis that REDIS_URL may name: the same, to the last reply."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest

from suppression.contact import Contact, Kind, parse
from suppression.errors import ForeignStore, KeyReused, TooMany, Unauthenticated
from suppression.records import ALL_CHANNELS, Channel
from suppression.service import Caller, Message, Service, Terms
from suppression.store import keys
from suppression.store.connect import masters
from tests.conftest import TUESDAY, Clock
from tests.contract.conftest import empty
from wiring import Program, rotate_secret

ONE, TWO, THREE = "+33639980001", "+33639980002", "+33639980003"
CROWD = [f"+336399801{n:02d}" for n in range(60)]  # in some forty partitions, on every node of a cluster
ASKED = Terms(Channel.SMS, audience="business", at=TUESDAY)
NOW = Terms(Channel.SMS, audience="business")


def said(service: Service, contact: str, text: str, key: str) -> str:
    return service.hear(Message(parse(contact), text, Channel.SMS, "default", key)).what


def verdicts(service: Service, *contacts: str, terms: Terms = ASKED) -> str:
    return "".join("A" if it.allowed else "D" for it in service.check_many(contacts, terms))


def test_a_stop_denies_and_a_start_allows_and_each_message_counts_once(program: Program) -> None:
    service = program.service
    assert verdicts(service, ONE) == "A"
    assert [said(service, ONE, "STOP", "1") for _ in range(2)] == ["stopped", "stopped"]
    assert verdicts(service, ONE, TWO) == "DA"
    assert said(service, ONE, "START", "2") == "started"
    assert verdicts(service, ONE) == "A"
    said(service, ONE, "STOP", "3")
    said(service, ONE, "START", "2")  # replayed
    assert verdicts(service, ONE) == "D"
    assert service.stats()["opted_out"] == 2


def test_a_key_that_served_another_request_is_refused(program: Program) -> None:
    service, contact = program.service, parse(ONE)
    first = service.opt_out(contact, "default", frozenset({Channel.SMS}), "api", key="k")
    again = service.opt_out(contact, "default", frozenset({Channel.SMS}), "api", key="k")
    assert (again.event_id, again.answer, again.repeated) == (first.event_id, first.answer, True)
    with pytest.raises(KeyReused):
        service.opt_out(contact, "default", ALL_CHANNELS, "api", key="k")


def test_a_batch_over_all_partitions_comes_back_in_order(program: Program) -> None:
    service = program.service
    stopped = set(CROWD[::3])
    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(lambda it: said(service, it, "STOP", it), stopped))
    assert len({keys.of_fingerprint(program.service._store.keyring.fingerprint(parse(it))) for it in CROWD}) > 30
    assert verdicts(service, *CROWD) == "".join("D" if it in stopped else "A" for it in CROWD)
    facts = service._store.look([parse(it) for it in CROWD])
    assert [bool(it.opt_outs) for it in facts] == [it in stopped for it in CROWD]
    assert service.stats() == {"asked": len(CROWD), "opted_out": len(stopped)}


def test_the_desk_looks_at_the_key_and_answers_in_one_exchange(program: Program) -> None:
    service = program.service
    caller = Caller(service.create_key("dialer", "dialer"), "192.0.2.1", frozenset({"dialer"}))
    said(service, ONE, "STOP", "1")
    found = [service.check_once(caller, it, lambda _key: ASKED).allowed for it in (ONE, TWO, ONE)]
    assert found == [False, True, False]
    [(key, _used)] = service.keys()
    assert key.name == "dialer"
    service.revoke_key("dialer")
    with pytest.raises(Unauthenticated):
        service.check_once(caller, ONE, lambda _key: ASKED)


def test_a_limit_holds_between_processes(
    program: Program, build: Callable[..., Program], environment: dict[str, str]
) -> None:
    other = build(**environment)
    for service in (program.service, other.service, program.service):
        service.afford(parse(ONE), "192.0.2.1")
    with pytest.raises(TooMany):
        other.service.afford(parse(ONE), "192.0.2.1")


def test_agents_come_and_go(program: Program) -> None:
    program.service.add_agent(42, "alice")
    assert (program.service.is_agent(42), program.service.agents()) == (True, [42])
    assert program.service.remove_agent(42)
    assert not program.service.is_agent(42)


def test_the_feed_and_the_history_tell_everything_once_and_in_order(program: Program) -> None:
    service = program.service
    for n, contact in enumerate(CROWD[:8]):
        said(service, contact, "arrêtez", str(n))
    read, cursor = [], None
    while page := service.feed(cursor, 3)[0]:
        read += [it["contact"] for it in page]
        cursor = service.feed(cursor, 3)[1]
    assert read == [parse(it).masked for it in CROWD[:8]]
    said(service, ONE, "STOP", "a")
    said(service, ONE, "START", "b")
    assert [it["type"] for it in service.dossier(parse(ONE))["events"]] == ["opted_out", "opted_in"]
    assert service.feed(cursor, 1)[0][0]["type"] == "opted_out"


def test_what_has_an_id_is_found_by_it_and_what_is_due_waits(program: Program) -> None:
    service = program.service
    block = service.block(parse(ONE), "litigation", "alice", reason="see file").answer["id"]
    said(service, TWO, "je ne veux plus trop, enfin je crois", "1")
    said(service, THREE, "supprimez toutes mes données", "2")
    assert service._store.find(block).contact == parse(ONE)
    service.unblock(block, "alice")
    assert verdicts(service, ONE) == "A"
    for review in service.reviews():
        service.decide_review(str(review["id"]), "none", "alice")
    assert service.reviews() == []
    assert len(service._store.due("request")) == 1


def test_a_registry_is_replaced_whole(program: Program) -> None:
    service = program.service
    service.load_registry("tps", [b"0639980001", b"0639980002"], date(2026, 11, 1), by="tests")
    service.load_registry(
        "tps", [f"{it}".encode() for it in (TWO, THREE, "+33140000000")], date(2026, 11, 20), by="tests"
    )
    [registry] = service.registries()
    assert (registry.numbers, registry.as_of) == (3, date(2026, 11, 20))
    listed = [service._registries.listings(parse(it), ("tps", "none"))[0].listed for it in (ONE, TWO, THREE)]
    assert listed == [False, True, True]


def test_nobody_shares_the_last_permitted_attempt(program: Program) -> None:
    """FR-4: at most four attempts in 30 days."""
    service, terms = program.service, Terms(Channel.VOICE, audience="business")
    for n in range(3):
        service.attempt(parse(ONE), Channel.VOICE, "no_answer", brand="default", key=str(n))
    with ThreadPoolExecutor(8) as crowd:
        found = list(crowd.map(lambda _: service.reserve(ONE, terms), range(8)))
    assert [it.allowed for it in found].count(True) == 1


def test_two_contacts_of_one_person_lie_in_two_partitions_and_stop_together(program: Program) -> None:
    service, telegram = program.service, Contact(Kind.TELEGRAM, "424242")
    service.share_phone(telegram, parse(ONE), "default", "tg:1")
    said(service, ONE, "START", "1")
    service.hear(Message(telegram, "stop", Channel.TELEGRAM, "default", "tg:2"))
    assert verdicts(service, ONE) == "D"


def test_what_is_sealed_is_sealed_once_and_past_verdicts_are_proven(program: Program, clock: Clock) -> None:
    service = program.service
    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(lambda it: said(service, it, "STOP", it), CROWD[:10]))
    before = service.check(ONE, NOW)
    assert (service.seal(), service.seal()) == (1, 0)
    proven = service.proven_verdict(before.id)
    assert (proven.verdict, proven.proof is not None) == (before, True)
    clock.forward(days=40_000)  # everything is old by then, whatever the server's clock says
    assert service.archive_old(timedelta(0), timedelta(0)) == 11
    report = service.verify_ledger()
    assert (report.broken, report.seals, report.contacts) == (None, 1, 11)
    assert 0 < service.prune_journal() <= 10  # the last to come are noted with the next write


def test_an_erased_person_stays_suppressed(program: Program) -> None:
    service = program.service
    said(service, ONE, "STOP", "1")
    service.erase(parse(ONE), "alice")
    assert verdicts(service, ONE) == "D"
    assert service.verify_ledger().broken is None
    service.purge()


def test_a_backup_comes_back_into_an_empty_store(
    program: Program, build: Callable[..., Program], environment: dict[str, str], tmp_path: Path
) -> None:
    service = program.service
    for n, contact in enumerate(CROWD[:8]):
        said(service, contact, "STOP", str(n))
    said(service, CROWD[0], "START", "s")
    service.load_registry("tps", [ONE.encode()], date(2026, 11, 1), by="tests")
    service.create_key("crm", "agent")
    service.backup(tmp_path / "b")
    for it in masters(program.client):
        it.flushall()
    again = build(empty_is_meant=True, **environment).service
    again.restore(tmp_path / "b")
    assert verdicts(again, *CROWD[:10]) == "A" + "D" * 7 + "AA"
    assert again._registries.listings(parse(ONE), ("tps",))[0].listed
    assert "crm" in {key.name: used for key, used in again.keys()}  # noqa: SIM118 -- a verb, not a dict's keys
    said(again, CROWD[0], "STOP", "t")
    said(again, CROWD[0], "START", "s")  # a replay of the START before the backup
    assert verdicts(again, CROWD[0]) == "D"


def test_a_new_secret_leaves_everybody_where_they_were(
    program: Program, build: Callable[..., Program], environment: dict[str, str]
) -> None:
    for n, contact in enumerate(CROWD[:8]):
        said(program.service, contact, "STOP", str(n))
    with pytest.raises(Exception, match="stop the service first"):
        rotate_secret(program.settings)
    program.close()
    rotated = rotate_secret(program.settings)
    assert rotated
    assert rotated.contacts == 8
    assert verdicts(build(**environment).service, *CROWD[:10]) == "D" * 8 + "AA"


def test_an_emptied_server_is_refused_at_the_next_connection(
    program: Program, url: str, build: Callable[..., Program], environment: dict[str, str]
) -> None:
    said(program.service, ONE, "STOP", "1")
    if url:
        empty(url)
    else:
        program.client.flushall()
    with pytest.raises(ForeignStore, match="the store is empty"):
        build(**environment)
    with ThreadPoolExecutor(4) as crowd, pytest.raises(ForeignStore):
        list(crowd.map(lambda _: program.service.ready(), range(4)))
