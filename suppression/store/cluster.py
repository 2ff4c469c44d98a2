"""A cluster behind the face of one server, as far as the store needs it.

Its layout is read at the first use, so that a program can start, and take a STOP into its journal, while the cluster is away.
The driver tries nothing again by itself: what is not idempotent must not be done twice, and the caller knows which is which.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import redis
from redis.cluster import RedisCluster
from redis.exceptions import MovedError, RedisClusterException

from suppression.store.breaker import Breaker

ROUNDS = 5  # of redirections, while slots move or a replica takes over


class Cluster:
    """The client of a cluster: what is not said here is the driver's own, for one key at a time."""

    def __init__(self, make: Callable[[], RedisCluster]) -> None:
        self._make = make
        self.breaker: Breaker | None = None  # of the whole; each node has one of its own
        self._breakers: dict[str, Breaker] = {}
        self._lock = threading.Lock()
        self._opened: RedisCluster | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.driver, name)

    @property
    def driver(self) -> Any:
        """The driver's client, made once. Raises the driver's errors while no node answers, or while none may be used."""
        if self.breaker:
            self.breaker.check()
        with self._lock:
            if self._opened is None:
                self._opened = self._make()
            return self._opened

    def close(self) -> None:
        """Lets go of every connection."""
        if self._opened:
            self._opened.close()

    def masters(self) -> list[Any]:
        """A client for each node that serves slots."""
        return [self.driver.get_redis_connection(it) for it in self.driver.get_primaries()]

    def execute_command(self, *words: Any) -> Any:
        """The reply to one command, whose first argument is its key."""

        def ask(node: Any, _places: list[int]) -> list[Any]:
            try:
                return [node.execute_command(*words)]
            except MovedError as moved:
                return [moved]

        [reply] = self.routed([words[1]], ask)
        if isinstance(reply, MovedError):
            raise reply
        return reply

    def bgrewriteaof(self) -> None:
        """Rewrites the append-only file of every master."""
        for node in self.masters():
            node.bgrewriteaof()

    def routed(self, keys: Sequence[str], ask: Callable[[Any, list[int]], list[Any]]) -> list[Any]:
        """The replies to one request per key; `ask` is given a node and the places of its requests, again for those that moved."""
        replies: list[Any] = [None] * len(keys)
        left = list(range(len(keys)))
        for _ in range(ROUNDS):
            for node, places in self._by_node(keys, left):
                for place, reply in zip(places, self._asked(node, places, ask), strict=True):
                    replies[place] = reply
            left = [it for it in left if isinstance(replies[it], MovedError)]
            if not left:
                break
            self.driver.nodes_manager.initialize()
        return replies

    def _by_node(self, keys: Sequence[str], places: Sequence[int]) -> list[tuple[Any, list[int]]]:
        found: dict[str, tuple[Any, list[int]]] = {}
        for place in places:
            node = self.driver.get_node_from_key(keys[place])
            found.setdefault(node.name, (node, []))[1].append(place)
        return [(self.driver.get_redis_connection(node), own) for node, own in found.values()]

    def _asked(self, node: Any, places: list[int], ask: Callable[[Any, list[int]], list[Any]]) -> list[Any]:
        """A node that does not answer may have been replaced: the layout is read again for the next request."""
        breaker = self._breaker_of(node)
        breaker.check()
        try:
            return ask(node, places)
        except redis.TimeoutError:
            breaker.tripped()
            raise
        except redis.ConnectionError:
            with suppress(redis.RedisError, RedisClusterException):
                self.driver.nodes_manager.initialize()
            raise

    def _breaker_of(self, node: Any) -> Breaker:
        """The breaker of a node, by its address; one that is found silent may have been replaced by the next look."""
        where = node.connection_pool.connection_kwargs
        return self._breakers.setdefault(
            f"{where.get('host')}:{where.get('port')}", Breaker(lambda: self._answers(node))
        )

    def _answers(self, node: Any) -> bool:
        with suppress(redis.RedisError, RedisClusterException):
            self.driver.nodes_manager.initialize()
            return bool(node.ping())
        return False
