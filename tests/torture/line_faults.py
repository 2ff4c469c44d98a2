"""Faults of a Redis that is no child of the program: its line, itself, and what stands behind `REDIS_URL` by mistake."""

import random
import shutil
import socket
import tempfile
import time
from pathlib import Path

from . import processes
from .outside import OutsideRedis
from .world import World

Dice = random.Random


def cut_line(world: World, dice: Dice, seconds: float) -> None:
    """The line to Redis is gone for a while."""
    assert world.line
    world.line.cut = True
    world.line.drop()
    time.sleep(dice.uniform(seconds / 2, seconds))
    world.line.cut = False


def slow_line(world: World, dice: Dice, seconds: float) -> None:
    """Each answer comes late: first a little, then later than anybody waits."""
    assert world.line
    for delay in (0.05, dice.uniform(0.2, 1), 6):
        world.line.delay = delay
        time.sleep(seconds / 3)
    world.line.delay = 0
    world.line.drop()


def broken_replies(world: World, _dice: Dice, seconds: float) -> None:
    """Replies that end in the middle: the write is done, and nobody hears of it."""
    assert world.line
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        world.line.truncate += 2
        time.sleep(0.15)
    world.line.truncate = 0


def kill_outside_redis(world: World, dice: Dice, seconds: float) -> None:
    """kill -9 of the server behind the line, and its start after a while."""
    assert world.redis
    world.redis.kill()
    time.sleep(dice.uniform(0, seconds))
    world.redis.start()


def freeze_outside_redis(world: World, _dice: Dice, seconds: float) -> None:
    """SIGSTOP of the server behind the line."""
    assert world.redis
    processes.freeze([world.redis.pid], seconds)


def empty_redis(world: World, _dice: Dice, seconds: float) -> None:
    """Behind `REDIS_URL` stands an empty server for a while, as after a start without its volume."""
    _swap(world, seconds, None)


def foreign_redis(world: World, _dice: Dice, seconds: float) -> None:
    """Behind `REDIS_URL` stands another installation's server for a while."""
    marks = {"schema": "1", "store": "0" * 16, "server": "valkey 9.1", "canary": "sealed with another secret"}
    _swap(world, seconds, marks)


def emptied_redis(world: World, dice: Dice, seconds: float) -> None:
    """The server itself comes back without its data, the whole program is started anew meanwhile, then the data are back."""
    assert world.redis
    world.redis.kill()
    aside = world.store.rename(world.store.with_name("aside"))
    world.redis.start()
    anew = dice.random() < 0.5
    if anew:
        world.kill()
        world.launch()  # refused, and says so
    time.sleep(seconds)
    world.redis.kill()
    shutil.rmtree(world.store)
    aside.rename(world.store)
    world.redis.start()
    if anew:
        world.kill()
        world.start()


def no_redis_at_all(world: World, _dice: Dice, seconds: float) -> None:
    """Behind `REDIS_URL` stands something that is no Redis."""
    assert world.line
    assert world.redis
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        _point(world, int(deaf.getsockname()[1]))
        time.sleep(seconds)
        _point(world, world.redis.port)


def _swap(world: World, seconds: float, marks: dict[str, str] | None) -> None:
    assert world.redis
    place = Path(tempfile.mkdtemp(prefix="stopliste-other-"))
    other = OutsideRedis(place).start()
    try:
        for name, value in (marks or {}).items():
            other.client.hset("meta", name, value)
        _point(world, other.port)
        time.sleep(seconds)
    finally:
        _point(world, world.redis.port)
        other.kill()
        shutil.rmtree(place, ignore_errors=True)


def _point(world: World, port: int) -> None:
    assert world.line
    world.line.target = port
    world.line.drop()


ALL = (
    cut_line, slow_line, broken_replies, kill_outside_redis, freeze_outside_redis, empty_redis, foreign_redis, emptied_redis,
    no_redis_at_all,
)  # fmt: skip
