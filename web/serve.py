"""The WSGI server: two processes, few threads, a shorter switch interval (measured best for one Redis call a request)."""

import sys

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

import wiring
from web.app import create_app

WORKERS = 2
THREADS = 4
SWITCH_SECONDS = 0.0005  # a waiting thread gets the interpreter sooner: p99 10 ms instead of 18 with 4 threads
HEADER_MILLISECONDS = 5_000  # a client that has not sent its headers by then is cut off


def app() -> Flask:
    """The factory that each server process calls."""
    sys.setswitchinterval(SWITCH_SECONDS)
    program = wiring.build()
    return create_app(program.service, program.settings)


def serve_web(host: str, port: int, target: str = "web.serve:app") -> None:
    """Serves until stopped; a worker that dies is started again. `target` is the factory that each process calls."""
    Granian(
        target,
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=THREADS,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        log_access=False,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS),
    ).serve()
