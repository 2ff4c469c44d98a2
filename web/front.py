"""The way in: a request is read whole, within a limit and a deadline, before a thread is taken for it.

granian hands each request to the event loop of its process (RSGI). A body that stalls or drips costs a few kilobytes there, and is
refused when its time is up; an answer that is read slowly waits in the server. Threads answer, and wait for nobody's line. Plain
checks have threads of their own, which take all that wait at once: what else is asked never waits behind them.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeAlias

from web import problems
from web.door import Door, is_plain
from web.environ import Answer, File, Scope, Wsgi, environ_of
from web.sockets import cut_off_after

BODY_BYTES = 4 * 1024 * 1024  # 10,000 contacts at their longest
BODY_SECONDS = 20.0  # for all of it: 4 MB at 2 Mbit/s; Twilio itself gives up after 15
SMALL_BYTES = 64 * 1024  # every STOP is smaller
MOST_LARGE = 16  # larger ones that a process reads at once, so that strangers cannot fill its memory; a STOP never waits for them
THREADS = 16  # an opt-out waits for two syncs of the disk, each of which serves all who wait
DOOR_THREADS = 3  # while one batch of checks waits for the disk, the next ones are read and decided
MOST_TOGETHER = 32
READER_MILLISECONDS = 30_000  # an answer of which nothing is taken for so long is given up
SWEEP_SECONDS = 0.02

Protocol: TypeAlias = Any  # granian's: () and async iteration give the body, response_* answer, from any thread
Answered: TypeAlias = "asyncio.Future[None]"


class _Request(NamedTuple):
    """A request that was read whole."""

    scope: Scope
    protocol: Protocol
    body: bytes
    answered: Answered


class _RefusedError(Exception):
    """A body that is not taken, with the problem that says why."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.problem = problems.problem(status, code, detail)


class Front:
    """An RSGI app before a WSGI one and its door; `count` is told method and status of what it refuses itself."""

    def __init__(self, app: Wsgi, door: Door, count: Callable[[str, int], None]) -> None:
        self.app = app
        self._door = door
        self._count = count
        self._large = 0
        self._requests: SimpleQueue[_Request] = SimpleQueue()
        self._checks: SimpleQueue[_Request] = SimpleQueue()
        self._answered: deque[Answered] = deque()
        self._sweeping = False
        self._loop: asyncio.AbstractEventLoop

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """In each process, before it serves."""
        self._loop = loop
        loop.call_soon(cut_off_after, READER_MILLISECONDS)  # once it listens
        for work in (self._answer_requests,) * THREADS + (self._answer_checks,) * DOOR_THREADS:
            threading.Thread(target=work, daemon=True).start()

    async def __rsgi__(self, scope: Scope, protocol: Protocol) -> None:
        """One request, from its headers to its answer."""
        header = scope.headers.get("content-length")
        length = int(header) if header else None if "transfer-encoding" in scope.headers else 0
        try:
            body = await self._body(length, protocol)
        except _RefusedError as why:
            self._count(scope.method, why.problem.status_code)
            protocol.response_bytes(*problems.as_answer(why.problem))
            return
        answered = self._loop.create_future()
        (self._checks if is_plain(scope, length) else self._requests).put(_Request(scope, protocol, body, answered))
        self._sweep()
        await answered  # the server takes an end without an answer for a failure

    async def _body(self, length: int | None, protocol: Protocol) -> bytes:
        """The whole body. Raises _RefusedError."""
        if length == 0:
            return b""
        if length is not None and length > BODY_BYTES:
            raise _RefusedError(413, "too_large", TOO_LARGE)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body: bytes = await (protocol() if length and length <= SMALL_BYTES else self._large_body(protocol))
        except TimeoutError as slow:
            raise _RefusedError(408, "too_slow", f"the body did not come within {BODY_SECONDS:.0f} seconds") from slow
        except RuntimeError as gone:  # granian's ProtocolClosed and ProtocolError
            raise _RefusedError(400, "invalid_request", "the body ended too early") from gone
        if length is not None and len(body) < length:
            raise _RefusedError(400, "invalid_request", "the body ended too early")
        return body

    async def _large_body(self, protocol: Protocol) -> bytes:
        """One of some length, or of none declared: read piece by piece, so that it ends at the limit."""
        if self._large >= MOST_LARGE:
            raise _RefusedError(503, "busy", "too many large bodies at once; ask again")
        self._large += 1
        try:
            read = bytearray()
            async for piece in protocol:
                read += piece
                if len(read) > BODY_BYTES:
                    raise _RefusedError(413, "too_large", TOO_LARGE)
        finally:
            self._large -= 1
        return bytes(read)

    def _answer_requests(self) -> None:
        """A thread: one request after the other, by the app."""
        while True:
            it = self._requests.get()
            try:
                self._run(it)
            except Exception as bug:  # the app answers for its own; this one is of this file, or of the server
                it.protocol.response_bytes(*problems.as_answer(problems.of_bug(bug, "")))
            self._done([it])

    def _answer_checks(self) -> None:
        """A thread: all the checks that wait, together, by the door."""
        while True:
            waiting = [self._checks.get()]
            with suppress(Empty):
                while len(waiting) < MOST_TOGETHER:
                    waiting.append(self._checks.get_nowait())
            answers: Sequence[Answer | None]
            try:
                answers = self._door.answers([(it.scope, it.body) for it in waiting])
            except Exception as bug:
                answers = [problems.as_answer(problems.of_bug(bug, ""))] * len(waiting)
            for it, answer in zip(waiting, answers, strict=True):
                if answer:
                    it.protocol.response_bytes(*answer)
                else:
                    self._requests.put(it)
            self._done([it for it, answer in zip(waiting, answers, strict=True) if answer])

    def _run(self, it: _Request) -> None:
        started: list[tuple[int, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], _failure: Any = None) -> None:
            started[:] = [(int(status[:3]), headers)]

        pieces = self.app(environ_of(it.scope, it.body), start)
        try:
            whole = b"" if isinstance(pieces, File) else b"".join(pieces)
            if isinstance(pieces, File):  # read from the disk as fast as the client takes it
                it.protocol.response_file(*started[0], pieces.path)
            else:
                it.protocol.response_bytes(*started[0], whole)
        finally:
            if hasattr(pieces, "close"):
                pieces.close()

    def _done(self, requests: Sequence[_Request]) -> None:
        self._answered.extend(it.answered for it in requests)
        if not self._sweeping:
            self._sweeping = True
            self._loop.call_soon_threadsafe(self._loop.call_later, SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        """Ends the requests whose answers have left: waking the loop for each alone would cost a tenth of the rate."""
        self._sweeping = False
        while self._answered:
            answered = self._answered.popleft()
            if not answered.done():
                answered.set_result(None)


TOO_LARGE = f"a body has at most {BODY_BYTES:,} bytes"
