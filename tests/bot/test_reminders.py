"""Admins are told once a day of the requests that wait for an answer: in their language, across restarts, never twice."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from world import ADMIN, Person, World, environment, new_id

import wiring
from suppression.contact import parse
from suppression.texts import languages, say

OTHER = 1_001_002
Apart = Callable[..., tuple[World, wiring.Program]]


@pytest.fixture
def waiting(
    build: Callable[..., wiring.Program], clock: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[World, wiring.Program]]:
    """A world without a bot yet; its admin writes French, an erasure is due in six days, an access in thirty."""
    monkeypatch.setattr("bot.reminder.LOOK_SECONDS", 0.05)
    world = World()
    program = build(**{**environment(world), "TELEGRAM_ADMINS": f"{ADMIN},{OTHER}"})
    program.service.open_request(parse("+33639981234"), "erasure", "letter", brand="default", via="letter", key="one")
    clock.forward(days=24)
    program.service.open_request(parse("+33639985678"), "access", "letter", brand="default", via="letter", key="two")
    yield world, program
    world.close()


def told(world: World, admin: int) -> list[str]:
    return [it.text for it in world.api.calls if it.data.get("chat_id") == str(admin)]


def looks(world: World, times: int = 4) -> None:
    """Long enough for the bot to look again a few times."""
    for _ in range(times):
        time.sleep(0.06)
        Person(world, new_id()).says("stop")


def test_each_admin_is_told_what_is_due_once_a_day(waiting: tuple[World, wiring.Program], clock: Any) -> None:
    world, program = waiting
    world.start_bot(program)
    world.until(lambda: len(told(world, ADMIN)) == len(told(world, OTHER)) == 1)
    [text] = told(world, ADMIN)
    [erasure] = program.service.requests_due_soon()
    assert f"effacement : {erasure['contact']}" in text
    assert erasure["id"] in text
    assert "2026-12-24" in text
    assert "EN RETARD" not in text
    assert "accès aux données" not in text  # due in a month
    assert "39981234" not in text  # masked, as everywhere
    looks(world)
    assert (len(told(world, ADMIN)), len(told(world, OTHER))) == (1, 1)
    clock.forward(days=7)
    world.until(lambda: len(told(world, ADMIN)) == 2)
    assert "EN RETARD, effacement" in told(world, ADMIN)[1]


def test_a_restart_on_the_same_day_repeats_nothing(waiting: tuple[World, wiring.Program], clock: Any) -> None:
    world, program = waiting
    world.start_bot(program)
    world.until(lambda: len(told(world, ADMIN)) == 1)
    world.stop_bot()
    world.start_bot(program)
    looks(world)
    assert len(told(world, ADMIN)) == 1
    world.stop_bot()
    clock.forward(days=1)
    world.start_bot(program)
    world.until(lambda: len(told(world, ADMIN)) == 2)


def test_it_comes_in_the_language_of_the_admins_telegram(waiting: tuple[World, wiring.Program], clock: Any) -> None:
    world, program = waiting
    world.start_bot(program)
    Person(world, ADMIN, "de").says("/stats", -1)
    world.stop_bot()
    clock.forward(days=1)
    before = len(told(world, ADMIN))
    world.start_bot(program)
    world.until(lambda: len(told(world, ADMIN)) > before)
    assert told(world, ADMIN)[-1].startswith(say("bot", "reminder", "de", number=1))


def test_what_was_answered_is_no_longer_reminded_of(waiting: tuple[World, wiring.Program]) -> None:
    world, program = waiting
    [erasure] = program.service.requests_due_soon()
    program.service.close_request(erasure["id"], "tests")
    world.start_bot(program)
    looks(world)
    assert told(world, ADMIN) == []


def test_what_could_not_be_delivered_is_tried_again(waiting: tuple[World, wiring.Program]) -> None:
    world, program = waiting
    world.api.faults["sendMessage"] = [{"status": 403}, {"status": 403}]  # neither admin has opened the chat yet
    world.start_bot(program)
    world.until(lambda: len(told(world, ADMIN)) == len(told(world, OTHER)) == 1)


def test_nobody_is_woken_by_it(waiting: tuple[World, wiring.Program], clock: Any) -> None:
    world, program = waiting
    clock.forward(hours=-5)  # 06:00 in Paris
    world.start_bot(program)
    looks(world)
    assert told(world, ADMIN) == []
    clock.forward(hours=3)
    world.until(lambda: len(told(world, ADMIN)) == 1)


def test_a_store_that_is_away_is_waited_for(waiting: tuple[World, wiring.Program]) -> None:
    world, program = waiting
    assert program.embedded
    program.embedded.stop()
    world.start_bot(program)
    Person(world, new_id()).says("stop")
    program.embedded.ensure()
    world.until(lambda: len(told(world, ADMIN)) == 1)


def test_many_are_counted_not_listed(waiting: tuple[World, wiring.Program]) -> None:
    world, program = waiting
    for number in range(25):
        contact = parse(f"+3363998{number:04}")
        program.service.open_request(contact, "access", "letter", brand="default", via="letter", key=str(number))
    clock: Any = program.service._clock
    clock.forward(days=25)
    world.start_bot(program)
    world.until(lambda: len(told(world, ADMIN)) == 1)
    [text] = told(world, ADMIN)
    assert text.count("\n•") == 20
    assert say("bot", "reminder_more", "fr", number=7) in text


@pytest.mark.parametrize("lang", languages("bot"))
def test_every_language_says_it(lang: str) -> None:
    blanks = {"number": 3, "kind": "K", "contact": "C", "brand": "B", "due": "D", "id": "I"}
    for key in ("reminder", "reminder_due", "reminder_overdue", "reminder_more", "reminder_end", "request_erasure", "request_access"):  # fmt: skip
        said = say("bot", key, lang, **blanks)
        assert said
        assert lang == "en" or said != say("bot", key, "en", **blanks)
