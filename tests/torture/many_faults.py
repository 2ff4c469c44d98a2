"""Faults of two hosts on one Redis: what one of them alone loses, the other must not be wrong about afterwards."""

import random
import time

from . import line_faults, processes
from .world import World

Dice = random.Random


def cut_one_hosts_line(world: World, dice: Dice, seconds: float) -> None:
    """One host is cut off: it keeps STOPs, and promises nothing; the other goes on."""
    line_faults.cut_line(world, dice, seconds)


def kill_a_host_that_was_cut_off(world: World, dice: Dice, seconds: float) -> None:
    """Cut off, then kill -9 of all of it, with STOPs that only its journal has."""
    assert world.line
    world.line.cut = True
    world.line.drop()
    time.sleep(dice.uniform(seconds / 3, seconds))
    processes.kill_all(world.data)
    world.line.cut = False
    world.launch()


def kill_the_other_host(world: World, dice: Dice, seconds: float) -> None:
    """kill -9 of one host; the other answers alone for a while."""
    assert world.peer
    world.peer.kill()
    time.sleep(dice.uniform(0, seconds))
    world.peer.launch()


def freeze_the_shared_redis(world: World, dice: Dice, seconds: float) -> None:
    """SIGSTOP of the server behind both."""
    line_faults.freeze_outside_redis(world, dice, seconds)


def kill_the_shared_redis(world: World, dice: Dice, seconds: float) -> None:
    """kill -9 of the server behind both, and its start after a while."""
    line_faults.kill_outside_redis(world, dice, seconds)


ALL = (
    cut_one_hosts_line, kill_a_host_that_was_cut_off, kill_the_other_host, freeze_the_shared_redis, kill_the_shared_redis,
)  # fmt: skip
