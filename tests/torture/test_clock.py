"""The clock of the machine is set back, or jumps ahead: time never weakens a STOP."""

from collections.abc import Callable
from typing import Any

import pytest

import wiring
from suppression.records import ALL_CHANNELS, Channel
from suppression.service import Message, Terms

A = "+33639980001"


def say(program: wiring.Program, command: Any, key: str) -> str:
    message = Message(program.service.contact(A), command, Channel.SMS, "default", key, command=command)
    return program.service.hear(message).what


def is_open(program: wiring.Program, clock: Any) -> bool:
    clock.forward(milliseconds=1)
    return program.service.check(A, Terms(Channel.SMS, audience="business")).allowed


@pytest.mark.parametrize("minutes", [-5, -60, 5])
def test_a_stop_holds_whatever_the_clock_does(program: wiring.Program, clock: Any, minutes: int) -> None:
    say(program, "stop", "1")
    clock.forward(minutes=minutes)
    assert not is_open(program, clock)


def test_a_stop_after_the_clock_went_back_overrules_the_start_before(program: wiring.Program, clock: Any) -> None:
    """Its instant is earlier than the START's; it was said later all the same."""
    say(program, "stop", "1")
    say(program, "start", "2")
    assert is_open(program, clock)
    clock.forward(minutes=-5)
    say(program, "stop", "3")
    assert not is_open(program, clock)
    clock.forward(minutes=10)
    assert not is_open(program, clock)


def test_a_start_after_the_clock_went_back_is_at_worst_late(program: wiring.Program, clock: Any) -> None:
    """It may reopen nothing, and says so: that fails on the person's side."""
    say(program, "stop", "1")
    clock.forward(minutes=-5)
    said = say(program, "start", "2")
    assert (said, is_open(program, clock)) in (("late", False), ("started", True))


def test_restarted_with_the_clock_back(build: Callable[..., wiring.Program], clock: Any) -> None:
    first = build()
    first.service.opt_out(first.service.contact(A), "default", ALL_CHANNELS, "api")
    first.close()
    clock.forward(minutes=-5)
    assert not is_open(build(), clock)
