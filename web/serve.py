"""The server: two processes, each with an event loop that takes requests in and threads that answer them (web/front.py).

Who is slow is cut off, and holds a connection meanwhile, never a thread: after five seconds over the headers, twenty over the body,
thirty over the answer.
"""

import resource
import shutil
import sys
from pathlib import Path

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

import wiring
from suppression import logs
from suppression.intent import understand
from web import metrics
from web.app import create_front
from web.front import Front

WORKERS = 2
BACKLOG = 1024
MOST_CONNECTIONS = 4_096  # of one process, the slow ones among them; who comes then waits in the backlog
OTHER_FILES = 512  # connections to Redis, the journal, pages
SWITCH_SECONDS = 0.0005  # a waiting thread gets the interpreter sooner: p99 10 ms instead of 18 with 4 threads
HEADER_MILLISECONDS = 5_000  # a client that has not sent its headers by then is cut off
HEADER_BYTES = 64 * 1024  # the longest of ours, a URL with a cursor, has 5,000
STOP_SECONDS = 10  # a worker that still serves by then is killed; whoever it served has no answer, and asks again


def app() -> Front:
    """The factory that each server process calls."""
    sys.setswitchinterval(SWITCH_SECONDS)
    logs.configure()
    metrics.count_together()
    understand(
        "do not write to me again"
    )  # reads phrases and weights now, once, not in every thread of the first crowd
    program = wiring.build()
    wiring.keep_watch(program)
    return create_front(program.service, program.settings)


def serve_web(host: str, port: int, data_dir: Path, target: str = "web.serve:app") -> None:
    """Serves until stopped; a worker that dies is started again. `target` is the factory that each process calls."""
    metrics.count_in(_wiped(data_dir / "counters" / str(port)))
    Granian(
        target,
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,  # with HTTP/2 allowed, a client that sends nothing at all is waited for without end
        workers=WORKERS,
        backlog=BACKLOG,
        backpressure=_connections(),
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=STOP_SECONDS,
        log_access=False,
        log_level=LogLevels.error,  # that it started is told by `up`; that a port is taken is an error
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS, max_buffer_size=HEADER_BYTES),
    ).serve()


def _connections() -> int:
    """How many connections a process may hold: as many as the system lets it have files for."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = (
        MOST_CONNECTIONS + OTHER_FILES if most == resource.RLIM_INFINITY else min(most, MOST_CONNECTIONS + OTHER_FILES)
    )
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))  # the processes to come inherit it
    return max(files - OTHER_FILES, files // 2)


def _wiped(directory: Path) -> str:
    """An empty directory: counters begin at zero with each start."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700, parents=True)
    return str(directory)
