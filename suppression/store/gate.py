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

from suppression.errors import StoreUnavailable
from suppression.keyring import Keyring
from suppression.store import guard
from suppression.store.connect import Client, connect
from suppression.store.guard import ForeignStore

log = structlog.get_logger()

MOST_SERVERS = 64  # a cluster's nodes and their replacements


class Gate:
    """Meets servers; `recover` gives an admitted one back what it lost, over the client handed to it.

    Which runs of a server were met is kept in the data directory: what Redis confirmed since cannot have been lost within one run.
    """

    def __init__(
        self, url: str, keyring: Keyring, data_dir: Path, weak_durability: bool = False, empty_is_meant: bool = False
    ) -> None:
        self._url = url
        self._keyring = keyring
        self._data_dir = data_dir
        self._weak = weak_durability
        self._empty_is_meant = empty_is_meant
        self._met: set[str] = set()
        self._lock = threading.Lock()
        self.recover: Callable[[Client], object] = lambda _client: None
        self.wait_for_disk = False

    def open(self) -> Client:
        """A client whose every connection passes this gate; a server that is away is met later. Raises ForeignStore."""
        try:
            self._meet()
        except ForeignStore:
            raise
        except StoreUnavailable as away:
            log.warning("store_away", reason=str(away))
        return connect(self._url, self._on_connect)

    def _on_connect(self, connection: Any) -> None:
        connection.on_connect()
        connection.send_command("INFO", "server")
        run_id = _run_id(connection.read_response())
        try:
            if run_id not in self._met:
                self._meet(run_id)
        except StoreUnavailable as why:
            raise RedisConnectionError(str(why)) from why

    def _meet(self, run_id: str = "") -> None:
        with self._lock:
            if run_id and run_id in self._met:
                return
            client = connect(self._url)
            try:
                self.wait_for_disk = guard.admit(
                    client, self._keyring, self._data_dir, self._weak, self._empty_is_meant
                )
                here = guard.run_ids(client)
                if not here <= self._remembered():
                    self.recover(client)
                self._remember(here)
            finally:
                client.close()

    def _remembered(self) -> set[str]:
        path = self._data_dir / "servers.json"
        return set(json.loads(path.read_text())) if path.exists() else set()

    def _remember(self, here: set[str]) -> None:
        self._met |= here
        kept = [*(it for it in self._remembered() if it not in here), *here][-MOST_SERVERS:]
        draft = self._data_dir / f".servers.{os.getpid()}.{threading.get_ident()}"
        draft.write_text(json.dumps(kept))
        draft.replace(self._data_dir / "servers.json")


def _run_id(info: bytes | str) -> str:
    text = info.decode() if isinstance(info, bytes) else info
    return next((line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("run_id:")), "")
