"""Kept connections: several scripts in one round trip, at a quarter of what the driver's pool takes for it.

For every check and every change, and for nothing else: the pool's ways (locks, look-ups, metrics) are right for all the rest.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

import hiredis
import redis

from suppression.store.connect import (
    WAIT_FOR_DISK,
    Call,
    Client,
    check_on_disk,
    command,
    fails_over,
    replies_to,
    sound,
)

TRIES = 2  # a kept connection may have died since; what is asked twice is two lines of the record and one answer


class Lane:
    """Scripts over connections that each serve one caller at a time; of a cluster or a sentinel, over the driver's own."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._keeps = not fails_over(client)  # where another server takes over, the driver's pool knows the way
        self._free: deque[Any] = deque()  # its ends are safe between threads

    def read(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        """The replies to plain commands that change nothing, in order. Driver errors pass through."""
        if not self._keeps:
            return [self._client.execute_command(*it) for it in commands]
        return sound(self._exchange(commands, TRIES))

    def run(self, calls: Sequence[Call], wait_for_disk: bool = False, tries: int = TRIES) -> list[Any]:
        """The replies, in order, with WAITAOF behind them if asked; `tries` 1 for what must not happen twice.

        Driver errors pass through.
        """
        return sound(self.replies(calls, wait_for_disk, tries))

    def replies(self, calls: Sequence[Call], wait_for_disk: bool = False, tries: int = TRIES) -> list[Any]:
        """As run, with what the server refuses among the replies."""
        if not self._keeps:
            return replies_to(self._client, calls, wait_for_disk)
        commands = [*map(command, calls), *([WAIT_FOR_DISK] if wait_for_disk else [])]
        replies = self._exchange(commands, tries)
        unknown = [it for it, reply in enumerate(replies) if isinstance(reply, redis.exceptions.NoScriptError)]
        if unknown:
            self._teach([calls[it] for it in unknown])
            again = self._exchange([*(commands[it] for it in unknown), *commands[len(calls) :]], tries)
            for place, reply in zip([*unknown, *range(len(calls), len(commands))], again, strict=True):
                replies[place] = reply
        if wait_for_disk:
            check_on_disk(replies.pop())
        return replies

    def _teach(self, calls: Sequence[Call]) -> None:
        for script, _, _ in calls:
            self._client.script_load(script.text)

    def _exchange(self, commands: Sequence[tuple[Any, ...]], tries: int) -> list[Any]:
        packed = b"".join(hiredis.pack_command(it) for it in commands)
        try:
            connection = self._free.pop()
        except IndexError:
            connection = self._client.connection_pool.get_connection()
        try:
            return _asked(connection, packed, len(commands), tries)
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
