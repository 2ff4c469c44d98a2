"""May this server be trusted? Its flavour, durability and memory policy, and a canary that shows it is ours and not empty.

A server that starts empty by mistake would tell everybody "may be called": the marker on disk says that there was
something, the canary in the store says that it is still there.
"""

import json
import os
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from redis.exceptions import ResponseError

from suppression.errors import ForeignStore
from suppression.keyring import Keyring, WrongSecret, read_chain
from suppression.store import keys
from suppression.store.connect import Client, Script, masters, translated

log = structlog.get_logger()

SCHEMA = "1"
OLDEST_REDIS = (7, 0)


@dataclass(frozen=True)
class Server:
    """What the server says of itself."""

    flavour: str
    version: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.flavour} {'.'.join(map(str, self.version))}"


@dataclass(frozen=True)
class Identity:
    """One run of one server, with one history: what it confirmed since we met it, it still has."""

    run: str
    history: str
    replica: bool

    def __str__(self) -> str:
        return f"{self.run}:{self.history}"


def admit(
    client: Client, keyring: Keyring, data_dir: Path, weak_durability: bool = False, empty_is_meant: bool = False
) -> bool:
    """Lets a store serve, or raises ForeignStore; the first time, marks both sides. True if writes must wait for WAITAOF."""
    with translated():
        server = _oldest(masters(client))
        wait_for_disk = must_wait(client, weak_durability, tell=True)
        canary = client.hgetall(keys.META)
    marker_file = data_dir / "store.json"
    marker = json.loads(marker_file.read_text()) if marker_file.exists() else None
    if b"rotating" in canary:
        raise ForeignStore("a rotation of the secret was broken off: finish it with `stopliste secret rotate`")
    if canary:
        _recognise(canary, marker, keyring)
        _refuse_downgrade(marker, server)
        _refuse_gaps(client)
        refuse_evicted(client)
        if b"chain" in canary:
            keyring.adopt(read_chain(keyring, canary[b"chain"]))
    elif marker and not empty_is_meant:
        raise ForeignStore(
            f"the store is empty, but {marker_file} says it held data ({marker['server']}): wrong REDIS_URL, or an older server on "
            "newer data; restore a backup, or remove that file if it is meant to start anew"
        )
    else:
        canary = _mark(client, keyring, server)
    _write_marker(marker_file, {"schema": SCHEMA, "server": str(server), "store": canary[b"store"].decode()})
    return wait_for_disk


def must_wait(client: Client, weak_durability: bool, tell: bool = False) -> bool:
    """Whether writes must wait for WAITAOF; what a server promised may be switched off while it runs. Raises ForeignStore."""
    with translated():
        return True in [_durability(it, weak_durability, tell) for it in masters(client)]  # every one is asked


def refuse_evicted(client: Client) -> None:
    """A server that evicted keys once has forgotten somebody, whatever its policy is now. Raises ForeignStore."""
    with translated():
        evicted = sum(int(it.info("stats")["evicted_keys"]) for it in masters(client))
    if evicted:
        raise ForeignStore(
            f"the server evicted {evicted} keys, opt-outs may be among them: restore a backup into an empty server, or, if "
            "they were another program's, CONFIG RESETSTAT"
        )


def _write_marker(path: Path, marker: dict[str, str]) -> None:
    """Whole or not at all, and only if it says something new: several processes start at the same time, and read it."""
    if path.exists() and json.loads(path.read_text()) == marker:
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    draft.write_text(json.dumps(marker))
    draft.chmod(0o600)
    draft.replace(path)


def still_ours(client: Client) -> bool:
    """Whether the canary is there; cheap enough to ask at every health check."""
    with translated():
        return bool(client.hexists(keys.META, "canary"))


def identities(client: Client) -> set[str]:
    """Who answers: each server (each master of a cluster), in this run and with this history."""
    with translated():
        return {str(identity_in(it.info("server") | it.info("replication"))) for it in masters(client)}


def identity_in(info: Mapping[str, Any]) -> Identity:
    """The identity in what a server says of itself."""
    return Identity(str(info["run_id"]), str(info["master_replid"]), info["role"] != "master")


# Several processes may start at once: one of them marks, and the others find its mark whole.
MARK = Script("""
if redis.call("EXISTS", KEYS[1]) == 0 then redis.call("HSET", KEYS[1], unpack(ARGV)) end
return redis.call("HGETALL", KEYS[1])
""")


def _mark(client: Client, keyring: Keyring, server: Server) -> dict[bytes, bytes]:
    store = secrets.token_hex(8)
    marks = {"schema": SCHEMA, "store": store, "server": str(server), "canary": keyring.seal(store.encode(), "canary")}
    with translated():
        pipe = client.pipeline(transaction=False)
        for partition in keys.ALL_PARTITIONS:
            pipe.set(partition.present, store)
        pipe.execute()
        found: list[bytes] = MARK.run(client, [keys.META], [it for pair in marks.items() for it in pair])
    return dict(zip(found[::2], found[1::2], strict=True))


def _refuse_gaps(client: Client) -> None:
    with translated():
        pipe = client.pipeline(transaction=False)
        for partition in keys.ALL_PARTITIONS:
            pipe.exists(partition.present)
        gaps = pipe.execute().count(0)
    if gaps:
        raise ForeignStore(f"{gaps} of the store's {keys.PARTITIONS} partitions were emptied: restore a backup")


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


def _oldest(servers: Sequence[Client]) -> Server:
    return min((_server(it) for it in servers), key=lambda it: it.version)


def _server(client: Client) -> Server:
    info: dict[str, Any] = client.info("server")
    flavour = "valkey" if "valkey_version" in info else "redis"
    version = tuple(int(part) for part in str(info[f"{flavour}_version"]).split(".")[:2])
    if flavour == "redis" and version < OLDEST_REDIS:
        raise ForeignStore(f"redis {'.'.join(map(str, version))} is too old: 7.0 or newer is needed")
    return Server(flavour, version)


def _refuse_downgrade(marker: dict[str, str] | None, server: Server) -> None:
    """Neither an older server nor one of another family reads all of what the last one wrote, and it may not say so."""
    if not marker:
        return
    flavour, _, version = marker["server"].partition(" ")
    before = tuple(int(part) for part in version.split("."))
    if flavour != server.flavour or server.version < before:
        raise ForeignStore(
            f"the data were written by {marker['server']}; {server} may not read them whole: start it empty, and restore a backup"
        )


def _durability(server: Client, weak: bool, tell: bool) -> bool:
    """False: the server syncs each write by itself, or need not. True: WAITAOF must follow. Raises ForeignStore."""
    policy = server.info("memory")["maxmemory_policy"]
    if policy != "noeviction":
        raise ForeignStore(
            f"maxmemory-policy is {policy}: the server would forget opt-outs when memory is short; set noeviction"
        )
    persistence = server.info("persistence")
    if persistence.get("aof_last_write_status", "ok") != "ok":
        raise ForeignStore("the server cannot write its append-only file: its disk is full, or gone")
    appends = bool(persistence["aof_enabled"])
    if appends and _setting(server, "appendfsync") == "always":
        return False
    if appends and _knows_waitaof(server):
        return True
    if weak and tell:
        log.warning(
            "durability_weak",
            meaning="a STOP that is confirmed may be lost with the machine (STOPLISTE_DURABILITY=weak)",
        )
    if weak:
        return False
    raise ForeignStore(
        "this server cannot promise that a confirmed STOP is on disk: set appendonly yes and appendfsync always, or use a server "
        "with WAITAOF (Redis 7.2, Valkey); STOPLISTE_DURABILITY=weak serves all the same, and says so at every start"
    )


def _setting(server: Client, name: str) -> str | None:
    """A setting of the server's, None where we may not ask, as with some hosters."""
    try:
        found = server.config_get(name)
    except ResponseError:
        return None
    value = found.get(name)
    return value.decode() if isinstance(value, bytes) else value


def _knows_waitaof(server: Client) -> bool:
    [known] = server.execute_command("COMMAND INFO", "WAITAOF")
    return known is not None
