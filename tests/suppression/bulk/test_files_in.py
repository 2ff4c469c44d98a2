"""Files as people send them, and as nobody should: encodings, delimiters, headers, and what has no end."""

import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import xlsxwriter

from suppression.bulk import sheets, text
from suppression.bulk.columns import contact_column
from suppression.bulk.opening import is_contact, open_table
from suppression.bulk.rows import Table, Unreadable

FRENCH = partial(is_contact, "FR")
LIST = "nom,téléphone\nÉlodie,0639980001\nJosé,+33 6 39 98 00 02\n"
ROWS = [["Élodie", "0639980001"], ["José", "+33 6 39 98 00 02"]]


def read(content: bytes) -> Table:
    return text.read(io.BytesIO(content), FRENCH)


def cells(content: bytes) -> list[list[str]]:
    return [it.cells for it in read(content)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])  # the last: old Macs
def test_every_encoding_gives_the_same_rows(encoding: str, end: str) -> None:
    content = LIST.replace("\n", end).encode(encoding)
    assert (read(content).headings, cells(content)) == (("nom", "téléphone"), ROWS)


def test_two_encodings_in_one_file_are_read_line_by_line() -> None:
    assert cells("nom,tel\nÉlodie,0639980001\n".encode() + "José,0639980002\n".encode("cp1252"))[1][0] == "José"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    assert cells(LIST.replace(",", delimiter).encode()) == ROWS


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ("nom;tel\nDupont, Jean;0639980001\nDurand, Ann;0639980002\n", ";"),  # commas in the names
        ("tel\n0639980001\n", ","),  # one column
        ("nom,tel,note\na,0639980001,x;y\nb,0639980002,z\n", ","),
        ('nom;tel\n"a;b";0639980001\n', ";"),
    ],
)
def test_an_odd_delimiter_is_found_as_well(content: str, delimiter: str) -> None:
    assert read(content.encode()).delimiter == delimiter


def test_without_a_header_no_row_is_lost() -> None:
    table = read(b"0639980001;Lyon\n0639980002;Nice\n")
    assert (table.headed, table.headings, [it.cells[0] for it in table]) == (
        False,
        ("1", "2"),
        ["0639980001", "0639980002"],
    )


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    table = read(b'tel,note\n0639980001,"two\nlines"\n\n0639980002,x\n')
    assert [(it.line, it.cell(0)) for it in table] == [(3, "0639980001"), (5, "0639980002")]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"tel\n06\x0039980001\n", [["0639980001"]]),  # NUL bytes
        (
            b"tel,nom\n0639980001\n0639980002,b,c,d\n",
            [["0639980001"], ["0639980002", "b", "c", "d"]],
        ),  # short and long rows
        (b"tel\n\n\n0639980001", [["0639980001"]]),  # blank lines, no last line end
        (b"tel\n\x81\x8d\n", None),  # bytes that Windows-1252 does not have
        (b"a,b\n" + b"," * 100_000 + b"\n", []),  # nothing but delimiters
    ],
)
def test_odd_content_is_taken_as_it_comes(content: bytes, found: list[list[str]] | None) -> None:
    rows = cells(content)
    assert found is None or rows == found


def endless(start: bytes, more: bytes, thousands: int = 400) -> Iterator[bytes]:
    yield start
    for _ in range(thousands):
        yield more * 1000


class Stream(io.RawIOBase):
    """A file that would take more memory than anybody has, if it were kept."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    def read(self, size: int = -1) -> bytes:
        return next(self._chunks, b"")


@pytest.mark.parametrize(
    ("start", "more", "why"),
    [
        (b"tel\n", b"0" * 1000, "longer than 1 MB"),  # one line without an end
        (b'tel\n"', b"0639980001\n", "never closed"),  # a quotation mark without an end
        (b"tel\n", b'"a\n",', "never closed"),  # each cell closed, the row never
        (b'{"tel": "', b"0" * 1000, "longer than 1 MB"),
        (b"\xff\xfet\0e\0l\0", b"0\0" * 500, "longer than 1 MB"),
    ],
)
def test_what_has_no_end_is_refused_within_bounded_memory(start: bytes, more: bytes, why: str) -> None:
    tracemalloc.start()
    with pytest.raises(Unreadable, match=why):
        list(text.read(Stream(endless(start, more)), FRENCH))  # type: ignore[arg-type]
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert highest < 50_000_000


def test_memory_does_not_grow_with_the_file() -> None:
    tracemalloc.start()
    rows = sum(1 for _ in text.read(Stream(endless(b"tel,nom\n", b"0639980001,x\n", 60)), FRENCH))  # type: ignore[arg-type]
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (rows, highest < 5_000_000) == (60_000, True)


def test_an_empty_file_is_told() -> None:
    for content in (b"", b"\n\n", b"\xef\xbb\xbf"):
        with pytest.raises(Unreadable, match="empty"):
            read(content)


def test_json_lines_have_the_columns_of_their_first_object() -> None:
    table = read(
        b'{"tel": 639980001, "tags": ["a", "b"], "x": null}\n\nnot json\n["a"]\n{"tel": "0639980002", "more": 1}\n'
    )
    assert (table.format, table.headings) == ("jsonl", ("tel", "tags", "x"))
    assert [(it.line, it.cells) for it in table] == [
        (1, ["639980001", "a,b", ""]), (3, []), (4, []), (5, ["0639980002", "", ""])
    ]  # fmt: skip


# ---- workbooks


def workbook(path: Path, rows: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate(rows):
            sheet.write_row(line, 0, row)
    return path


def opened(path: Path) -> Table:
    with path.open("rb") as file:
        table = open_table(path, file, "FR")
        return Table(table.format, table.headings, tuple(table), iter(()), table.headed)


def test_a_workbook_is_a_table_whose_numbers_have_no_point(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["tel", "n"], [33639980001, 1.5], ["", ""], ["0639980002", True]])
    table = opened(path)
    assert (table.headings, [(it.line, it.cells) for it in table]) == (
        ("tel", "n"),
        [(2, ["33639980001", "1.5"]), (4, ["0639980002", "True"])],
    )


def test_a_file_is_known_by_what_it_holds_not_by_its_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.csv", [["tel"], ["0639980001"]])
    assert opened(path).format == "xlsx"


@pytest.mark.parametrize(
    ("start", "why"),
    [
        (b"PAR1....", "Parquet is not read"),
        (b"\xd0\xcf\x11\xe0....", ".xls"),
        (b"\x1f\x8b...", "compressed"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_what_is_not_read_is_said_plainly(tmp_path: Path, start: bytes, why: str) -> None:
    (tmp_path / "a.csv").write_bytes(start)
    with pytest.raises(Unreadable, match=why):
        opened(tmp_path / "a.csv")


def bomb(path: Path, megabytes: int) -> Path:
    workbook(path, [["tel"], ["0639980001"]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/x.bin", "w") as part:
        for _ in range(megabytes):
            part.write(bytes(1 << 20))
    return path


def test_a_zip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bomb(tmp_path / "a.xlsx", 201)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(Unreadable, match="too large"):
        opened(path)
    monkeypatch.setattr(sheets, "MOST_PARTS", 3)
    with pytest.raises(Unreadable, match="too large"):
        opened(workbook(tmp_path / "b.xlsx", [["tel"]]))


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = bomb(tmp_path / "a.xlsx", 201)
    content = path.read_bytes()
    size, lie = (201 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert size in content
    path.write_bytes(content.replace(size, lie))
    with pytest.raises(Unreadable, match="damaged"):
        opened(path)


@pytest.mark.parametrize("damage", ["cut", "no sheets", "broken sheet"])
def test_a_damaged_workbook_is_refused(tmp_path: Path, damage: str) -> None:
    path = workbook(tmp_path / "a.xlsx", [["tel"], ["0639980001"]])
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    else:
        other = tmp_path / "b.xlsx"
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w") as new:
            for name in old.namelist():
                if damage == "no sheets" and "sheet" in name:
                    continue
                new.writestr(name, b"<x" if "sheet1.xml" in name else old.read(name))
        path = other
    with pytest.raises(Unreadable):
        opened(path)


# ---- columns


@pytest.mark.parametrize(
    ("headings", "row", "channel", "column"),
    [
        ("nom,téléphone,ville", "a,0639980001,Lyon", "voice", 1),
        ("id,Phone Number", "0639980009,0639980001", "voice", 1),  # the id looks like a number as well
        ("Numéro client,Tél. portable", "612345678,0639980001", "voice", 1),
        ("numéro,nom", "0639980001,a", "voice", 0),
        ("email,mobile", "a@example.org,0639980001", "voice", 1),
        ("email,mobile", "a@example.org,0639980001", "email", 0),
        ("mobile,E-mail", "0639980001,a@example.org", "email", 1),
        ("mobile,téléphone", ",0639980001", "voice", 1),  # the first is empty
        ("a,b", "x,0639980001", "voice", 1),  # by what stands in it
        ("contact,note", "0639980001,call 0639980002", "voice", 0),
        ("téléphone,nom", "nobody,a", "voice", 0),  # by its name alone
    ],
)
def test_the_column_of_the_contacts_is_found(headings: str, row: str, channel: str, column: int) -> None:
    assert contact_column(read(f"{headings}\n{row}\n".encode()), None, channel, FRENCH) == column


def test_the_column_wanted_is_taken_and_an_unknown_one_told() -> None:
    table = read(b"nom,tel,Fax\na,0639980001,0139980001\n")
    assert [contact_column(table, it, "voice", FRENCH) for it in ("fax", "3", "TEL")] == [2, 2, 1]
    for wanted in ("4", "0", "mail"):
        with pytest.raises(Unreadable, match="nom, tel, Fax"):
            contact_column(table, wanted, "voice", FRENCH)
    with pytest.raises(Unreadable, match="no column holds contacts"):
        contact_column(read(b"a,b\nx,y\n"), None, "voice", FRENCH)
