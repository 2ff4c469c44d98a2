"""A whole file checked: ten thousand rows at a time are decided on what is on file, and the file leaves one event."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from suppression.bulk.rows import Row, Table
from suppression.records import Verdict
from suppression.service import Service, Terms

BATCH = 10_000
ADDED = ("stopliste_contact", "stopliste_verdict", "stopliste_reasons")


@dataclass
class Tally:
    """How it came out: rows, how many may be contacted, and how many rows each reason concerns."""

    began: datetime
    rows: int = 0
    allowed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def count(self, verdict: Verdict) -> None:
        """Adds one row."""
        self.rows += 1
        self.allowed += verdict.allowed
        self.reasons.update(it.code for it in verdict.reasons)


def scrub(  # noqa: PLR0913 -- the parts of a scrub
    service: Service, table: Table, column: int, terms: Terms, tally: Tally, size: int = BATCH
) -> Iterator[list[tuple[Row, Verdict]]]:
    """The rows in order, each with its verdict, in batches; memory holds one batch. Raises StoreUnavailable, Unreadable."""
    rows = iter(table)
    while batch := list(islice(rows, size)):
        verdicts = service.scrub([it.cell(column) for it in batch], terms)
        for verdict in verdicts:
            tally.count(verdict)
        yield list(zip(batch, verdicts, strict=True))


def added(verdict: Verdict) -> tuple[str, str, str]:
    """What is added to a row: the contact as it was read, the verdict, the codes of its reasons or the basis."""
    told = ",".join(it.code for it in verdict.reasons) if verdict.reasons else str(verdict.basis)
    contact = "" if any(it.code == "invalid_contact" for it in verdict.reasons) else str(verdict.question.contact)
    return contact, verdict.verdict, told
