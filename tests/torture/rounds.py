"""One round: load, a fault in the middle of it, quiet, and then the question whether every promise was kept."""

import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from . import world as worlds
from .checker import Violation, bounds, count, judge, tally
from .client import Client
from .faults import Fault, Kind
from .ledger import stops_counted, stops_in_feed, verify
from .load import History, Load, People
from .world import World

HAS_JOURNAL = find_spec("suppression.store.journal") is not None
SMALL_DISK_MEGABYTES = 96  # room for the data of a whole run
READY_SECONDS = 60


@dataclass(frozen=True)
class Pace:
    """How long a round's parts last, in seconds, and how many people take part."""

    before: float = 2.0
    fault: float = 10.0
    after: float = 2.0
    people: int = 24
    timeout: float = 3.0
    bot: bool = True
    verify_every: int = 1  # rounds


@dataclass
class Outcome:
    """What a round showed."""

    fault: Fault
    operations: int = 0
    stops: int = 0
    checks: int = 0
    away: float = 0.0
    violations: list[Violation] = field(default_factory=list)
    surprises: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    is_skipped: bool = False

    @property
    def awaits_journal(self) -> bool:
        """Whether what is wrong is what the journal is there for, and there is none yet."""
        return self.fault.needs_journal and not HAS_JOURNAL

    @property
    def is_wrong(self) -> bool:
        """Whether a promise was broken that this program makes."""
        return bool(self.violations) and not self.awaits_journal


class Stage:
    """The worlds of a run; one runs at a time, each keeps its data and its history for as long as it keeps its promises."""

    def __init__(self, pace: Pace, seed: int) -> None:
        self._pace, self._seed = pace, seed
        self._worlds: dict[Kind, tuple[World, History]] = {}
        self._ends = ExitStack()
        self._running: Kind | None = None

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        for one, _history in self._worlds.values():
            one.close()
        self._ends.close()

    def play(self, fault: Fault, number: int) -> Outcome:
        """One round; a world that broke a promise is not used again."""
        found = self._on(fault.world)
        if found is None:
            return Outcome(fault, notes=["skipped: this user may not mount a small disk"], is_skipped=True)
        world, history = found
        outcome = _Round(world, history, self._pace, self._seed, number).play(fault)
        if outcome.violations:
            world.close()
            del self._worlds[fault.world]
            self._running = None
        return outcome

    def _on(self, kind: Kind) -> tuple[World, History] | None:
        if kind != self._running and self._running in self._worlds:
            self._worlds[self._running][0].stop()
        if kind not in self._worlds:
            made = self._make(kind)
            if made is None:
                return None
            self._worlds[kind] = (made, History())
        if kind != self._running:
            self._worlds[kind][0].start()
        self._running = kind
        return self._worlds[kind]

    def _make(self, kind: Kind) -> World | None:
        if kind == "small":
            place = self._ends.enter_context(worlds.small_disk(SMALL_DISK_MEGABYTES))
            return worlds.build(place) if place else None
        place = Path(
            self._ends.enter_context(
                tempfile.TemporaryDirectory(prefix="stopliste-torture-", ignore_cleanup_errors=True)
            )
        )
        if kind == "many":
            return worlds.build_many(place)
        return worlds.build(place, outside=kind == "outside", bot=kind == "embedded" and self._pace.bot)


class _Round:
    """What one round works with."""

    def __init__(self, world: World, history: History, pace: Pace, seed: int, number: int) -> None:
        self._world, self._history, self._pace, self._number = world, history, pace, number
        self._dice = random.Random(f"{seed}:{number}")
        self._people = People.of_round(number, pace.people, world.telegram is not None)
        self._load = Load(world, self._people, history, self._dice.getrandbits(32), pace.timeout)

    def play(self, fault: Fault) -> Outcome:
        """The round, from the first request to the judgement."""
        outcome, before = Outcome(fault), len(self._history.ops)
        odd = self._history.surprises.copy()
        with _stopwatch(self._world) as away:
            self._disturb(fault)
        if not self._world.is_ready(READY_SECONDS):
            outcome.notes.append("did not come back by itself; started anew")
            self._world.kill()
            self._world.start()
        self._settle(outcome)
        self._judge(outcome)
        ops = self._history.ops[before:]
        outcome.operations, outcome.checks = len(ops), sum(it.what == "check" and it.answer != "unknown" for it in ops)
        outcome.stops = sum(it.what == "stop" and it.answer == "acked" for it in ops)
        outcome.away = away[0]
        outcome.surprises = dict(self._history.surprises - odd)
        return outcome

    def _disturb(self, fault: Fault) -> None:
        self._load.start()
        time.sleep(self._pace.before)
        fault.do(self._world, self._dice, self._pace.fault)
        time.sleep(self._pace.after)
        self._load.stop()

    def _settle(self, outcome: Outcome) -> None:
        """Every message sent again until it is acknowledged, and a last question about everybody there ever was."""
        still = self._load.settle()
        if still:
            outcome.notes.append(f"{still} messages were never acknowledged")
        everybody = {it.contact for it in self._history.ops}
        for kind in ("+", "telegram:"):
            some = sorted(it for it in everybody if it.startswith(kind))
            if some and not self._load.ask_everybody(some):
                outcome.notes.append("no answer to the last checks")

    def _judge(self, outcome: Outcome) -> None:
        outcome.violations += judge(self._history.ops, self._world.losses)
        mine = self._history.of({*self._people.phones, *self._people.telegrams})
        client = Client(self._world, 30)
        counted, note = stops_counted(client, sorted({it.contact for it in mine}))
        if counted is not None:
            outcome.violations += count(mine, counted)
        outcome.violations += bounds("the change feed", stops_in_feed(client), tally(self._history.ops))
        seals = verify(self._world, outcome.violations) if self._number % self._pace.verify_every == 0 else ""
        outcome.notes += [it for it in (note, seals) if it]


@contextmanager
def _stopwatch(world: World) -> Iterator[list[float]]:
    """For how many seconds `/readyz` did not say yes."""
    away, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.is_set():
            begin = time.monotonic()
            ready = world.get("/readyz") == 200
            done.wait(0.1)
            away[0] += 0 if ready else time.monotonic() - begin

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield away
    finally:
        done.set()
        watcher.join()
