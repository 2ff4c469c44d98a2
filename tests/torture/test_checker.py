"""The judge judged: histories that a truthful service may give, and ones that it may not."""

import pytest

from .checker import Op, Tally, Violation, count, judge, tally

INF = float("inf")
A = "+33639980001"


def stop(start: float, end: float = INF, key: str = "s", event: str = "") -> Op:
    return Op(A, "stop", key, start, end, "acked" if end < INF else "unknown", event=event)


def start(begin: float, end: float = INF, key: str = "t") -> Op:
    return Op(A, "start", key, begin, end, "acked" if end < INF else "unknown")


def check(begin: float, end: float, answer: str) -> Op:
    return Op(A, "check", "", begin, end, answer)


def failed(op: Op, at: float) -> Op:
    """The same try, answered with an error at that instant."""
    return Op(op.contact, op.what, op.key, op.start, at, "unknown")


TRUTHFUL = {
    "nothing happened": [check(1, 2, "open")],
    "denied after": [stop(1, 2), check(3, 4, "stopped")],
    "a check during a STOP may see either": [stop(1, 5), check(2, 3, "open"), check(2, 3, "stopped")],
    "a check that began before the acknowledgement": [stop(1, 5), check(4, 7, "open")],
    "an unanswered STOP may have worked": [stop(1), check(3, 4, "stopped")],
    "an unanswered STOP may have failed": [stop(1), check(3, 4, "open")],
    "an unanswered STOP may work much later": [stop(1), check(3, 4, "open"), check(8, 9, "stopped")],
    "an error says nothing of what became of it": [failed(stop(1), 2), check(3, 4, "open"), check(8, 9, "stopped")],
    "reopened": [stop(1, 2), start(3, 4), check(5, 6, "open")],
    "START at the same time as STOP": [stop(1, 4), start(2, 3), check(5, 6, "open")],
    "START and STOP at the same time, the other way": [stop(1, 4), start(2, 3), check(5, 6, "stopped")],
    "START unanswered": [stop(1, 2), start(3), check(5, 6, "open")],
    "START unanswered before, come late": [start(1), stop(2, 3), check(4, 5, "stopped"), check(6, 7, "open")],
    "a try again of the same key after START changes nothing": [
        failed(stop(1), 2), start(3, 4), stop(5, 6), check(7, 8, "open"),
    ],
    "an error of a check is no answer": [stop(1, 2), check(3, 4, "unknown")],
    "twice is fine": [stop(1, 2, "s"), stop(3, 4, "s2"), check(5, 6, "stopped")],
}  # fmt: skip

FALSE = {
    "allowed after": ([stop(1, 2), check(3, 4, "open")], "forgotten_stop"),
    "allowed much later": ([stop(1, 2), check(3, 4, "stopped"), check(99, 100, "open")], "forgotten_stop"),
    "the START was long before": ([start(1, 2), stop(3, 4), check(5, 6, "open")], "forgotten_stop"),
    "the START began after the check": ([stop(1, 2), check(3, 4, "open"), start(5, 6)], "forgotten_stop"),
    "acknowledged at the second try": ([failed(stop(1), 2), stop(3, 4), check(5, 6, "open")], "forgotten_stop"),
    "seen, then gone, though never acknowledged": (
        [stop(1), check(2, 3, "stopped"), check(4, 5, "open")], "forgotten_stop",
    ),
    "one of two STOPs came after the START": (
        [stop(1, 2), start(3, 4), stop(5, 6, "s2"), check(7, 8, "open")], "forgotten_stop",
    ),
    "a START sent again reopens nothing": (
        [start(1, 2), stop(3, 4), start(5, 6), check(7, 8, "open")], "forgotten_stop",
    ),
    "denied out of nowhere": ([check(1, 2, "stopped")], "forgotten_start"),
    "denied before anybody said STOP": ([check(1, 2, "stopped"), stop(3, 4)], "forgotten_start"),
    "denied after START": ([stop(1, 2), start(3, 4), check(5, 6, "stopped")], "forgotten_start"),
    "one key, two events": ([stop(1, 2, event="e1"), stop(3, 4, event="e2")], "two_events"),
    "two keys, one event": ([stop(1, 2, event="e1"), stop(3, 4, "s2", event="e1")], "shared_event"),
}  # fmt: skip


@pytest.mark.parametrize("history", TRUTHFUL.values(), ids=TRUTHFUL)
def test_truthful(history: list[Op]) -> None:
    assert judge(history) == []


@pytest.mark.parametrize(("history", "rule"), FALSE.values(), ids=FALSE)
def test_false(history: list[Op], rule: str) -> None:
    assert [it.rule for it in judge(history)] == [rule]


def test_contacts_do_not_mix() -> None:
    other = Op("+33639980002", "check", "", 3, 4, "open")
    assert judge([stop(1, 2), other]) == []


def test_a_lost_disk_excuses_a_lost_start_but_no_lost_stop() -> None:
    reopened = [stop(1, 2), start(3, 4), check(8, 9, "stopped")]
    assert [it.rule for it in judge(reopened)] == ["forgotten_start"]
    assert judge(reopened, losses=[(5, 6)]) == []
    assert [it.rule for it in judge([stop(1, 2), check(8, 9, "open")], losses=[(5, 6)])] == ["forgotten_stop"]
    assert [it.rule for it in judge([check(8, 9, "stopped")], losses=[(5, 6)])] == ["forgotten_start"]


def test_a_stop_that_a_disk_lost_is_told_as_another_event() -> None:
    told = [stop(1, 2, event="e1"), stop(8, 9, event="e2")]
    assert judge(told, losses=[(5, 6)]) == []
    assert [it.rule for it in judge(told, losses=[(10, 11)])] == ["two_events"]


def test_the_same_message_counts_once() -> None:
    history = [failed(stop(1), 2), stop(3, 4), stop(5, 6), stop(7, 8, "s2"), failed(stop(9, key="s3"), 10)]
    assert tally(history) == Tally(2, 3)
    assert count(history, {A: 2}) == count(history, {A: 3}) == []
    assert [it.rule for it in count(history, {A: 4})] == ["counted_twice"]
    assert count(history, {}) == [Violation("not_counted", A, "0 events for 2 to 3 messages")]
