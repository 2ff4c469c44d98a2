"""Kept connections: several scripts in one round trip, at a quarter of what the driver's pool takes for it.

For the question of every check, and for nothing else: the pool's ways (locks, look-ups, metrics) are right for all the rest.
"""

import hashlib
from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import hiredis
import redis
from redis.cluster import RedisCluster

from suppression.store.connect import ANSWER_SECONDS, Client, Script

Call = tuple[Script, list[str], list[Any]]
TRIES = 2  # a kept connection may have died since; what is asked twice is two lines of the record and one answer


class Lane:
    """Scripts over connections that each serve one caller at a time; on a cluster, where none leads everywhere, one by one."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._free: deque[Any] = deque()  # its ends are safe between threads

    def run(self, calls: Sequence[Call], wait_for_disk: bool = False) -> list[Any]:
        """The replies, in order, with WAITAOF behind them if asked. Driver errors pass through."""
        if isinstance(self._client, RedisCluster):
            return [script.run(self._client, keys, args) for script, keys, args in calls]
        commands: list[tuple[Any, ...]] = [
            ("EVALSHA", _digest(s.text), len(keys), *keys, *args) for s, keys, args in calls
        ]
        if wait_for_disk:
            commands.append(("WAITAOF", 1, 0, int(ANSWER_SECONDS * 900)))
        replies = self._exchange(commands)
        if any(isinstance(it, redis.exceptions.NoScriptError) for it in replies):
            self._teach(calls)
            replies = self._exchange(commands)
        return _sound(replies, wait_for_disk)

    def _teach(self, calls: Sequence[Call]) -> None:
        for script, _, _ in calls:
            self._client.script_load(script.text)

    def _exchange(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        packed = b"".join(hiredis.pack_command(it) for it in commands)
        try:
            connection = self._free.pop()
        except IndexError:
            connection = self._client.connection_pool.get_connection()
        try:
            return _asked(connection, packed, len(commands), TRIES)
        finally:
            self._free.append(connection)


def _asked(connection: Any, packed: bytes, replies: int, tries: int) -> list[Any]:
    """The replies of one connection; a dead one is opened again. A slow server is not asked twice: the caller waits already."""
    try:
        connection.send_packed_command([packed], check_health=False)
        return [_reply(connection) for _ in range(replies)]
    except redis.ConnectionError as gone:
        if tries == 1 or isinstance(gone, redis.TimeoutError):
            raise
        return _asked(connection, packed, replies, tries - 1)


def _reply(connection: Any) -> Any:
    """One reply; an error of the server's is a reply as well, so that those behind it are still read."""
    try:
        return connection.read_response()
    except redis.ResponseError as refused:
        return refused


def _sound(replies: list[Any], wait_for_disk: bool) -> list[Any]:
    for it in replies:
        if isinstance(it, redis.ResponseError):
            raise it
    if wait_for_disk and replies.pop()[0] < 1:
        raise redis.TimeoutError("the server did not write to disk in time")
    return replies


@lru_cache(maxsize=16)
def _digest(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
