"""The loop: nothing skipped, nothing twice, nothing that stops it."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable

import pytest
from aiohttp import web
from telegram import TOKEN, grant
from world import NOW, Person, World, environment, facts, new_id

import wiring
from bot.runner import serve
from suppression.contact import Contact
from suppression.errors import SettingsError
from suppression.service import Terms
from suppression.settings import load
from suppression.texts import say

Apart = Callable[..., tuple[World, wiring.Program]]


def opt_outs(program: wiring.Program, person: Person) -> int:
    return len(facts(program, person.contact).opt_outs)


def events(program: wiring.Program, contact: Contact) -> int:
    return len(program.service.dossier(contact)["events"])


def redis_away(program: wiring.Program) -> None:
    assert program.embedded
    program.embedded.stop()


def redis_back(program: wiring.Program) -> None:
    assert program.embedded
    program.embedded.ensure()


def test_what_the_store_cannot_take_is_not_acknowledged_and_takes_effect_once_when_it_is_back(apart: Apart) -> None:
    world, program = apart()
    one, other = Person(world, new_id()), Person(world, new_id())
    redis_away(program)
    world.put(one.update(text="aide"), other.update(text="stop"))
    time.sleep(1)
    assert len(world.api.updates) == 2  # neither is acknowledged; the STOP is in the journal, and was answered
    assert [it.text for it in world.api.calls] == [say("bot", "stopped", "fr")]
    redis_back(program)
    world.until(lambda: not world.api.updates, 20)
    assert [it.text for it in world.api.calls] == [say("bot", "stopped", "fr"), say("bot", "help", "fr")]
    assert opt_outs(program, other) == 1
    assert (events(program, one.contact), events(program, other.contact)) == (1, 1)


def test_a_start_that_the_store_cannot_take_is_asked_for_again_and_holds_up_nobody(apart: Apart) -> None:
    world, program = apart()
    one, other = Person(world, new_id()), Person(world, new_id())
    one.says("stop")
    redis_away(program)
    world.put(one.update(text="START"), other.update(text="stop"))
    world.until(lambda: not world.api.updates, 20)
    assert [it.text for it in world.api.calls[1:]] == [say("bot", "again", "fr"), say("bot", "stopped", "fr")]
    redis_back(program)
    assert not facts(program, one.contact).reopenings


def test_a_stop_is_confirmed_from_the_journal_and_the_next_check_denies(apart: Apart) -> None:
    world, program = apart()
    person = Person(world, new_id())
    redis_away(program)
    assert person.says("stop") == say("bot", "stopped", "fr")
    redis_back(program)
    verdict = program.service.check(f"telegram:{person.id}", Terms())
    assert "opted_out" in [it.code for it in verdict.reasons]


def test_an_ordinary_message_that_waits_for_the_store_holds_nobody_else_up(apart: Apart) -> None:
    world, program = apart()
    one, other = Person(world, new_id()), Person(world, new_id())
    redis_away(program)
    world.put(one.update(text="bonjour, une question"), one.update(text="stop"))
    world.put(other.update(text="stop"))
    world.until(lambda: bool(world.api.calls))
    assert [it.text for it in world.api.calls] == [say("bot", "stopped", "fr")]
    assert one.contact not in [it.stop.contact for it in program.journal.rows()], (
        "one person's words stay in their order"
    )
    redis_back(program)
    world.until(lambda: not world.api.updates, 20)
    assert [opt_outs(program, it) for it in (one, other)] == [1, 1]
    assert events(program, one.contact) == 2


def test_where_several_hosts_serve_a_stop_is_kept_and_not_promised(apart: Apart) -> None:
    world, program = apart(STOPLISTE_HOSTS="many")
    person = Person(world, new_id())
    redis_away(program)
    assert person.says("stop") == say("bot", "kept_aside", "fr")
    redis_back(program)


def test_a_bot_told_to_stop_while_the_store_is_away_leaves_the_update_for_the_next(apart: Apart) -> None:
    world, program = apart()
    person = Person(world, new_id())
    redis_away(program)
    world.put(person.update(text="aide"))
    time.sleep(0.3)
    world.stop_bot()
    assert len(world.api.updates) == 1
    redis_back(program)
    world.start_bot(program)
    world.until(lambda: not world.api.updates)
    assert events(program, person.contact) == 1


def test_what_was_dealt_with_is_acknowledged_at_the_end(apart: Apart) -> None:
    world, _ = apart()
    world.put(Person(world, new_id()).update(text="stop"))
    world.until(lambda: len(world.api.calls) == 1)
    world.stop_bot()
    assert not world.api.updates


def test_after_a_restart_a_replay_has_no_second_effect(apart: Apart) -> None:
    world, program = apart()
    person = Person(world, new_id())
    replayed = [person.update(text=it) for it in ("stop", "START", "stop")]
    world.settle(3, *replayed)
    before = program.service.dossier(person.contact)
    world.stop_bot()
    world.start_bot(program)
    world.settle(3, *replayed)  # answered again, for nobody knows whether they were
    assert program.service.dossier(person.contact) == before


def test_an_update_sent_again_gets_no_second_effect_and_no_second_answer(
    customer: Person, world: World, program: wiring.Program
) -> None:
    stop, start = customer.update(text="stop"), customer.update(text="START")
    world.settle(2, stop, start)
    before = events(program, customer.contact)
    world.api.faults["getUpdates"] = [lambda: grant([stop, start, stop])]
    Person(world, new_id()).says("bonjour")  # ends the poll at hand; the next one brings the old ones
    assert Person(world, new_id()).says("stop")
    assert events(program, customer.contact) == before


def test_updates_out_of_order_and_new_lower_ids_are_not_lost(apart: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.polling.POLL_SECONDS", 1)
    world, program = apart()
    people = [Person(world, new_id()) for _ in range(4)]
    updates = [it.update(text="stop") for it in people]
    for update, id_ in zip(updates, (703, 701, 702, 12), strict=True):
        update["update_id"] = id_
    world.settle(3, *updates[:3])
    world.settle(1, updates[3])  # Telegram draws new ids after a quiet week
    assert [opt_outs(program, it) for it in people] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("fault", "answers"),
    [
        ([{"status": 429, "retry_after": 1}], 1),  # honoured
        ([{"status": 500}, {"status": 502}], 1),
        ([{"status": 403}], 0),  # they blocked the bot meanwhile
        ([{"status": 400}], 0),
        ([{"status": 500}] * 3, 0),  # given up: others wait
        ([{"status": 429, "retry_after": 3600}], 0),
        ([lambda: web.Response(text="<html>", status=502)], 0),
        ([lambda: web.Response(text="<html>", status=200)], 0),
    ],
)
def test_a_failed_answer_neither_repeats_the_effect_nor_blocks(
    customer: Person, world: World, program: wiring.Program, fault: list[object], answers: int
) -> None:
    world.api.faults["sendMessage"] = list(fault)
    world.settle(answers, customer.update(text="stop"))
    assert not world.api.faults["sendMessage"]
    assert events(program, customer.contact) == 1
    assert customer.says("STOP") == say("bot", "stopped", "fr")


@pytest.mark.parametrize(
    "faults",
    [
        [{"status": 409}] * 3,  # a poller elsewhere
        [{"status": 500}],
        [{"status": 401}],
        [{"status": 429, "retry_after": 1}],
        [lambda: web.Response(text="<html>Bad gateway</html>", status=502)],
        [lambda: web.Response(text='{"ok": true, "result": {"not": "a list"}}')],
        [lambda: web.Response(body=b'{"ok": true, "result": ["\xff"]}')],
        [lambda: web.Response(text="")],
        [lambda: grant([1, "x", None, [], {}, {"update_id": "7"}, {"update_id": True}])],
    ],
)
def test_a_poll_that_fails_is_made_again(
    customer: Person, world: World, faults: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.polling.ANSWER_SECONDS", 0.5)
    world.api.faults["getUpdates"] = list(faults)
    customer.says("bonjour")  # ends the poll at hand
    assert customer.says("stop") == say("bot", "stopped", "fr")
    assert not world.api.faults["getUpdates"]


def test_only_one_poller_of_a_data_directory_takes_updates(apart: Apart) -> None:
    world, program = apart()
    person = Person(world, new_id())
    person.says("stop")
    world.start_bot(program)  # a second one waits for the first
    time.sleep(0.3)
    polls = world.api.tried["getUpdates"]
    person.says("stop")
    assert world.api.tried["getUpdates"] - polls <= 2
    world.stop_bot()
    assert person.says("START") == say("bot", "started", "fr")


def test_unreadable_updates_are_left_behind(customer: Person, world: World) -> None:
    kinds = ("message", "edited_message", "callback_query", "my_chat_member", "poll", "of_next_year")
    bad = {"message_id": 1, "date": "soon", "chat": {"id": 1, "type": "private"}}
    contents = (None, 7, "x", [], {}, {"chat": {"id": "x"}}, bad, {"id": "1", "from": {"id": 1}}, [[[]]])
    world.settle(0, *(world.new(**{kind: it}) for kind in kinds for it in contents), world.new())
    assert customer.says("stop") == say("bot", "stopped", "fr")


@pytest.mark.parametrize(
    "text",
    [
        "stop \ud83d",  # a lone surrogate
        "\ud83d\uded1 STOP",  # a pair, as JSON writes it
        "😀" * 800 + "\nSTOP",
        "STOP\x00",
        "stop\n" + "> quoted\n" * 20_000,  # more than Telegram sends; a server of one's own may
    ],
)
def test_hostile_text_is_still_a_stop(customer: Person, program: wiring.Program, text: str) -> None:
    customer.says(text)
    assert opt_outs(program, customer) or facts(program, customer.contact).reviews


@pytest.mark.parametrize(
    "text", ["😀" * 1600, "\u202e\u200b\ufeff", "{stopped} %s {0}", "<b>&amp;</b> _*[x](y)`", "\n\n-\n\n"]
)
def test_odd_text_is_answered(customer: Person, text: str) -> None:
    assert customer.says(text)


def test_fields_of_a_later_api_do_not_hide_the_words(customer: Person, program: wiring.Program) -> None:
    odd_user = {**customer.user, "is_premium": "maybe"}
    news = {"entities": [{"type": 5, "offset": "x"}], "photo": {"new": "shape"}, "from": odd_user}
    assert customer.sends(text="stop", **news) == say("bot", "stopped", "fr")
    assert opt_outs(program, customer) == 1


def test_a_fault_of_ours_is_logged_without_words_and_left_behind(
    customer: Person, program: wiring.Program, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(_message: object) -> None:
        raise ValueError("the words were: stop 0639981234")

    monkeypatch.setattr(program.service, "hear", broken)
    assert customer.says("stop 0639981234") == say("bot", "failed", "fr")
    monkeypatch.undo()
    assert customer.says("stop") == say("bot", "stopped", "fr")
    logged = "".join(capfd.readouterr())
    assert "update_skipped" in logged
    assert "the words were" not in logged
    assert "0639981234" not in logged


def test_no_words_and_no_token_reach_a_log(
    customer: Person, world: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    world.api.faults["sendMessage"] = [{"status": 400}]
    world.settle(0, customer.update(text="stop, je suis Zoé Martin, 0639981234"))
    logged = caplog.text + "".join(capfd.readouterr())
    assert "not_delivered" in logged
    assert not [it for it in ("Martin", "0639981234", TOKEN, str(customer.id)) if it in logged]


def test_the_process_ends_cleanly_on_sigterm(build: Callable[..., wiring.Program]) -> None:
    world = World()
    program = build(**environment(world))

    def play() -> None:
        Person(world, new_id()).says("stop")
        os.kill(os.getpid(), signal.SIGTERM)

    player = threading.Thread(target=play)
    player.start()
    serve(program.service, program.settings)
    player.join()
    world.close()
    assert [it.text for it in world.api.calls] == [say("bot", "stopped", "fr")]


def test_without_a_token_the_bot_says_so(world: World, program: wiring.Program) -> None:
    settings = load({"STOPLISTE_DATA_DIR": str(program.settings.data_dir)})
    world.start_bot(program, settings)
    with pytest.raises(SettingsError, match="TELEGRAM_BOT_TOKEN"):
        world.stop_bot(last=True)


def test_the_sent_time_is_what_counts_for_start(customer: Person, world: World, program: wiring.Program) -> None:
    customer.says("stop")
    queued = {**customer.message(text="START"), "date": NOW - 3600}  # lay in the queue since before the STOP
    assert [it.text for it in world.settle(1, world.new(message=queued))] == [say("bot", "late", "fr")]
    assert not facts(program, customer.contact).reopenings
