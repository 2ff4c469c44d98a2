"""The way in: a request is read whole, within a limit and a deadline, before a thread is taken for it.

granian hands each request to the event loop of its process (RSGI). A body that stalls or drips costs a few kilobytes there, and is
refused when its time is up; an answer that is read slowly waits in the server. Threads answer, and wait for nobody's line. Plain
checks and STOPs have threads of their own, which take all that wait at once: what else is asked never waits behind them.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, Protocol, TypeAlias

from web import problems
from web.environ import Answer, File, Scope, Wsgi, environ_of
from web.sockets import cut_off_after

BODY_BYTES = 4 * 1024 * 1024  # 10,000 contacts at their longest
BODY_SECONDS = 20.0  # for all of it: 4 MB at 2 Mbit/s; Twilio itself gives up after 15
SMALL_BYTES = 64 * 1024  # every STOP is smaller
MOST_LARGE = 16  # larger ones that a process reads at once, so that strangers cannot fill its memory; a STOP never waits for them
THREADS = 16  # an opt-out waits for two syncs of the disk, each of which serves all who wait
DOOR_THREADS = 2  # of each door: while one batch waits for the disk, the next one is read and decided
MOST_TOGETHER = 32
READER_MILLISECONDS = 30_000  # an answer of which nothing is taken for so long is given up
SWEEP_SECONDS = 0.02
WATCH_SECONDS = 1.0  # between two looks for bodies that are late: cheaper than a timer for each

Line: TypeAlias = Any  # granian's protocol: () and async iteration give the body, response_* answer, from any thread
Answered: TypeAlias = "asyncio.Future[None]"


class _Request(NamedTuple):
    """A request that was read whole."""

    scope: Scope
    protocol: Line
    body: bytes
    answered: Answered


class Door(Protocol):
    """Answers plain requests of one path, all that wait at once, past the app."""

    def takes(self, scope: Scope, length: int | None) -> bool:
        """Whether a request looks plain, as far as its head tells."""

    def answers(self, requests: Sequence[tuple[Scope, bytes]]) -> Sequence[Answer | None]:
        """The answer to each, in order; None where the app must look at it, because nothing was done."""


class _Room(NamedTuple):
    """A door, and who waits at it."""

    door: Door
    waiting: SimpleQueue[_Request]


class _RefusedError(Exception):
    """A body that is not taken, with the problem that says why."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.problem = problems.problem(status, code, detail)


class Front:
    """An RSGI app before a WSGI one and its doors by their paths; `count` is told method and status of what it refuses itself."""

    def __init__(self, app: Wsgi, doors: Mapping[str, Door], count: Callable[[str, int], None]) -> None:
        self.app = app
        self._rooms = {path: _Room(door, SimpleQueue()) for path, door in doors.items()}
        self._count = count
        self._large = 0
        self._requests: SimpleQueue[_Request] = SimpleQueue()
        self._reading: dict[asyncio.Task[Any], float] = {}  # who still sends a body, and since when; the oldest first
        self._answered: deque[Answered] = deque()
        self._sweeping = False
        self._loop: asyncio.AbstractEventLoop

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """In each process, before it serves."""
        self._loop = loop
        loop.call_soon(cut_off_after, READER_MILLISECONDS)  # once it listens
        loop.call_later(WATCH_SECONDS, self._watch)
        works: list[Callable[[], None]] = [self._answer_requests] * THREADS
        works += [partial(self._answer_together, it) for it in self._rooms.values()] * DOOR_THREADS
        for work in works:
            threading.Thread(target=work, daemon=True).start()

    async def __rsgi__(self, scope: Scope, protocol: Line) -> None:
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
        room = self._rooms.get(scope.path)
        plain = room is not None and room.door.takes(scope, length)
        (room.waiting if room and plain else self._requests).put(_Request(scope, protocol, body, answered))
        self._end_answered()
        await answered  # the server takes an end without an answer for a failure

    async def _body(self, length: int | None, protocol: Line) -> bytes:
        """The whole body. Raises _RefusedError."""
        if length == 0:
            return b""
        if length is not None and length > BODY_BYTES:
            raise _RefusedError(413, "too_large", TOO_LARGE)
        task: Any = asyncio.current_task(self._loop)
        self._reading[task] = self._loop.time()
        try:
            body: bytes = await (protocol() if length and length <= SMALL_BYTES else self._large_body(protocol))
        except asyncio.CancelledError as slow:
            if task in self._reading:
                raise  # the server stops
            task.uncancel()
            raise _RefusedError(408, "too_slow", f"the body did not come within {BODY_SECONDS:.0f} seconds") from slow
        except RuntimeError as gone:  # granian's ProtocolClosed and ProtocolError
            raise _RefusedError(400, "invalid_request", "the body ended too early") from gone
        finally:
            self._reading.pop(task, None)
        if length is not None and len(body) < length:
            raise _RefusedError(400, "invalid_request", "the body ended too early")
        return body

    def _watch(self) -> None:
        """Gives up the bodies that are late."""
        late = self._loop.time() - BODY_SECONDS
        for task in [it for it, since in self._reading.items() if since < late]:
            del self._reading[task]
            task.cancel()
        self._loop.call_later(WATCH_SECONDS, self._watch)

    async def _large_body(self, protocol: Line) -> bytes:
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

    def _answer_together(self, room: _Room) -> None:
        """A thread: all the requests that wait at a door, together."""
        while True:
            waiting = [room.waiting.get()]
            with suppress(Empty):
                while len(waiting) < MOST_TOGETHER:
                    waiting.append(room.waiting.get_nowait())
            answers: Sequence[Answer | None]
            try:
                answers = room.door.answers([(it.scope, it.body) for it in waiting])
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
        self._sweeping = False
        self._end_answered()

    def _end_answered(self) -> None:
        """Ends the requests whose answers have left: waking the loop for each alone would cost a tenth of the rate."""
        while self._answered:
            answered = self._answered.popleft()
            if not answered.done():
                answered.set_result(None)


TOO_LARGE = f"a body has at most {BODY_BYTES:,} bytes"
