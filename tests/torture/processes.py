"""Which processes belong to a data directory, and what each of them is; nobody else's are ever seen."""

import os
import signal
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

ROLES = ("up", "web", "worker", "bot")


def of(data_dir: Path) -> dict[str, list[int]]:
    """Process ids by role: `up`, `web` (its parent), `server` (the ones that answer), `worker`, `bot`, `redis`."""
    found: dict[str, list[int]] = {it: [] for it in (*ROLES, "server", "redis")}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (role := _role(entry, data_dir)):
            found[role].append(int(entry.name))
    return found


def kill(pids: Iterable[int], number: int = signal.SIGKILL) -> None:
    """Sends a signal to each that is still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def freeze(pids: Sequence[int], seconds: float) -> None:
    """SIGSTOP, and SIGCONT after that time."""
    kill(pids, signal.SIGSTOP)
    time.sleep(seconds)
    kill(pids, signal.SIGCONT)


def kill_all(data_dir: Path) -> None:
    """Ends every process of a data directory, those too that start while this runs."""
    for _ in range(50):
        pids = [pid for group in of(data_dir).values() for pid in group]
        if not pids:
            return
        kill(pids, signal.SIGCONT)
        kill(pids)
        time.sleep(0.1)


def _role(entry: Path, data_dir: Path) -> str | None:
    try:
        if (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return None
        if (entry / "cwd").readlink() == data_dir / "redis":
            return "redis"  # it names itself anew over its own environment, but it works in its directory
        if f"STOPLISTE_DATA_DIR={data_dir}".encode() not in (entry / "environ").read_bytes().split(b"\0"):
            return None
        command = (entry / "cmdline").read_bytes().decode().split("\0")
        role = next((it for it in ROLES if it in command and "cli.main" in command), None)
        return "server" if role == "web" and _is_web(_parent(entry)) else role
    except OSError:
        return None  # it ended while we looked


def _parent(entry: Path) -> Path:
    return entry.parent / (entry / "stat").read_text().rpartition(")")[2].split()[1]


def _is_web(entry: Path) -> bool:
    command = (entry / "cmdline").read_bytes().decode().split("\0")
    return "cli.main" in command and "web" in command
