"""No connection is used before the server behind it is known to hold what was confirmed.

A server that was restarted, restored or swapped breaks every connection; each new one asks who answers, and a server not met
before must show that it is ours (see guard.py) and get back whatever STOP of the journal it lacks.
"""

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import MovedError

from suppression.errors import ForeignStore, StoreUnavailable
from suppression.keyring import Keyring
from suppression.store import directory, guard, keys
from suppression.store.connect import Client, breaker_for, connect
from suppression.store.guard import Identity

log = structlog.get_logger()

MOST_SERVERS = 64  # a cluster's nodes and their replacements


class Gate:
    """Meets servers; `recover` gives an admitted one back what it lost, over the client handed to it.

    Which runs of a server were met is kept in the data directory: what Redis confirmed since cannot have been lost within one run,
    unless a replica took over; then the server's replication id is another one, and it is met again.
    """

    def __init__(
        self, url: str, keyring: Keyring, data_dir: Path, weak_durability: bool = False, empty_is_meant: bool = False
    ) -> None:
        self._url = url
        self._keyring = keyring
        self._data_dir = data_dir
        self._weak = weak_durability
        self._empty_is_meant = empty_is_meant
        self._breaker = breaker_for(url)
        self._clustered = url.startswith("redis+cluster:")
        self._met: set[str] = set()
        self._lock = threading.Lock()
        self.recover: Callable[[Client], object] = lambda _client: None
        self.wait_for_disk = False
        self.alone = True  # no other data directory may serve these servers

    def open(self) -> Client:
        """A client whose every connection passes this gate; a server that is away is met later. Raises ForeignStore."""
        try:
            self._meet()
        except ForeignStore:
            raise
        except StoreUnavailable as away:
            log.warning("store_away", reason=str(away))
        return connect(self._url, self._on_connect, breaker=self._breaker)

    def look(self) -> None:
        """Looks whether the servers still promise what they promised when they were met; if not, nothing is sent until they do.

        Raises ForeignStore, or StoreUnavailable while they are away, which others find out by themselves.
        """
        client = connect(self._url)
        try:
            self.wait_for_disk = guard.must_wait(client, self._weak)
            guard.refuse_evicted(client)
        except ForeignStore as why:
            self._breaker.refuse(why)
            raise
        finally:
            client.close()
        self._breaker.refuse(None)

    def _on_connect(self, connection: Any) -> None:
        who, marked = _introduced(connection)
        if who.replica and self._clustered:
            return  # it sends everybody who asks for a key to its master
        try:
            if who.replica:
                raise ForeignStore(
                    "this server is a replica: it may lag behind, and takes no STOP; name its master in REDIS_URL"
                )
            if str(who) not in self._met or not marked:
                self._meet(str(who), again=not marked)
        except StoreUnavailable as why:
            raise RedisConnectionError(str(why)) from why

    def _meet(self, who: str = "", again: bool = False) -> None:
        """Admits all servers behind the URL; `who` is the one that a new connection leads to, and must be among them."""
        with self._lock:
            if who in self._met and not again:
                return
            client = connect(self._url, breaker=self._breaker)
            try:
                here = self._admitted(client)
            except OSError as cause:
                raise StoreUnavailable(f"the data directory cannot be used: {cause.strerror}") from cause
            finally:
                client.close()
        if who and who not in here:
            raise StoreUnavailable("another server answers than a moment ago; it is looked at again")

    def _admitted(self, client: Client) -> set[str]:
        self.wait_for_disk = guard.admit(client, self._keyring, self._data_dir, self._weak, self._empty_is_meant)
        if self.alone:
            directory.refuse_other(client, self._data_dir)
        here = guard.identities(client)
        if not here <= self._remembered():
            self.recover(client)
        self._remember(here)
        return here

    def _remembered(self) -> set[str]:
        path = self._data_dir / "servers.json"
        return set(json.loads(path.read_text())) if path.exists() else set()

    def _remember(self, here: set[str]) -> None:
        self._met |= here
        before = self._remembered()
        if here <= before:
            return
        kept = [*(it for it in before if it not in here), *here][-MOST_SERVERS:]
        draft = self._data_dir / f".servers.{os.getpid()}.{threading.get_ident()}"
        draft.write_text(json.dumps(kept))
        draft.replace(self._data_dir / "servers.json")


def _introduced(connection: Any) -> tuple[Identity, bool]:
    """Who answers on a new connection, and whether our mark is there, in one round trip (on a cluster another node may have it)."""
    asked = (("INFO", "server"), ("INFO", "replication"), ("HEXISTS", keys.META, "canary"))
    connection.send_packed_command(connection.pack_commands(asked))
    server, replication = connection.read_response(), connection.read_response()
    try:
        marked = bool(connection.read_response())
    except MovedError:
        marked = True
    return guard.identity_in(_fields(server) | _fields(replication)), marked


def _fields(info: bytes | str) -> dict[str, str]:
    text = info.decode() if isinstance(info, bytes) else info
    return {name: value for name, _, value in (line.partition(":") for line in text.splitlines())}
