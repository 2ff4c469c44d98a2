"""A whole file checked over HTTP: CSV in, the same rows out, in order, each with its verdict; memory holds one batch.

The body is first kept in an unnamed file on disk, since few clients read an answer while they still send; so a file that cannot be
read is refused before anything is answered. The answer has as many rows as the file; a shorter one was broken off.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from io import StringIO
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import Annotated, Any, BinaryIO, Literal

from flask import Response, request, stream_with_context
from flask_openapi.blueprint import APIBlueprint
from pydantic import Field
from werkzeug.exceptions import UnsupportedMediaType

from suppression.bulk import text
from suppression.bulk.columns import contact_column
from suppression.bulk.opening import digest_of, refuse
from suppression.bulk.rows import Table, Unreadable
from suppression.bulk.scrubbing import ADDED, Tally, added, scrub
from suppression.bulk.writing import csv_put
from suppression.errors import InvalidContact, InvalidRequest, StoplisteError, TooMany
from suppression.records import Channel
from suppression.service import Caller, Service, Terms
from web import guards, reading
from web.api.docs import LINES, described
from web.api.models import Automated, Instant, Name, Region, Strict
from web.api.models import Caller as CallerName
from web.metrics import Metrics

FILE_BYTES = 1024**3  # ten million rows
BATCH = 2_000  # rows: what a machine's key may ask in a second
MOST_OF_A_PERSON = 20_000  # rows in a file sent with an agent's key: what it may ask at once
PATIENCE = 10  # seconds that a scrub waits for its key's limit
CSV = "text/csv; charset=utf-8"
TAKEN = frozenset({"text/csv", "text/plain", "text/tab-separated-values"})
ANSWER = {"description": "the rows, with their verdicts", "content": {"text/csv": {"schema": {"type": "string"}}}}


class ScrubQuery(Strict):
    """What is asked about every row; the column is guessed if not given."""

    column: Name | None = None
    channel: Channel = Channel.VOICE
    brand: Name | None = None
    audience: Literal["consumer", "business"] = "consumer"
    purpose: Name | None = None
    at: Instant | None = None
    source: Annotated[str, Field(max_length=100)] | None = None
    region: Region | None = None
    caller: CallerName | None = None
    automated: Automated = False


@dataclass(frozen=True)
class Job:
    """One file on its way: who sent it, what is asked, its name in the record, its rows."""

    caller: Caller
    by: str
    terms: Terms
    source: str | None
    digest: str
    table: Table
    column: int


def mount(api: APIBlueprint, service: Service, metrics: Metrics) -> None:
    """Adds the route to the API."""

    @api.post("/v1/scrub", **described(query=ScrubQuery, content=LINES, answer=ANSWER))
    def scrub() -> Response:
        """A CSV file in, its rows out with `stopliste_contact`, `stopliste_verdict` and `stopliste_reasons` added."""
        wanted = reading.query(ScrubQuery)
        brand = guards.within_reach(guards.key(), service.brands.named(wanted.brand))
        file = _kept()
        job = _job(service, wanted, brand, file)
        return Response(stream_with_context(_answered(service, metrics, job, file)), content_type=CSV)


def _kept() -> BinaryIO:
    """The body in a file without a name, which is gone when it is closed. Raises UnsupportedMediaType, Unreadable."""
    if request.content_encoding or (request.mimetype and request.mimetype not in TAKEN):
        raise UnsupportedMediaType("send the rows as text/csv, without Content-Encoding")
    request.max_content_length = FILE_BYTES
    file: Any = TemporaryFile()  # noqa: SIM115 -- closed when the answer ends
    copyfileobj(request.stream, file)
    file.seek(0)
    refuse(file.read(4))
    file.seek(0)
    return file  # type: ignore[no-any-return]


def _job(service: Service, wanted: ScrubQuery, brand: str, file: BinaryIO) -> Job:
    is_contact = partial(_is_contact, service, wanted.region)
    digest, key = digest_of(file), guards.key()
    rows = sum(1 for _ in text.read(file, is_contact))  # the whole file once: what cannot be read is told now or never
    if key.role == "agent" and rows > MOST_OF_A_PERSON:
        raise InvalidRequest(f"a person's key checks at most {MOST_OF_A_PERSON:,} rows in one file: use a dialer's")
    file.seek(0)
    table = text.read(file, is_contact)
    if table.format != "csv":
        raise Unreadable("send CSV")
    column = contact_column(table, wanted.column, wanted.channel, is_contact)
    terms = Terms(
        wanted.channel, brand, wanted.audience, wanted.purpose, wanted.at, key.name, wanted.region, caller=wanted.caller,
        automated=wanted.automated,
    )  # fmt: skip
    return Job(guards.caller(), key.name, terms, wanted.source, digest, table, column)


def _answered(service: Service, metrics: Metrics, job: Job, file: BinaryIO) -> Iterator[str]:
    """The answer, batch by batch; the last one leaves only when the file's event is on record."""
    tally, held, noted = Tally(service.now()), _Page(job.table), False
    try:
        for batch in scrub(service, job.table, job.column, job.terms, tally, BATCH):
            _wait_for(service, job.caller, len(batch))
            yield held.taken()
            for row, verdict in batch:
                metrics.verdict(verdict)
                held.put(row, added(verdict))
        _note(service, job, tally)
        noted = True
        yield held.taken()
    finally:
        file.close()
        if tally.rows and not noted:  # the caller went away, or the store did
            with suppress(StoplisteError):
                _note(service, job, tally)


class _Page:
    """CSV text that waits to be sent."""

    def __init__(self, table: Table) -> None:
        self._text = StringIO()
        self.put = csv_put(self._text, table, ADDED, table.delimiter)

    def taken(self) -> str:
        """What was written since the last time."""
        found = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        return found


def _note(service: Service, job: Job, tally: Tally) -> None:
    service.scrubbed(job.digest, job.terms, tally.began, tally.rows, tally.allowed, by=job.by, source=job.source)


def _wait_for(service: Service, caller: Caller, rows: int) -> None:
    """Takes a batch from the key's limit; a machine's fills again in a second."""
    try:
        service.take(caller, rows)
    except TooMany as full:
        if full.retry_after > PATIENCE:
            raise
        time.sleep(full.retry_after)
        _wait_for(service, caller, rows)


def _is_contact(service: Service, region: str | None, cell: str) -> bool:
    try:
        service.contact(cell, region)
    except InvalidContact:
        return False
    return True
