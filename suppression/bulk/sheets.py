"""XLSX: the first sheet, its rows as text. A workbook is a zip archive and is unpacked whole, so its size is bounded beforehand."""

import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from suppression.bulk.rows import Row, Table, Unreadable, table

MOST_UNPACKED = 200 * 1024 * 1024  # bytes of XML: about a million rows of three columns
MOST_PARTS = 2_000
CHUNK = 1 << 20


def read(path: Path, is_contact: Callable[[str], bool]) -> Table:
    """The first sheet of a workbook as a table. Raises Unreadable."""
    _refuse_bomb(path)
    rows = _rows(path)
    first = next(rows, None)
    if first is None:
        raise Unreadable("the first sheet is empty")
    data = any(is_contact(cell) for cell in first.cells)
    return table("xlsx", None if data else first.cells, [first] if data else [], rows)


def _rows(path: Path) -> Iterator[Row]:
    try:
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
        for line, cells in enumerate(sheet.iter_rows(), 1):
            texts = [_text(it) for it in cells]
            if any(texts):
                yield Row(line, texts)
    except (CalamineError, ValueError, IndexError) as cause:
        raise Unreadable(f"the workbook cannot be read: {cause}") from cause


def _text(value: Any) -> str:
    """A cell as people see it: a phone number kept as a number has neither a point nor an exponent."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def _refuse_bomb(path: Path) -> None:
    """Unpacks every part once, counting: a size that a header only claims is not believed."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(it.file_size for it in parts) > MOST_UNPACKED:
                raise Unreadable("the workbook is too large when unpacked: save it as CSV")
            for part in parts:
                _unpack(archive, part)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as cause:
        raise Unreadable("the workbook is damaged, or no workbook") from cause


def _unpack(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    with archive.open(part) as file:
        while file.read(CHUNK):
            pass
