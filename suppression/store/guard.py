"""May this server be trusted? Its flavour, durability and memory policy, and a canary that shows it is ours and not empty.

A server that starts empty by mistake would tell everybody "may be called": the marker on disk says that there was
something, the canary in the store says that it is still there.
"""

import json
import os
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suppression.errors import StoreUnavailable
from suppression.keyring import Keyring, WrongSecret, read_chain
from suppression.store import keys
from suppression.store.connect import Client, translated

SCHEMA = "1"
OLDEST_REDIS = (7, 0)


class ForeignStore(StoreUnavailable):
    """The store is empty, older, foreign or not durable, where it must not be; nobody is served from it."""

    code = "store_refused"


@dataclass(frozen=True)
class Server:
    """What the server says of itself."""

    flavour: str
    version: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.flavour} {'.'.join(map(str, self.version))}"


def admit(
    client: Client, keyring: Keyring, data_dir: Path, weak_durability: bool = False, empty_is_meant: bool = False
) -> bool:
    """Lets a store serve, or raises ForeignStore; the first time, marks both sides. True if writes must wait for WAITAOF."""
    with translated():
        server = _server(client)
        wait_for_disk = _durability(client, weak_durability)
        canary = client.hgetall(keys.META)
    marker_file = data_dir / "store.json"
    marker = json.loads(marker_file.read_text()) if marker_file.exists() else None
    if b"rotating" in canary:
        raise ForeignStore("a rotation of the secret was broken off: finish it with `stopliste secret rotate`")
    if canary:
        _recognise(canary, marker, keyring)
        if b"chain" in canary:
            keyring.adopt(read_chain(keyring, canary[b"chain"]))
    elif marker and not empty_is_meant:
        raise ForeignStore(
            f"the store is empty, but {marker_file} says it held data ({marker['server']}): wrong REDIS_URL, or an older server on "
            "newer data; restore a backup, or remove that file if it is meant to start anew"
        )
    else:
        canary = _mark(client, keyring, server)
    _refuse_downgrade(marker, server)
    _write_marker(marker_file, {"schema": SCHEMA, "server": str(server), "store": canary[b"store"].decode()})
    return wait_for_disk


def _write_marker(path: Path, marker: dict[str, str]) -> None:
    """Whole or not at all: several processes start at the same time, and read it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    draft.write_text(json.dumps(marker))
    draft.chmod(0o600)
    draft.replace(path)


def still_ours(client: Client) -> bool:
    """Whether the canary is there; cheap enough to ask at every health check."""
    with translated():
        return bool(client.hexists(keys.META, "canary"))


def run_ids(client: Client) -> set[str]:
    """The identity of this run of the server (of each node of a cluster)."""
    with translated():
        info = client.info("server")
    nodes = [info] if "run_id" in info else list(info.values())  # a cluster answers once per node
    return {str(it["run_id"]) for it in nodes}


def _mark(client: Client, keyring: Keyring, server: Server) -> dict[bytes, bytes]:
    store = secrets.token_hex(8)
    marks = {"schema": SCHEMA, "store": store, "server": str(server), "canary": keyring.seal(store.encode(), "canary")}
    with translated():
        client.hset(keys.META, mapping=marks)
        marked: dict[bytes, bytes] = client.hgetall(keys.META)
    return marked


def _recognise(canary: dict[bytes, bytes], marker: dict[str, str] | None, keyring: Keyring) -> None:
    try:
        store = keyring.open(canary[b"canary"], "canary").decode()
    except (KeyError, WrongSecret) as cause:
        raise ForeignStore(
            "STOPLISTE_SECRET does not belong to this store: with another secret nobody on file would be found"
        ) from cause
    if marker and marker["store"] != store:
        raise ForeignStore("this store belongs to another data directory: wrong REDIS_URL or STOPLISTE_DATA_DIR")
    if canary[b"schema"].decode() != SCHEMA:
        raise ForeignStore(f"the store has schema {canary[b'schema'].decode()}, this program reads {SCHEMA}")


def _server(client: Client) -> Server:
    info = _info(client)
    flavour = "valkey" if "valkey_version" in info else "redis"
    version = tuple(int(part) for part in str(info[f"{flavour}_version"]).split(".")[:2])
    if flavour == "redis" and version < OLDEST_REDIS:
        raise ForeignStore(f"redis {version} is too old: 7.0 or newer is needed")
    return Server(flavour, version)


def _refuse_downgrade(marker: dict[str, str] | None, server: Server) -> None:
    if not marker:
        return
    flavour, _, version = marker["server"].partition(" ")
    before = tuple(int(part) for part in version.split("."))
    if flavour == server.flavour and server.version < before:
        raise ForeignStore(f"the data were written by {marker['server']}; {server} may not read them whole")


def _info(client: Client) -> dict[str, Any]:
    info: dict[str, Any] = client.info("server")
    return info if "run_id" in info else next(iter(info.values()))


def _durability(client: Client, weak: bool) -> bool:
    """False: the server syncs each write by itself. True: WAITAOF must follow. Raises ForeignStore where neither can be."""
    policy = _setting(client, "maxmemory-policy")
    if policy not in (None, "noeviction"):
        raise ForeignStore(
            f"maxmemory-policy is {policy}: the server would forget opt-outs when memory is short; set noeviction"
        )
    if _setting(client, "appendonly") == "yes" and _setting(client, "appendfsync") == "always":
        return False
    if _setting(client, "appendonly") == "yes" and _knows_waitaof(client):
        return True
    if weak:
        return False
    raise ForeignStore(
        "this server cannot promise that a confirmed STOP is on disk: set appendonly yes and appendfsync always, or use a server "
        "with WAITAOF (Redis 7.2, Valkey); STOPLISTE_DURABILITY=weak serves all the same, and says so at every start"
    )


def _setting(client: Client, name: str) -> str | None:
    found = client.config_get(name)
    value = found.get(name) if isinstance(found, dict) else None
    return value.decode() if isinstance(value, bytes) else value


def _knows_waitaof(client: Client) -> bool:
    return bool(client.execute_command("COMMAND", "INFO", "WAITAOF")[0])
