"""Kept connections: several scripts in one round trip, at a quarter of what the driver's pool takes for it.

For the question of every check, and for nothing else: the pool's ways (locks, look-ups, metrics) are right for all the rest.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

import hiredis
import redis

from suppression.store.cluster import Cluster
from suppression.store.connect import WAIT_FOR_DISK, Call, Client, check_on_disk, command, run_all

TRIES = 2  # a kept connection may have died since; what is asked twice is two lines of the record and one answer


class Lane:
    """Scripts over connections that each serve one caller at a time; on a cluster, where none leads everywhere, by node."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._free: deque[Any] = deque()  # its ends are safe between threads

    def run(self, calls: Sequence[Call], wait_for_disk: bool = False) -> list[Any]:
        """The replies, in order, with WAITAOF behind them if asked. Driver errors pass through."""
        if isinstance(self._client, Cluster):
            return run_all(self._client, calls, wait_for_disk)
        commands = [*map(command, calls), *([WAIT_FOR_DISK] if wait_for_disk else [])]
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
        except BaseException:
            connection.disconnect()  # a reply still under way must never be read as the next caller's
            raise
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
        connection.disconnect()
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
    if wait_for_disk:
        check_on_disk(replies.pop())
    return replies
