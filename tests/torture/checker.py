"""Is a history of STOPs, STARTs and checks one that a truthful service could have given? Pure: no clock, no I/O.

Each contact is a register with two values, open and stopped. A STOP or START takes effect at one instant between the start
of its first try and its first acknowledgement, or, never acknowledged, at any later instant or not at all. A check reads the
register at one instant between its own start and end. So a check that reads one value is wrong if, before it started, the
register surely held the other value, and nothing that writes the value read could have come in between.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

Value = Literal["open", "stopped"]
What = Literal["stop", "start", "check"]
Rule = Literal[
    "forgotten_stop", "forgotten_start", "counted_twice", "not_counted", "two_events", "shared_event", "ledger_broken"
]
WRITES: dict[str, Value] = {"stop": "stopped", "start": "open"}


@dataclass(frozen=True, slots=True)
class Op:
    """One try of one request: when it was sent and answered (`end` is infinite if it never was), and what was answered.

    `key` is what makes two tries the same message; `answer` is `acked` or `unknown` for a write (an error says nothing of
    what became of it), and `open`, `stopped` or `unknown` for a check; `event` is the ledger's id, where the answer has one.
    """

    contact: str
    what: What
    key: str
    start: float
    end: float
    answer: str
    door: str = ""
    event: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """An instant that lies somewhere between `start` and `end`, and the value that the register has at it."""

    value: Value
    start: float
    end: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken."""

    rule: Literal[
        "forgotten_stop",
        "forgotten_start",
        "counted_twice",
        "not_counted",
        "two_events",
        "shared_event",
        "ledger_broken",
    ]
    contact: str
    detail: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many messages of one kind were surely taken in, and how many at most."""

    least: int
    most: int


def judge(history: Iterable[Op], losses: Sequence[tuple[float, float]] = ()) -> list[Violation]:
    """Every broken promise of a history.

    `losses`: spans in which the disk itself lost something. A START may be lost with it (nobody journals one), a STOP never;
    but it may then be told as another event.
    """
    return [found for ops in by_contact(history).values() for found in _judge_one(ops, losses)]


def by_contact(history: Iterable[Op]) -> dict[str, list[Op]]:
    """The history of each contact by itself."""
    groups: dict[str, list[Op]] = defaultdict(list)
    for op in history:
        groups[op.contact].append(op)
    return groups


def writes(ops: Iterable[Op]) -> list[Span]:
    """The messages behind the tries: each is one write, from its first try to its first acknowledgement."""
    tries: dict[tuple[str, str], list[Op]] = defaultdict(list)
    for op in ops:
        if op.what in WRITES:
            tries[op.what, op.key].append(op)
    return [
        Span(WRITES[what], min(it.start for it in same), _acknowledged(same), f"{what} {same[0].door} {key}")
        for (what, key), same in tries.items()
    ]


def tally(ops: Iterable[Op], value: Value = "stopped") -> Tally:
    """How many events of that kind there must be, and may be at most."""
    found = [it for it in writes(ops) if it.value == value]
    return Tally(sum(it.end < inf for it in found), len(found))


def count(history: Iterable[Op], events: Mapping[str, int]) -> list[Violation]:
    """Messages that were lost from the ledger or counted twice; `events` is how many STOPs the ledger has per contact."""
    found = [bounds(who, events.get(who, 0), tally(ops)) for who, ops in by_contact(history).items()]
    return [it for one in found for it in one]


def bounds(who: str, counted: int, messages: Tally) -> list[Violation]:
    """What is wrong with so many events for so many messages, if anything."""
    said = f"{counted} events for {messages.least} to {messages.most} messages"
    if messages.least <= counted <= messages.most:
        return []
    return [Violation("counted_twice" if counted > messages.most else "not_counted", who, said)]


def _judge_one(ops: Sequence[Op], losses: Sequence[tuple[float, float]]) -> list[Violation]:
    effects = writes(ops)
    reads = [_read(it) for it in ops if it.what == "check" and it.answer != "unknown"]
    sure = [Span("open", -inf, -inf, "never heard of"), *(it for it in effects if it.end < inf), *reads]
    may = effects + [
        Span("stopped", start, end, "disk lost a START")
        for start, end in losses
        if any(it.value == "stopped" and it.start < end for it in effects)
    ]
    wrong = [(it, before) for it in reads if (before := _contradiction(it, sure, may))]
    return [_forgotten(read, before, ops[0].contact) for read, before in wrong] + _events_of(ops, losses)


def _contradiction(read: Span, sure: Iterable[Span], may: Sequence[Span]) -> Span | None:
    """What was surely so before a read, is not what it read, and could not have changed meanwhile; None if all is well."""
    writers = [it for it in may if it.value == read.value and it.start < read.end]
    latest = max((it.end for it in writers), default=-inf)
    for before in sure:
        if before.value != read.value and before.end < read.start and latest <= before.start:
            return before
    return None


def _forgotten(read: Span, before: Span, contact: str) -> Violation:
    when, since = f"{read.start:.3f}-{read.end:.3f}", f"{before.start:.3f}-{before.end:.3f}"
    detail = f"{read.value} at {when}, but {before.value} since {since} ({before.why})"
    return Violation("forgotten_stop" if read.value == "open" else "forgotten_start", contact, detail)


def _events_of(ops: Iterable[Op], losses: Sequence[tuple[float, float]]) -> list[Violation]:
    """Tries of one message that were told different events, and events told to different messages.

    What a disk lost is recorded anew, as another event; between two losses a message has one.
    """
    events, keys = defaultdict(set), defaultdict(set)
    for op in ops:
        if op.event:
            events[op.key, sum(start < op.end for start, _ in losses)].add(op.event)
            keys[op.event].add(op.key)
    contact = next(iter(ops)).contact
    twice = [
        Violation("two_events", contact, f"{key}: {sorted(ids)}") for (key, _), ids in events.items() if len(ids) > 1
    ]
    shared = [Violation("shared_event", contact, f"{it}: {sorted(same)}") for it, same in keys.items() if len(same) > 1]
    return twice + shared


def _read(op: Op) -> Span:
    return Span("open" if op.answer == "open" else "stopped", op.start, op.end, "a check said so")


def _acknowledged(tries: Iterable[Op]) -> float:
    return min((it.end for it in tries if it.answer == "acked"), default=inf)
