"""A client for `REDIS_URL`, in each of its forms, with a driver's errors turned into ours."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.retry import Retry
from redis.sentinel import Sentinel

from suppression.errors import StoreUnavailable

# redis-py types every reply as bytes or str; ours are bytes throughout (no decode_responses), which no alias of theirs can say.
Client: TypeAlias = Any

# A stuck server must not hold a web worker: five seconds for one answer, and no silent second try by the driver
# (our scripts are idempotent where they are tried again, and the caller decides).
ANSWER_SECONDS = 5.0
CONNECT_SECONDS = 2.0


def connect(url: str, on_connect: Callable[[Any], None] | None = None) -> Client:
    """A client with a thread-safe pool; nothing is sent yet but for clusters, whose layout is read.

    `on_connect` is called with each new connection in place of the driver's own greeting, which it must do itself.
    """
    parts = urlsplit(url)
    if parts.scheme == "redis+cluster":
        return _cluster(parts.netloc)
    if parts.scheme == "redis+sentinel":
        hosts = [_host(it, 26379) for it in parts.netloc.split(",")]
        sentinel: Any = Sentinel(hosts, socket_timeout=CONNECT_SECONDS)  # type: ignore[no-untyped-call]
        return sentinel.master_for(parts.path.strip("/"), socket_timeout=ANSWER_SECONDS, redis_connect_func=on_connect)
    return redis.Redis.from_url(
        url,
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=Retry(ExponentialWithJitterBackoff(), 0),
        max_connections=256,
        client_name="stopliste",
        redis_connect_func=on_connect,
    )


def _cluster(netloc: str) -> RedisCluster:
    nodes = [ClusterNode(*_host(it, 6379)) for it in netloc.split(",")]  # type: ignore[no-untyped-call]
    with translated():
        return RedisCluster(startup_nodes=nodes, socket_timeout=ANSWER_SECONDS)


def _host(text: str, default_port: int) -> tuple[str, int]:
    host, _, port = text.rpartition(":") if ":" in text else (text, "", "")
    return host, int(port or default_port)


@contextmanager
def translated() -> Iterator[None]:
    """Inside it, whatever the driver raises becomes StoreUnavailable, its cause chained."""
    try:
        yield
    except (redis.RedisError, OSError, ValueError) as cause:
        raise StoreUnavailable(f"the store did not answer: {type(cause).__name__}") from cause


def on_disk(client: Client, keys: Sequence[str]) -> None:
    """Waits until all that the servers have taken in is on disk; `keys` are written to, and reach every server.

    WAITAOF looks only at the writes of its own connection, hence the write before it. Raises StoreUnavailable.
    """
    with translated():
        for node, own in _by_node(client, keys).items():
            pipe = node.pipeline(transaction=False)
            pipe.execute_command("SET", own[0], "1")
            pipe.execute_command("WAITAOF", 1, 0, int(ANSWER_SECONDS * 900))
            if pipe.execute()[-1][0] < 1:
                raise StoreUnavailable("the server did not write to disk in time")


def _by_node(client: Client, keys: Sequence[str]) -> dict[Client, list[str]]:
    if not isinstance(client, RedisCluster):
        return {client: list(keys)}
    found: dict[Client, list[str]] = {}
    for key in keys:
        node = client.get_redis_connection(client.get_node_from_key(key))  # type: ignore[no-untyped-call]
        found.setdefault(node, []).append(key)
    return found


class Script:
    """A Lua script, sent by its digest and, where the server does not know it yet, by its text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    def run(self, client: Client, keys: list[str], args: list[Any]) -> Any:
        """The reply of one call. Driver errors pass through."""
        try:
            return client.execute_command("EVALSHA", self._digest, len(keys), *keys, *args)
        except redis.exceptions.NoScriptError:
            return client.execute_command("EVAL", self.text, len(keys), *keys, *args)

    def run_many(self, client: Client, calls: Sequence[tuple[list[str], list[Any]]], wait_for_disk: bool) -> list[Any]:
        """The replies of many calls in one round trip (one per call on a cluster); with WAITAOF behind them if asked."""
        if isinstance(client, RedisCluster):
            return [self.run(client, *call) for call in calls]
        pipe = client.pipeline(transaction=False)
        for keys, args in calls:
            pipe.execute_command("EVAL", self.text, len(keys), *keys, *args)
        if wait_for_disk:
            pipe.execute_command("WAITAOF", 1, 0, int(ANSWER_SECONDS * 900))
        replies: list[Any] = pipe.execute()
        if wait_for_disk and replies.pop()[0] < 1:
            raise StoreUnavailable("the server did not write to disk in time")
        return replies
