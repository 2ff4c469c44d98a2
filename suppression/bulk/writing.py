"""Rows into a file, in the form that its name asks for; it takes its name only once it is whole."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import xlsxwriter

from suppression.bulk.rows import Row, Table, Unreadable

Put = Callable[[Row, Sequence[str]], None]
MOST_ROWS, LONGEST_CELL = 1_048_576, 32_767  # of a sheet


@contextmanager
def sink(path: Path | None, table: Table, added: Sequence[str] = ()) -> Iterator[Put]:
    """Gives what puts a row, with its added cells, into the file; into none where no path is given.

    The form follows the name (.csv, .tsv, .jsonl, .xlsx), else the table's own. The file is readable by its owner alone.
    """
    if path is None:
        yield lambda _row, _added: None
        return
    draft = path.with_name(f".{path.name}.partial")
    try:
        with ExitStack() as stack:
            yield _WRITERS[_form(path, table)](draft, table, added, stack)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _form(path: Path, table: Table) -> str:
    known = {
        ".csv": "csv",
        ".txt": "csv",
        ".tsv": "csv",
        ".tab": "csv",
        ".jsonl": "jsonl",
        ".ndjson": "jsonl",
        ".xlsx": "xlsx",
    }
    found = known.get(path.suffix.lower(), table.format)
    if path.suffix.lower() == ".parquet":
        raise Unreadable("Parquet is not written: name the file .csv, .tsv, .xlsx or .jsonl")
    return found


def _opened(draft: Path, table: Table, stack: ExitStack) -> IO[str]:
    draft.touch(0o600)
    return stack.enter_context(draft.open("w", encoding="utf-8-sig" if table.marked else "utf-8", newline=""))


def _csv(draft: Path, table: Table, added: Sequence[str], stack: ExitStack) -> Put:
    tabs = draft.name.removesuffix(".partial").lower().endswith((".tsv", ".tab"))
    file = _opened(draft, table, stack)
    return csv_put(file, table, added, "\t" if tabs else table.delimiter)


def csv_put(file: IO[str], table: Table, added: Sequence[str], delimiter: str) -> Put:
    """Writes the header, if the table had one, and gives what writes rows (see `_Fitted`)."""
    writer, fitted = csv.writer(file, delimiter=delimiter, lineterminator="\n"), _Fitted(table, added)
    if table.headed:
        writer.writerow(fitted.headings)
    return lambda row, more: writer.writerow(fitted.cells(row, more))


class _Fitted:
    """Rows as wide as their header wherever something is added: else a row with cells to spare could put its own `allow` there.

    Columns that an earlier scrub added are left out, so that a verdict stands in a file once.
    """

    def __init__(self, table: Table, added: Sequence[str]) -> None:
        self._width = len(table.headings)
        self._kept = [n for n, name in enumerate(table.headings) if name not in added]
        self.headings = [*(table.headings[n] for n in self._kept), *added]

    def cells(self, row: Row, more: Sequence[str]) -> list[str]:
        """The cells of one row: short ones filled up, what is beyond the header joined to the last cell."""
        if not more:
            return row.cells
        last = max(self._width - 1, 0)
        spare = " ".join(row.cells[last:]) if len(row.cells) > self._width else row.cell(last)
        return [*(spare if n == last else row.cells[n] if n < len(row.cells) else "" for n in self._kept), *more]


def _jsonl(draft: Path, table: Table, added: Sequence[str], stack: ExitStack) -> Put:
    file = _opened(draft, table, stack)

    def put(row: Row, more: Sequence[str]) -> None:
        whole: dict[str, Any] = (
            row.whole if row.whole is not None else dict(zip(table.headings, row.cells, strict=False))
        )
        told = {**whole, **dict(zip(added, more, strict=False))}
        file.write(json.dumps(told, ensure_ascii=False) + "\n")

    return put


def _xlsx(draft: Path, table: Table, added: Sequence[str], stack: ExitStack) -> Put:
    draft.touch(0o600)
    book = stack.enter_context(xlsxwriter.Workbook(draft, {"constant_memory": True, "strings_to_formulas": False}))
    sheet, fitted, lines = book.add_worksheet(), _Fitted(table, added), iter(range(MOST_ROWS))

    def write(cells: Sequence[str]) -> None:
        line = next(lines, None)
        if line is None:
            raise Unreadable("a sheet has at most 1,048,576 rows: name the file .csv")
        for column, cell in enumerate(cells):
            sheet.write_string(line, column, cell[:LONGEST_CELL])

    if table.headed:
        write(fitted.headings)
    return lambda row, more: write(fitted.cells(row, more))


_WRITERS: dict[str, Callable[[Path, Table, Sequence[str], ExitStack], Put]] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "xlsx": _xlsx,
}
