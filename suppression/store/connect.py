"""A client for `REDIS_URL`, in each of its forms, with a driver's errors turned into ours."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.exceptions import NoScriptError, RedisClusterException
from redis.retry import Retry
from redis.sentinel import Sentinel

from suppression.errors import StoreUnavailable
from suppression.store.breaker import PROBE_SECONDS, Breaker, guard
from suppression.store.cluster import Cluster

# redis-py types every reply as bytes or str; ours are bytes throughout (no decode_responses), which no alias of theirs can say.
Client: TypeAlias = Any
Hook: TypeAlias = Callable[[Any], None]

# A stuck server must not hold a web worker: five seconds for one answer, and no silent second try by the driver
# (our scripts are idempotent where they are tried again, and the caller decides).
ANSWER_SECONDS = 5.0
CONNECT_SECONDS = 2.0
NAME = "stopliste"  # of our connections, as CLIENT LIST shows them
MOST_CONNECTIONS = 256
WAIT_FOR_DISK = ("WAITAOF", 1, 0, int(ANSWER_SECONDS * 900))


def connect(url: str, on_connect: Hook | None = None, name: str = NAME, breaker: Breaker | None = None) -> Client:
    """A client with a thread-safe pool; nothing is sent before its first use.

    `on_connect` is called with each new connection once the driver has greeted the server; what it raises ends the connection.
    `breaker` spares callers a server that was silent just now; in a cluster each node has one of its own.
    """
    client = _client(url, on_connect, name, ANSWER_SECONDS)
    if breaker and isinstance(client, Cluster):
        client.breaker = breaker
    elif breaker:
        guard(client.connection_pool, breaker)
    return client


def breaker_for(url: str) -> Breaker:
    """A breaker that asks the server behind a URL."""

    def answers() -> bool:
        client = _client(url, None, NAME, PROBE_SECONDS)
        try:
            return bool(client.ping())
        except (redis.RedisError, OSError):
            return False
        finally:
            client.close()

    return Breaker(answers)


def _client(url: str, on_connect: Hook | None, name: str, seconds: float) -> Client:
    parts = urlsplit(url)
    options: dict[str, Any] = {
        "socket_timeout": seconds,
        "socket_connect_timeout": min(seconds, CONNECT_SECONDS),
        "client_name": name,
    }
    options |= _login(parts) if "+" in parts.scheme else {}
    if parts.scheme == "redis+cluster":
        return Cluster(lambda: _cluster(parts, {**options, "redis_connect_func": on_connect}))
    options |= {
        "retry": _never_again(),
        "max_connections": MOST_CONNECTIONS,
        "redis_connect_func": _greeting(on_connect),
    }
    if parts.scheme == "redis+sentinel":
        sentinel: Any = Sentinel(  # type: ignore[no-untyped-call]
            _hosts(parts, 26379),
            sentinel_kwargs={"socket_timeout": min(seconds, CONNECT_SECONDS), "retry": _never_again()},
        )
        return sentinel.master_for(unquote(parts.path.strip("/")), **options)
    return redis.Redis.from_url(url, **options)


def _cluster(parts: SplitResult, options: dict[str, Any]) -> RedisCluster:
    nodes = [ClusterNode(*it) for it in _hosts(parts, 6379)]  # type: ignore[no-untyped-call]
    return RedisCluster(startup_nodes=nodes, retry=_never_again(), **options)


def _never_again() -> Retry:
    return Retry(NoBackoff(), 0)


def _greeting(hook: Hook | None) -> Hook | None:
    """The hook behind the driver's own greeting, which a single server's connection leaves to it."""

    def greet(connection: Any) -> None:
        connection.on_connect()
        if hook:
            hook(connection)

    return greet if hook else None


def _hosts(parts: SplitResult, default_port: int) -> list[tuple[str, int]]:
    hosts = [urlsplit(f"//{it}") for it in parts.netloc.rpartition("@")[2].split(",")]
    return [(it.hostname or "localhost", it.port or default_port) for it in hosts]


def _login(parts: SplitResult) -> dict[str, str]:
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    return {name: unquote(it) for name, it in (("username", user), ("password", password)) if it}


@contextmanager
def translated() -> Iterator[None]:
    """Inside it, whatever the driver raises becomes StoreUnavailable, its cause chained; a refusal of ours stays what it was."""
    try:
        yield
    except (redis.RedisError, RedisClusterException, OSError, ValueError) as cause:
        raise _refusal(cause) or StoreUnavailable(f"the store did not answer: {type(cause).__name__}") from cause


def _refusal(cause: BaseException | None) -> StoreUnavailable | None:
    """What a hook of ours said before the driver made an error of its own of it; a fresh one, since many may share the cause."""
    while cause:
        if isinstance(cause, StoreUnavailable):
            return type(cause)(*cause.args)
        cause = cause.__cause__
    return None


def masters(client: Client) -> list[Client]:
    """A client for each server that takes writes: of a cluster there are several."""
    return client.masters() if isinstance(client, Cluster) else [client]


def fails_over(client: Client) -> bool:
    """Whether another server takes the place of one that is lost, so that a second try some moments later may succeed."""
    return isinstance(client, Cluster) or hasattr(client.connection_pool, "sentinel_manager")


def on_disk(client: Client, keys: Sequence[str], wait_for_disk: bool = True) -> None:
    """Waits until all that the servers have taken in is on disk, and with every replica that may take over.

    `keys` are written to, and reach every server: WAIT and WAITAOF look only at the writes of their own connection.

    Raises StoreUnavailable.
    """
    with_replicas = fails_over(client)

    def ask(node: Client, places: list[int]) -> list[Any]:
        pipe = node.pipeline(transaction=False)
        for it in places:
            pipe.set(keys[it], "1")
        replicas = int(node.info("replication")["connected_slaves"]) if with_replicas else 0
        if wait_for_disk:
            pipe.execute_command(*WAIT_FOR_DISK)
        pipe.execute_command("WAIT", replicas, int(ANSWER_SECONDS * 900))
        replies: list[Any] = pipe.execute(raise_on_error=False)
        if isinstance(replies[-1], int) and replies.pop() < replicas:
            raise StoreUnavailable("a replica lags behind: what it lacks is not sealed yet")
        if wait_for_disk:
            check_on_disk(replies.pop())
        return replies

    with translated():
        sound(client.routed(keys, ask) if isinstance(client, Cluster) else ask(client, [0]))


class Script:
    """A Lua script, sent by its digest and, where the server does not know it yet, by its text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    def run(self, client: Client, keys: list[str], args: list[Any]) -> Any:
        """The reply of one call. Driver errors pass through."""
        if isinstance(client, Cluster):
            return run_all(client, [(self, keys, args)])[0]
        try:
            return client.execute_command("EVALSHA", self.digest, len(keys), *keys, *args)
        except NoScriptError:
            return client.execute_command("EVAL", self.text, len(keys), *keys, *args)

    def run_many(self, client: Client, calls: Sequence[tuple[list[str], list[Any]]], wait_for_disk: bool) -> list[Any]:
        """The replies of many calls in one round trip (one per node of a cluster); with WAITAOF behind them if asked."""
        return run_all(client, [(self, *it) for it in calls], wait_for_disk)


Call: TypeAlias = tuple[Script, list[str], list[Any]]


def run_all(client: Client, calls: Sequence[Call], wait_for_disk: bool = False) -> list[Any]:
    """The replies to many calls in one round trip (one per node of a cluster). Driver errors pass through."""
    return sound(replies_to(client, calls, wait_for_disk))


def replies_to(client: Client, calls: Sequence[Call], wait_for_disk: bool = False) -> list[Any]:
    """As run_all, with what a server refuses among the replies."""
    if not isinstance(client, Cluster):
        return _sent(client, calls, wait_for_disk)
    first_keys = [keys[0] for _, keys, _ in calls]
    return client.routed(first_keys, lambda node, places: _sent(node, [calls[it] for it in places], wait_for_disk))


def _sent(server: Client, calls: Sequence[Call], wait_for_disk: bool) -> list[Any]:
    """The replies of one server, errors among them; scripts that it does not know yet are taught and sent again."""
    replies = _piped(server, [command(it) for it in calls], wait_for_disk)
    unknown = [place for place, it in enumerate(replies) if isinstance(it, NoScriptError)]
    if unknown:
        for text in {calls[it][0].text for it in unknown}:
            server.script_load(text)
        again = _piped(server, [command(calls[it]) for it in unknown], wait_for_disk)
        replies = [again.pop(0) if place in unknown else it for place, it in enumerate(replies)]
    return replies


def command(call: Call) -> tuple[Any, ...]:
    """A call as it is sent."""
    script, keys, args = call
    return "EVALSHA", script.digest, len(keys), *keys, *args


def _piped(server: Client, commands: Sequence[tuple[Any, ...]], wait_for_disk: bool) -> list[Any]:
    pipe = server.pipeline(transaction=False)
    for it in commands:
        pipe.execute_command(*it)
    if wait_for_disk:
        pipe.execute_command(*WAIT_FOR_DISK)
    replies: list[Any] = pipe.execute(raise_on_error=False)
    if wait_for_disk:
        check_on_disk(replies.pop())
    return replies


def check_on_disk(reply: Any) -> None:
    """Raises unless a reply to WAIT_FOR_DISK says that it is."""
    if isinstance(reply, redis.RedisError):
        raise reply
    if reply[0] < 1:
        raise StoreUnavailable("the server did not write to disk in time")


def sound(replies: list[Any]) -> list[Any]:
    """The replies, if none is an error; else the first error is raised."""
    for it in replies:
        if isinstance(it, redis.RedisError):
            raise it
    return replies
