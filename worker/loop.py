"""Round after round: STOPs that only the journal has are recorded, doubtful messages decided by time, the record sealed."""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from suppression.errors import StoplisteError
from suppression.service import Service
from suppression.service.retention import TURN_SECONDS

TICK_SECONDS = 5.0
CLOCK = "72 hours"  # who decided, where nobody did

log = structlog.get_logger()


def decide_overdue(service: Service) -> None:
    """Reviews that nobody decided in time."""
    for review in service.reviews(overdue_only=True):
        service.decide_review(str(review["id"]), "stop", CLOCK)


@dataclass(frozen=True, slots=True)
class Round:
    """Something done every so many seconds; if it fails it is tried again in its next round, nothing is lost by it."""

    name: str
    seconds: float
    work: Callable[[Service], object]


ROUNDS = (
    Round("journal", TICK_SECONDS, Service.drain),
    Round("reviews", TICK_SECONDS, decide_overdue),
    Round("seal", 60.0, Service.seal),
    Round("archive", 3600.0, Service.archive_old),
    Round("journal rows", 3600.0, Service.prune_journal),
    Round("purge", TURN_SECONDS, Service.purge_turn),  # one partition at a time, each once a day
)


def run_worker(service: Service) -> None:
    """Works until SIGTERM or SIGINT."""
    stop = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: stop.set())
    due = {it.name: 0.0 for it in ROUNDS}
    while not stop.wait(TICK_SECONDS):
        tick(service, due, time.monotonic(), stop.is_set)


def tick(service: Service, due: dict[str, float], now: float, is_over: Callable[[], bool] = lambda: False) -> None:
    """Does every round that is due, and notes in `due` when it is next; begins none once it `is_over`."""
    for one in ROUNDS:
        if due[one.name] <= now and not is_over():
            due[one.name] = now + one.seconds
            _try(one, service)


def _try(one: Round, service: Service) -> None:
    try:
        one.work(service)
    except StoplisteError as why:
        log.warning("round_failed", round=one.name, code=why.code)
