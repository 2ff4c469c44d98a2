"""Once a round: doubtful messages that nobody decided in time count as stops."""

import signal
import threading

import structlog

from suppression.errors import StoplisteError
from suppression.service import Service

ROUND_SECONDS = 5.0
CLOCK = "72 hours"  # who decided, where nobody did

log = structlog.get_logger()


def run_worker(service: Service) -> None:
    """Works until SIGTERM or SIGINT; a round that fails is tried again, nothing is lost by it."""
    stop = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: stop.set())
    while not stop.wait(ROUND_SECONDS):
        try:
            one_round(service)
        except StoplisteError as why:
            log.warning("round_failed", code=why.code)


def one_round(service: Service) -> None:
    """Everything that is due now."""
    for review in service.reviews(overdue_only=True):
        service.decide_review(str(review["id"]), "stop", CLOCK)
