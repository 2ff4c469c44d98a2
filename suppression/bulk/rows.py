"""A table as every format gives it: headings, and rows one after the other, each with the line that people find it on."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Literal

from suppression.errors import InvalidRequest

Format = Literal["csv", "jsonl", "xlsx"]
SAMPLE = 50  # rows looked at to find out what the columns hold


class Unreadable(InvalidRequest):
    """The file is of no form that is read here, or is damaged, or too large for its form."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ({"field": "file", "problem": message},))


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file (from 1), its cells as text, and of JSON Lines the whole object."""

    line: int
    cells: list[str]
    whole: dict[str, Any] | None = None

    def cell(self, position: int | None) -> str:
        """The cell at a position, stripped; empty where there is none."""
        return self.cells[position].strip() if position is not None and position < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class Table:
    """A file being read. `headed` is false where the first row was data already; the headings are then numbers.

    `marked`: it began with a byte order mark, which spreadsheets want to see again.
    """

    format: Format
    headings: tuple[str, ...]
    sample: tuple[Row, ...]
    rows: Iterator[Row]
    headed: bool = True
    delimiter: str = ","
    marked: bool = False

    def __iter__(self) -> Iterator[Row]:
        return chain(self.sample, self.rows)


def table(  # noqa: PLR0913 -- what there is to say of a file
    format_: Format, headings: list[str] | None, first: list[Row], rows: Iterator[Row], *, delimiter: str = ",",
    marked: bool = False,
) -> Table:  # fmt: skip
    """A table whose first rows are looked at already; without headings its columns are numbered from 1."""
    sample = (*first, *islice(rows, SAMPLE))
    width = max((len(it.cells) for it in sample), default=0)
    names = tuple(headings) if headings is not None else tuple(str(n) for n in range(1, width + 1))
    return Table(format_, names, sample, rows, headings is not None, delimiter, marked)
