"""Opt-outs and blocks into a file that `import` takes in again: CSV or JSON Lines, numbers readable."""

from pathlib import Path

from suppression.bulk.rows import Row, Table, Unreadable
from suppression.bulk.writing import sink
from suppression.service import Service

HEADINGS = ("contact", "list", "brand", "channels", "since", "until", "via", "reason")
FORMULA = ("=", "@", "\t")  # with these a spreadsheet takes a text of others for a formula


def export(service: Service, path: Path) -> int:
    """Writes every opt-out and block in force, and says how many. Raises StoreUnavailable, Unreadable for another form."""
    if path.suffix.lower() not in (".csv", ".jsonl", ".ndjson"):
        raise Unreadable("an export is .csv or .jsonl")
    count, table = 0, Table("csv", HEADINGS, (), iter(()))
    with sink(path, table) as put:
        for count, it in enumerate(service.suppressions(), 1):
            until = it.until.isoformat() if it.until else ""
            channels = ",".join(sorted(it.channels))
            reason = f"'{it.reason}" if it.reason.startswith(FORMULA) else it.reason
            put(Row(count, [it.contact, it.list, it.brand, channels, it.since.isoformat(), until, it.via, reason]), ())
    return count
