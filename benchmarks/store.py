"""What recording an opt-out costs, beside SET on the same server, with every write synced; and checks, batches, registries.

`python -m benchmarks.store [rounds] [seconds]`: each round loads the server with every kind in turn from 1, 8 and 64 connections
(closed loop, generators in processes of their own, the requests made beforehand), so that what the machine does meanwhile falls on
all of them alike. The rates are this machine's; the ratios are what to compare.
"""

import multiprocessing
import multiprocessing.pool
import os
import secrets
import selectors
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import Any

import hiredis

import wiring
from suppression.contact import Contact, Kind
from suppression.history import OptedOut
from suppression.keyring import Keyring
from suppression.records import ALL_CHANNELS, Channel, Facts, OptOut
from suppression.service import Terms
from suppression.settings import load
from suppression.store.connect import Script, command, connect
from suppression.store.keys import Partition
from suppression.store.store import Draft, Once, Store, new_id

CLIENTS = (1, 8, 64)
GOAL = 0.4
SETS, COMMITS = 40_000, 20_000  # that one generator may send in a second
SECRET = "a secret of the benchmarks, long enough to be one"
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
TERMS = Terms(Channel.SMS, audience="business")
CROWD = 10_000
REGISTRY = 1_000_000


def main(rounds: int = 5, seconds: float = 1.5) -> None:
    """Prints the medians, and the median of the paired ratios."""
    with tempfile.TemporaryDirectory() as directory:
        settings = load({"STOPLISTE_DATA_DIR": directory, "STOPLISTE_SECRET": SECRET})
        with wiring.running(settings) as program:
            assert program.embedded
            for clients in CLIENTS:
                _compare(program.embedded.socket, clients, rounds, seconds)
            _one_by_one(program)
            _many(program)


# --- writes -----------------------------------------------------------------------------------------------------------------


def _compare(path: Path, clients: int, rounds: int, seconds: float) -> None:
    kinds: dict[str, Callable[..., int]] = {"SET": _sets, "commit script": _commits, "Store.change": _changes}
    rates = [{name: _rate(it, path, clients, seconds) for name, it in kinds.items()} for _ in range(rounds)]
    for name in kinds:
        ratios = [it[name] / it["SET"] for it in rates]
        goal = f", goal {GOAL}" if name == "commit script" else ""
        print(
            f"{clients:2} clients  {name:14} {statistics.median(it[name] for it in rates):8.0f}/s"
            f"   {statistics.median(ratios):.2f} of SET [{min(ratios):.2f}-{max(ratios):.2f}]{goal}"
        )


def _rate(kind: Callable[..., int], path: Path, clients: int, seconds: float) -> float:
    """Operations a second of all clients together, spread over as many processes as there are processors."""
    workers = min(clients, os.cpu_count() or 1)
    shares = [clients // workers + (n < clients % workers) for n in range(workers)]
    barrier = multiprocessing.Barrier(workers)
    with multiprocessing.Pool(workers, _hold, (barrier,)) as pool:
        done = pool.starmap(kind, [(path, share, seconds) for share in shares], chunksize=1)
    return sum(done) / seconds


_held: list[Any] = []  # the barrier, which reaches a pool's process at its start only


def _hold(barrier: Any) -> None:
    _held.append(barrier)


def _start_together() -> None:
    _held[0].wait()


def _sets(path: Path, clients: int, seconds: float) -> int:
    """As redis-benchmark's SET: random keys, three bytes."""
    return _loop(path, clients, seconds, _made((_set(f"key:{secrets.token_hex(6)}") for _ in count()), SETS * seconds))


def _set(key: str) -> bytes:
    return b"*3\r\n$3\r\nSET\r\n$%d\r\n%b\r\n$3\r\nxxx\r\n" % (len(key), key.encode())


def _commits(path: Path, clients: int, seconds: float) -> int:
    """The atomic step alone: commit.lua by its digest, each time for a contact never seen."""
    return _loop(path, clients, seconds, _made(_fresh(_templates(path)), COMMITS * seconds))


def _made(requests: Iterator[bytes], many: float) -> Iterator[bytes]:
    """So many of them are made now, the others as they are asked for: what that takes is no cost of the server's."""
    return chain([next(requests) for _ in range(int(many))], requests)


def _changes(path: Path, clients: int, seconds: float) -> int:
    """The store's verb: the facts are read, the opt-out is decided, sealed and committed."""
    store = Store(connect(f"unix://{path}"), Keyring(SECRET))
    threads = [_Thread(store, seconds) for _ in range(clients)]
    _start_together()
    with multiprocessing.pool.ThreadPool(clients) as pool:
        return sum(pool.map(lambda it: it.run(), threads))


class _Thread:
    """One client of Store.change."""

    def __init__(self, store: Store, seconds: float) -> None:
        self._store = store
        self._seconds = seconds

    def run(self) -> int:
        """How many opt-outs it recorded."""
        end, done = time.monotonic() + self._seconds, 0
        while time.monotonic() < end:
            stop(self._store, Contact(Kind.TELEGRAM, str(secrets.randbits(60))))
            done += 1
        return done


def stop(store: Store, contact: Contact) -> None:
    """An opt-out as the service records it, without the journal."""

    def make(facts: Facts, partition: Partition) -> Draft:
        it = OptOut(new_id("opt", partition), "default", ALL_CHANNELS, NOW, facts.revision + 1, "sms")
        answer = {
            "brand": "default",
            "channels": sorted(ALL_CHANNELS),
            "via": "sms",
            "since": NOW.isoformat(),
            "id": it.id,
        }
        return Draft(OptedOut(NOW, "person", it), answer, {"words": "STOP", "lang": ""}, (it.id,))

    store.change(contact, make, Once(f"stop:{secrets.token_hex(8)}", "stop"))


class _Recorder(Store):
    """Keeps what it would have sent."""

    sent: bytes

    def _write(self, script: Script, calls: Sequence[tuple[list[str], list[Any]]], tries: int = 1) -> list[Any]:  # noqa: ARG002 -- the signature
        names, args = calls[0]
        self.sent, self.names = hiredis.pack_command(command((script, names, args))), names
        return [[b"done", b"1-0"]]


def _templates(path: Path) -> list[tuple[bytes, list[bytes]]]:
    """Commits of opt-outs in every partition, each with the random parts that the next one has otherwise: fingerprint and keys."""
    client = connect(f"unix://{path}")
    client.script_load(Store(client, Keyring(SECRET))._commit.text)
    recorder = _Recorder(client, Keyring(SECRET))
    found: dict[str, tuple[bytes, list[bytes]]] = {}
    while len(found) < 64:
        stop(recorder, Contact(Kind.TELEGRAM, str(secrets.randbits(60))))
        fingerprint, once = recorder.names[0].rpartition(":")[2], recorder.names[5].rpartition(":")[2]
        found[recorder.names[1]] = recorder.sent, [fingerprint[2:].encode(), once.encode()]
    return list(found.values())


def _fresh(templates: list[tuple[bytes, list[bytes]]]) -> Iterator[bytes]:
    """Endless commits, each for another contact; a fingerprint's first byte stays, since it names the partition."""
    while True:
        for sent, parts in templates:
            for part in parts:
                sent = sent.replace(part, secrets.token_hex(len(part) // 2 + 1)[: len(part)].encode())  # noqa: PLW2901
            yield sent


def _loop(path: Path, clients: int, seconds: float, requests: Iterator[bytes]) -> int:
    """One request under way per connection; how many were answered. An error ends the benchmark, since errors are quick."""
    with selectors.DefaultSelector() as ready:
        for _ in range(clients):
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(str(path))
            ready.register(connection, selectors.EVENT_READ, (connection, hiredis.Reader()))
        _start_together()
        for key in list(ready.get_map().values()):
            key.data[0].sendall(next(requests))
        return _answered(ready, time.monotonic() + seconds, requests)


def _answered(ready: selectors.BaseSelector, end: float, requests: Iterator[bytes]) -> int:
    done = 0
    while time.monotonic() < end:
        for key, _ in ready.select():
            connection, reader = key.data
            reader.feed(connection.recv(65536))
            while (reply := reader.gets()) is not False:
                assert reply in (b"OK", b"PONG") or reply[0] == b"done", reply
                done += 1
                connection.sendall(next(requests))
    return done


# --- the rest ---------------------------------------------------------------------------------------------------------------


def _one_by_one(program: wiring.Program, times: int = 2_000) -> None:
    """Checks and PINGs in turns, so that both meet the same machine."""
    checks, pings = [], []
    for n in range(times):
        checks.append(_spent(partial(program.service.check, f"+336{n:08d}", TERMS)))
        pings.append(_spent(program.client.ping))
    check, ping = statistics.median(checks) * 1e6, statistics.median(pings) * 1e6
    print(f"one check {check:6.0f} µs, its question synced to disk; one PING by the same client {ping:.0f} µs")


def _many(program: wiring.Program) -> None:
    service, registries = program.service, program.service._registries
    contacts = [f"+336{n:08d}" for n in range(CROWD)]
    parsed = [service.contact(it) for it in contacts]
    numbers = [Contact(Kind.PHONE, f"+336{n * 7:08d}") for n in range(REGISTRY)]
    print(
        f"batch     {_per_second(CROWD, partial(service.check_many, contacts, TERMS)):8.0f} checks/s, {CROWD} at once"
    )
    print(f"look      {_per_second(CROWD, partial(service._store.look, parsed)):8.0f} contacts/s, {CROWD} at once")
    loaded = _per_second(REGISTRY, partial(registries.replace, "r", date(2026, 11, 1), numbers))
    print(f"registry  {loaded:8.0f} numbers/s, {REGISTRY} at once")


def _per_second(many: int, act: Callable[[], object]) -> float:
    return many / statistics.median(_spent(act) for _ in range(3))


def _spent(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main(*(kind(it) for kind, it in zip((int, float), sys.argv[1:], strict=False)))
