"""Text files: which encoding, which delimiter, lines of bounded length; CSV, TSV and JSON Lines as tables.

Read as spreadsheets and exports write them, not as a standard says: UTF-8 with or without mark, UTF-16, Windows-1252, also mixed
line by line; comma, semicolon, tab or bar; a header or none. A NUL byte is dropped. What has no end is refused, never kept.
"""

import codecs
import csv
import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import Any, BinaryIO

from suppression.bulk.rows import Row, Table, Unreadable, table
from suppression.wholeness import whole

HEAD = 1 << 16
LONGEST_LINE = 1 << 20  # bytes; a row of a list is a thousandth of it
DELIMITERS = ("\t", ";", "|", ",")  # in this order where several would do: commas stand in texts more often
LOOKED_AT = 20
MARK = "\ufeff"


def read(stream: BinaryIO, is_contact: Callable[[str], bool], tabs: bool = False) -> Table:
    """A text file as a table; `is_contact` tells a first row of data from a header. Raises Unreadable."""
    head = stream.read(HEAD)
    lines = _lines(_as_utf8(head, stream))
    first = list(islice(lines, LOOKED_AT))
    marked = head.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    every = chain(first, lines)
    if next((it for it in first if it.strip()), "").lstrip().startswith("{"):
        return _json_lines(every)
    return _csv(every, "\t" if tabs else delimiter_of(first), is_contact, marked)


def delimiter_of(lines: list[str]) -> str:
    """The delimiter that splits the first line, and by which most lines have as many cells as it; else a comma."""
    widths = {it: [len(row) for row in _parsed(lines, it) if row] for it in DELIMITERS}
    split = [it for it, found in widths.items() if found and found[0] > 1]
    return max(split, key=lambda it: widths[it].count(widths[it][0]), default=",")


def _parsed(lines: list[str], delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return []


def _csv(lines: Iterator[str], delimiter: str, is_contact: Callable[[str], bool], marked: bool) -> Table:
    rows = _csv_rows(lines, delimiter)
    first = next(rows, None)
    if first is None:
        raise Unreadable("the file is empty")
    data = any(is_contact(cell) for cell in first.cells)
    return table(
        "csv", None if data else first.cells, [first] if data else [], rows, delimiter=delimiter, marked=marked
    )


class _Bounded:
    """Lines of which one row may not take more than a line may be long: a row may span lines, but not the whole file."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.left = LONGEST_LINE

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.left -= len(line)
        if self.left < 0:
            raise Unreadable("a row is longer than 1 MB: a quotation mark that is never closed?")
        return line


def _csv_rows(lines: Iterator[str], delimiter: str) -> Iterator[Row]:
    bounded = _Bounded(lines)
    reader = csv.reader(bounded, delimiter=delimiter)
    try:
        for cells in reader:
            bounded.left = LONGEST_LINE
            if any(cells):
                yield Row(reader.line_num, cells)
    except csv.Error as cause:
        raise Unreadable(f"line {reader.line_num}: {cause} (a quotation mark that is never closed?)") from cause


def _json_lines(lines: Iterator[str]) -> Table:
    """The columns are the names of the first object; what is no object is a row without cells."""
    numbered = ((number, _object(line)) for number, line in enumerate(lines, 1) if line.strip())
    start = next(numbered)
    headings = list(start[1])
    rows = (
        Row(number, [_text(it.get(name)) for name in headings] if it else [], it)
        for number, it in chain([start], numbered)
    )
    return table("jsonl", headings, [], rows)


def _object(line: str) -> dict[str, Any]:
    try:
        found = whole(json.loads(line, parse_constant=str))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return ",".join(map(str, value)) if isinstance(value, list) else json.dumps(value, ensure_ascii=False)


def _as_utf8(head: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """The bytes of the file, UTF-16 turned into UTF-8 and lone carriage returns (old Macs) into line ends."""
    chunks: Iterable[bytes] = chain((head,), iter(partial(stream.read, HEAD), b""))
    if wide := _utf_16(head):
        decoder = codecs.getincrementaldecoder(wide)("replace")
        chunks = (decoder.decode(it).encode("utf-8", "replace") for it in chunks)
    if b"\r" in head and b"\n" not in head:
        chunks = (it.replace(b"\r", b"\n") for it in chunks)
    yield from chunks


def _utf_16(head: bytes) -> str:
    """The name of the UTF-16 that a file is in, by its mark or by its many NULs; empty for none."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[:4096:2].count(0), head[1:4096:2].count(0)
    half = max(len(head[:4096]) // 4, 1)
    return "utf-16-le" if odd > half > even else "utf-16-be" if even > half > odd else ""


def _lines(chunks: Iterator[bytes]) -> Iterator[str]:
    number, rest = 0, b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            number += 1
            yield _decoded(line, number)
        if len(rest) > LONGEST_LINE:
            raise Unreadable(f"line {number + 1} is longer than 1 MB: this is no list")
    if rest:
        yield _decoded(rest, number + 1)


def _decoded(line: bytes, number: int) -> str:
    """One line with its end; UTF-8 where it can be, else Windows-1252."""
    if len(line) > LONGEST_LINE:
        raise Unreadable(f"line {number} is longer than 1 MB: this is no list")
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode("cp1252", "replace")
    text = text.removesuffix("\r").replace("\r", " ").replace("\0", "")
    return (text.removeprefix(MARK) if number == 1 else text) + "\n"
