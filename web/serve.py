"""The WSGI server: two processes, a shorter switch interval, threads enough to wait for the disk together.

Who sends its headers slowly is cut off after five seconds. Who sends its body slowly holds a thread for as long as it likes: no
WSGI server that we tried prevents it, so anything but a private network wants a proxy in front that buffers requests.
"""

import shutil
import sys
from pathlib import Path

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

import wiring
from suppression import logs
from web import metrics
from web.app import create_app

WORKERS = 2
THREADS = 16  # a check waits for one sync of the disk, which serves all who wait: 4 threads answer a third less
BACKLOG = 1024
SWITCH_SECONDS = 0.0005  # a waiting thread gets the interpreter sooner: p99 10 ms instead of 18 with 4 threads
HEADER_MILLISECONDS = 5_000  # a client that has not sent its headers by then is cut off
HEADER_BYTES = 64 * 1024  # the longest of ours, a URL with a cursor, has 5,000
STOP_SECONDS = 10  # a worker that still serves by then is killed; whoever it served has no answer, and asks again


def app() -> Flask:
    """The factory that each server process calls."""
    sys.setswitchinterval(SWITCH_SECONDS)
    logs.configure()
    metrics.count_together()
    program = wiring.build()
    return create_app(program.service, program.settings)


def serve_web(host: str, port: int, data_dir: Path, target: str = "web.serve:app") -> None:
    """Serves until stopped; a worker that dies is started again. `target` is the factory that each process calls."""
    metrics.count_in(_wiped(data_dir / "counters" / str(port)))
    Granian(
        target,
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=STOP_SECONDS,
        log_access=False,
        log_level=LogLevels.error,  # that it started is told by `up`; that a port is taken is an error
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS, max_buffer_size=HEADER_BYTES),
    ).serve()


def _wiped(directory: Path) -> str:
    """An empty directory: counters begin at zero with each start."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700, parents=True)
    return str(directory)
