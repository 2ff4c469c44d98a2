"""Opens a file as a table, by what it holds rather than by its name; says plainly which forms are not read."""

import hashlib
from functools import partial
from pathlib import Path
from typing import BinaryIO

from suppression.bulk import sheets, text
from suppression.bulk.rows import Table, Unreadable
from suppression.contact import parse
from suppression.errors import InvalidContact

# How files begin that are not read, and what to do about it.
REFUSED = {
    b"PAR1": "Parquet is not read: write the file as CSV or JSON Lines",
    b"\xd0\xcf\x11\xe0": "this is a workbook of the old form (.xls): save it as .xlsx or CSV",
    b"\x1f\x8b": "the file is compressed: unpack it first",
    b"%PDF": "this is a PDF: a list is read from CSV, TSV, XLSX or JSON Lines",
}
WORKBOOK = b"PK\x03\x04"


def open_table(path: Path, file: BinaryIO, region: str) -> Table:
    """A file, open for reading, as a table; nationally written numbers are of `region`. Raises Unreadable."""
    head = file.read(4)
    file.seek(0)
    refuse(head)
    if head == WORKBOOK:
        return sheets.read(path, partial(is_contact, region))
    return text.read(file, partial(is_contact, region), tabs=path.suffix.lower() in (".tsv", ".tab"))


def refuse(head: bytes) -> None:
    """Raises Unreadable for a file that begins as one of those that are not read."""
    for start, why in REFUSED.items():
        if head.startswith(start):
            raise Unreadable(why)


def is_contact(region: str, cell: str) -> bool:
    """Whether a cell can be read as a contact."""
    try:
        parse(cell, region)
    except InvalidContact:
        return False
    return True


def digest_of(file: BinaryIO) -> str:
    """The SHA-256 of a whole file, which is then at its beginning again: it names the file in the ledger."""
    found = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.seek(0)
    return found
