"""Workbooks as an attacker makes them: a good one, its bytes changed, or its parts changed and packed again as if nothing were."""

import io
import zipfile
from datetime import datetime
from functools import cache

import xlsxwriter
from hypothesis import strategies as st

PACKED = st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
XML = st.sampled_from([
    b"<row r='1048577'><c r='XFE1'><v>1</v></c></row>", b"<c t='s'><v>99999999</v></c>", b"<c t='s'><v>-1</v></c>", b"<c t='d'><v>x</v></c>",
    b"<c r='A0'/>", b"<c r=''/>", b"<dimension ref='A1:XFD1048576'/>", b"<dimension ref='B2:A1'/>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;",
    b"&#xD800;", b"&#0;", b"<v>1e400</v>", b"<v>NaN</v>", b"<c t='e'><v>#REF!</v></c>", b"<f>1+1</f>", b"]]>", b"<", b">", b"'", b"\xff", b"\0",
    b"<mergeCell ref='A1:XFD9'/>", b"s='4294967295'", b"r='A99999999999'", b"<si><t>x</t></si>", b"count='-1'", b"<sheet/>",
])  # fmt: skip
CHANGE = st.tuples(st.integers(0, 2**32), st.integers(0, 12), XML | st.binary(max_size=8))


@cache
def good() -> bytes:
    """A workbook with texts, numbers, a date, a truth and a formula."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for line, cells in enumerate(
            [("phone", "date", "x"), ("+33639980001", 46000.5, True), (33639980002, "", "=1+1"), ("é 😀", 1e300, -0.0)]
        ):
            sheet.write_row(line, 0, cells)
        sheet.write_datetime(4, 1, datetime.fromisoformat("2026-01-01"), book.add_format({"num_format": "dd/mm/yyyy"}))
    return file.getvalue()


def changed(raw: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    """The same bytes with a few of them replaced."""
    for place, length, new in changes:
        start = place % (len(raw) + 1)
        raw = raw[:start] + new + raw[start + length :]
    return raw


def packed_again(changes: list[tuple[int, int, bytes]], which: list[int], how: int) -> bytes:
    """The good workbook with some of its parts changed, its checksums right."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good())) as old, zipfile.ZipFile(file, "w", how) as new:
        for number, part in enumerate(old.namelist()):
            content = old.read(part)
            new.writestr(part, changed(content, changes) if number in which else content)
    return file.getvalue()


def workbooks() -> st.SearchStrategy[bytes]:
    """Damaged outside, or damaged inside."""
    outside = st.builds(changed, st.builds(good), st.lists(CHANGE, min_size=1, max_size=4))
    inside = st.builds(
        packed_again,
        st.lists(CHANGE, min_size=1, max_size=4),
        st.lists(st.integers(0, 12), min_size=1, max_size=3),
        PACKED,
    )
    return outside | inside | inside
