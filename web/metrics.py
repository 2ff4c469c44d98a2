"""What is counted, for Prometheus: requests, verdicts, opt-outs, errors of the store; never a word of whom it was about.

The processes of one server count into files of one directory, made anew at each start (`web.serve`); without it, as in tests,
each app counts for itself.
"""

import os
from ipaddress import ip_address

from flask import Blueprint, Request, Response, request
from prometheus_client import CollectorRegistry, Counter, generate_latest, values
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

from suppression.errors import Forbidden, StoplisteError
from suppression.records import Channel, Verdict
from suppression.service import Service

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
# `via` is free text of the caller's: what is not one of these is counted as `other`, so that no text becomes a label.
KNOWN_WAYS = frozenset({*map(str, Channel), "api", "twilio", "unsubscribe", "console", "import", "web"})
STORE_ERRORS = frozenset({"store_unavailable", "store_refused", "contended", "archive_unavailable", "ledger_broken"})
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via")


def count_in(directory: str) -> None:
    """Names the directory for this process and those that it starts."""
    os.environ[DIRECTORY] = directory


def count_together() -> None:
    """From now on the counters of this process are files of that directory; the library looks for it at import, too early."""
    if os.environ.get(DIRECTORY):
        values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


class Metrics:
    """The counters of one app."""

    def __init__(self) -> None:
        self._own = CollectorRegistry()
        self._requests = self._counter("requests", "Requests by route and status", "route", "method", "status")
        self._verdicts = self._counter("verdicts", "Verdicts; a deny counts once for each reason", "verdict", "reason")
        self._opt_outs = self._counter("opt_outs", "Opt-outs taken by the API, by how they were said", "via")
        self._store_errors = self._counter("store_errors", "Requests that the store could not serve", "code")

    def request(self, route: str, method: str, status: int) -> None:
        """Counts one answered request."""
        self._requests.labels(route, method, str(status)).inc()

    def verdict(self, it: Verdict) -> None:
        """Counts one verdict."""
        for reason in [one.code for one in it.reasons] or [str(it.basis)]:
            self._verdicts.labels(it.verdict, reason).inc()

    def opt_out(self, via: str) -> None:
        """Counts one opt-out."""
        self._opt_outs.labels(via if via in KNOWN_WAYS else "other").inc()

    def error(self, code: str) -> None:
        """Counts an error, if it is one of the store's."""
        if code in STORE_ERRORS:
            self._store_errors.labels(code).inc()

    def answered(self, response: Response) -> Response:
        """As an `after_request`: counts what Flask answered, by the name of the route, never by its path."""
        method = request.method if request.method in METHODS else "other"
        self.request(request.endpoint or "none", method, response.status_code)
        return response

    def shown(self) -> bytes:
        """All of it, in Prometheus's own text."""
        if not os.environ.get(DIRECTORY):
            return generate_latest(self._own)
        every = CollectorRegistry()
        MultiProcessCollector(every)  # type: ignore[no-untyped-call]
        return generate_latest(every)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"stopliste_{name}", about, labels, registry=self._own)


def blueprint(metrics: Metrics, service: Service) -> Blueprint:
    """`/metrics`, for this machine only."""
    page = Blueprint("metrics", __name__)
    page.before_request(local_only)

    @page.get("/metrics")
    def shown() -> Response:
        """The counters, and how many events of each type the ledger holds."""
        return Response(metrics.shown() + _events(service), content_type=CONTENT_TYPE_LATEST)

    return page


def local_only() -> None:
    """A `before_request` for what only this machine may read. Raises Forbidden."""
    if not is_local(request):
        raise Forbidden("this is answered on this machine only")


def is_local(asked: Request) -> bool:
    """Whether a request comes from this very machine, and through no proxy."""
    try:
        near = ip_address(asked.remote_addr or "").is_loopback
    except ValueError:
        return False
    return near and not any(it in asked.headers for it in FORWARDED)


def _events(service: Service) -> bytes:
    """How many events of each type; nothing while the store is away, when the other counters matter most."""
    try:
        counts = service.stats()
    except StoplisteError:
        return b""
    lines = ["# HELP stopliste_events Events in the ledger, by type", "# TYPE stopliste_events gauge"]
    lines += [f'stopliste_events{{type="{name}"}} {number}' for name, number in sorted(counts.items())]
    return ("\n".join(lines) + "\n").encode()
