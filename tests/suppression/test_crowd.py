"""STOPs of several people at the same time: one sync for all, and to each the answer that they would have had alone."""

from collections.abc import Callable

import pytest

from suppression.contact import Contact, Kind, parse
from suppression.errors import Forbidden, KeptNotInEffect, KeyReused, StoreUnavailable, Unauthenticated
from suppression.records import ALL_CHANNELS, Channel
from suppression.service import ApiKey, Caller, Message, Said, Service, Stop, Terms
from suppression.store.store import Receipt
from tests.conftest import TUESDAY, doubtful
from tests.suppression.test_laws import kill, said, verdict
from wiring import Program

PEOPLE = [f"+3363998{n:04d}" for n in range(12)]
DIALERS = frozenset({"dialer"})


def stops(service: Service, people: list[str] = PEOPLE, key: str = "") -> list[Stop]:
    return [service.stop_of(parse(it), "default", ALL_CHANNELS, "api", key=key and f"{key}{it}") for it in people]


def good(found: list[Receipt | Exception]) -> list[Receipt]:
    assert all(isinstance(it, Receipt) for it in found), found
    return [it for it in found if isinstance(it, Receipt)]


def test_all_are_recorded_each_by_an_event_of_its_own(program: Program) -> None:
    service = program.service
    receipts = good(service.opt_out_each(stops(service)))
    assert len({it.event_id for it in receipts}) == len(PEOPLE)
    assert {verdict(service, it) for it in PEOPLE} == {"opted_out"}
    again = good(service.opt_out_each(stops(service)))
    assert [it.answer["id"] for it in again] == [it.answer["id"] for it in receipts]  # a second STOP is a success


def test_the_same_person_twice_and_the_same_message_twice(program: Program) -> None:
    service = program.service
    one, two, other = (
        service.stop_of(parse(PEOPLE[0]), "default", ALL_CHANNELS, "api", key=k) for k in ("a", "a", "b")
    )
    first, second, third = good(service.opt_out_each([one, two, other]))
    assert (second.event_id, second.repeated) == (first.event_id, True)
    assert third.event_id != first.event_id
    assert third.answer["id"] == first.answer["id"]


def test_what_is_wrong_with_one_is_its_own_answer(program: Program) -> None:
    service = program.service
    key = f"k{PEOPLE[0]}"
    service.opt_out(parse(PEOPLE[0]), "default", frozenset({Channel.SMS}), "api", key=key)
    wrong, *others = service.opt_out_each(stops(service, key="k"))
    assert isinstance(wrong, KeyReused)
    good(others)
    assert program.service._journal.unmark()  # the others are settled, and the wrong one is gone


def test_law_1_the_journal_alone_confirms_all_of_them(program: Program) -> None:
    service = program.service
    kill(program)
    assert all(not it.event_id for it in good(service.opt_out_each(stops(service))))
    with pytest.raises(StoreUnavailable):
        verdict(service)
    program.embedded.ensure()  # type: ignore[union-attr]
    assert {verdict(service, it) for it in PEOPLE} == {"opted_out"}


def test_law_1_with_several_hosts_all_are_told_that_it_is_kept(build: Callable[..., Program]) -> None:
    program = build(STOPLISTE_HOSTS="many")
    kill(program)
    assert {type(it) for it in program.service.opt_out_each(stops(program.service))} == {KeptNotInEffect}


def test_law_2_an_emptied_store_leaves_them_to_the_journal(program: Program) -> None:
    program.client.flushall()
    assert all(not it.event_id for it in good(program.service.opt_out_each(stops(program.service))))
    assert len(list(program.service._journal.rows(pending_only=True))) == len(PEOPLE)


def test_who_is_known_to_be_the_same_person_is_opted_out_too(program: Program) -> None:
    service, telegram = program.service, Contact(Kind.TELEGRAM, "4711")
    service.share_phone(telegram, parse(PEOPLE[0]), "default", "u1")
    service.hear(Message(telegram, "START", Channel.TELEGRAM, "default", "u2"))
    service.opt_out_each(stops(service, PEOPLE[:2]))
    asked = service.check("telegram:4711", Terms(Channel.TELEGRAM, audience="business", at=TUESDAY))
    assert "opted_out" in [it.code for it in asked.reasons]


def test_each_caller_is_let_in_or_not_by_itself(program: Program) -> None:
    service = program.service
    dialer, agent = service.create_key("a", "dialer"), service.create_key("b", "agent")

    def asked(key: str, contact: str) -> Said:
        def stop(it: ApiKey) -> Stop:
            return service.stop_of(parse(contact), "default", ALL_CHANNELS, "api", by=it.name)

        return Said(Caller(key, "127.0.0.1", DIALERS), stop)

    people = iter(PEOPLE)
    found = service.stop_each([asked(key, next(people)) for key in (dialer, "nobody", agent, dialer)])
    assert [type(it) for it in found] == [Receipt, Unauthenticated, Forbidden, Receipt]
    assert [verdict(service, it) for it in PEOPLE[:4]] == ["opted_out", "allow", "allow", "opted_out"]


def test_only_what_is_surely_a_stop_is_done_at_once(program: Program) -> None:
    service = program.service
    texts = ("STOP", "bonjour", doubtful(), "START", "plus de SMS, mais vous pouvez appeler", "HELP")
    messages = [said(text, f"SM{n}", PEOPLE[n]) for n, text in enumerate(texts)]
    found = service.hear_stops(messages)
    assert [getattr(it, "what", it) for it in found] == ["stopped", None, None, None, "stopped", None]
    asked = [verdict(service, it) for it in PEOPLE[: len(texts)]]
    assert asked == ["opted_out", "allow", "allow", "allow", "opted_out", "allow"]
    alone = service.hear(messages[4])
    assert alone.repeated
    assert alone.channels == found[4].channels == frozenset({Channel.SMS})  # type: ignore[union-attr]
