"""What is done to the program, one small function per fault; each heals what it broke before it returns.

A fault takes the world, dice, and how long it may last. What heals by itself (a process that is started again) is only broken.
"""

import random
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from . import line_faults, many_faults, processes
from .world import World

Dice = random.Random
Kind = Literal["embedded", "outside", "small", "many"]
REFUSAL_SECONDS = 12  # a store that is refused shows by then that it never gets ready


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault and the kind of world that it needs; `needs_journal`: without one, the promise cannot be kept."""

    do: Callable[[World, Dice, float], None]
    world: Kind = "embedded"
    needs_journal: bool = False

    @property
    def name(self) -> str:
        """As the table shows it."""
        return self.do.__name__.replace("_", " ")


def nothing(_world: World, _dice: Dice, seconds: float) -> None:
    """A quiet round, for comparison."""
    time.sleep(seconds / 2)


def kill_redis(world: World, _dice: Dice, _seconds: float) -> None:
    """kill -9 of the embedded server."""
    processes.kill(world.pids("redis"))


def kill_web_worker(world: World, dice: Dice, _seconds: float) -> None:
    """kill -9 of one of the processes that answer."""
    processes.kill([dice.choice(world.pids("server"))])


def kill_web(world: World, _dice: Dice, _seconds: float) -> None:
    """kill -9 of the web parent; its children are left behind."""
    processes.kill(world.pids("web"))


def kill_worker(world: World, _dice: Dice, _seconds: float) -> None:
    """kill -9 of the background process."""
    processes.kill(world.pids("worker"))


def kill_bot(world: World, _dice: Dice, _seconds: float) -> None:
    """kill -9 of the bot, with updates in its hands."""
    processes.kill(world.pids("bot"))


def kill_supervisor(world: World, dice: Dice, _seconds: float) -> None:
    """kill -9 of `stopliste up` alone, and a new one while the old one's children still run."""
    processes.kill(world.pids("up"))
    time.sleep(dice.uniform(0, 1))
    world.launch()


def kill_everything(world: World, dice: Dice, _seconds: float) -> None:
    """kill -9 of the whole tree, then a start."""
    world.kill()
    time.sleep(dice.uniform(0, 0.5))
    world.start()


def kill_all_but_redis(world: World, _dice: Dice, _seconds: float) -> None:
    """The server is left an orphan, and taken over by the next start."""
    found = processes.of(world.data)
    processes.kill(pid for role, pids in found.items() if role != "redis" for pid in pids)
    world.start()


def freeze_redis(world: World, _dice: Dice, seconds: float) -> None:
    """SIGSTOP of the embedded server."""
    processes.freeze(world.pids("redis"), seconds)


def freeze_web(world: World, dice: Dice, seconds: float) -> None:
    """SIGSTOP of a process that answers, or of all of them."""
    servers = world.pids("server")
    processes.freeze(servers if dice.random() < 0.5 else servers[:1], seconds)


def out_of_memory(world: World, _dice: Dice, seconds: float) -> None:
    """The server refuses every write (OOM)."""
    world.config(maxmemory="1mb")
    time.sleep(seconds)
    world.config(maxmemory="0")


def torn_tail(world: World, dice: Dice, _seconds: float) -> None:
    """kill -9 of everything, and the last bytes of the append-only file are gone."""
    world.kill()
    began = time.monotonic()
    newest = max((world.store / "appendonlydir").glob("*.incr.aof"), key=lambda it: it.stat().st_mtime)
    with newest.open("r+b") as file:
        file.truncate(max(newest.stat().st_size - dice.randint(1, 3000), 0))
    world.losses.append((began, time.monotonic()))
    world.start()


def yesterdays_redis(world: World, _dice: Dice, seconds: float) -> None:
    """The server's directory as it was before; refused, or brought up to date: whoever reads the history sees which."""
    old = Path(tempfile.mkdtemp(prefix="stopliste-yesterday-")) / "redis"
    shutil.copytree(world.store, old, ignore=shutil.ignore_patterns("*.sock", "lock"))
    time.sleep(seconds)
    world.kill()
    began = time.monotonic()
    today = world.store.rename(world.store.with_name("today"))
    shutil.copytree(old, world.store)
    world.launch()
    if world.is_ready(REFUSAL_SECONDS):
        world.losses.append((began, time.monotonic()))
        shutil.rmtree(today)
    else:
        world.kill()
        shutil.rmtree(world.store)
        today.rename(world.store)
        world.start()
    shutil.rmtree(old.parent)


def disk_full(world: World, _dice: Dice, seconds: float) -> None:
    """Not a byte left on the disk of the data directory."""
    ballast = _fill(world.directory)
    time.sleep(seconds)
    ballast.unlink()


def kill_on_full_disk(world: World, dice: Dice, seconds: float) -> None:
    """The disk full, and the whole tree started anew while it is."""
    ballast = _fill(world.directory)
    world.kill()
    world.launch()
    time.sleep(seconds)
    ballast.unlink()
    if not world.is_ready(REFUSAL_SECONDS):
        kill_everything(world, dice, seconds)  # it cannot even start on a full disk: that is for whoever freed it to do


def _fill(directory: Path) -> Path:
    ballast = directory / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:  # until the disk is full
        while True:
            file.write(b"0" * 4096)
    return ballast


EMBEDDED = (
    nothing, kill_redis, kill_web_worker, kill_web, kill_worker, kill_bot, kill_supervisor, kill_everything, kill_all_but_redis,
    freeze_redis, freeze_web, out_of_memory,
)  # fmt: skip
FAULTS = (
    *(Fault(it) for it in EMBEDDED),
    *(Fault(it, needs_journal=True) for it in (torn_tail, yesterdays_redis)),
    *(Fault(it, "outside") for it in line_faults.ALL),
    *(Fault(it, "many") for it in many_faults.ALL),
    *(Fault(it, "small") for it in (disk_full, kill_on_full_disk)),
)
