"""Files that no spreadsheet writes: a table or a refusal; a row that is wrong holds up no other, and no STOP in it is lost."""

import hashlib
import io
import json
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from suppression.bulk import importing, text
from suppression.bulk.columns import contact_column
from suppression.bulk.importing import Imported, Plan
from suppression.bulk.opening import is_contact, open_table
from suppression.bulk.rows import Table, Unreadable
from suppression.bulk.writing import sink
from suppression.records import Channel
from suppression.service import Terms
from tests.webhooks.signed import Twilio, denied, empty

from .effort import tries
from .found import inputs
from .texts import ADDRESSES, EITHER
from .workbooks import workbooks

FRENCH = partial(is_contact, "FR")
BITS = [b'"', b'""', b",", b";", b"\t", b"|", b"\n", b"\r\n", b"\r", b"\0", b" ", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"{", b"}", b"[", b"]", b":",
        b"phone", b"+33639980001", b"0639980002", b"a@b.fr", b"\xe9", b"\xc3\xa9", b"\\u00e9", b"1e999", b"NaN", b"null", b"PK\x03\x04", b"PAR1"]  # fmt: skip
BYTES = st.lists(st.sampled_from(BITS) | st.binary(max_size=6), max_size=60).map(b"".join)
WIDE = st.builds(
    lambda raw, how: raw.decode("latin-1").encode(how),
    BYTES,
    st.sampled_from(["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"]),
)
LEAF = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | EITHER.map(lambda it: it.encode("utf-8", "replace").decode())
)
NESTED = st.recursive(
    LEAF, lambda it: st.lists(it, max_size=3) | st.dictionaries(st.sampled_from("abc"), it, max_size=3), max_leaves=5
)
LINES = st.lists(
    st.dictionaries(st.sampled_from(["phone", "words", "date", "x"]), NESTED, max_size=4), min_size=1, max_size=6
).map(lambda rows: "\n".join(json.dumps(it) for it in rows).encode())
NAMES = st.sampled_from(["list.csv", "list.tsv", "list.xlsx", "list.jsonl", "list", ".xlsx"])


def consumed(table: Table) -> None:
    """Every row has its line, in order, and cells that can be written down."""
    before = 0
    for row in table:
        assert row.line > before
        before = row.line
        assert all(isinstance(it, str) for it in row.cells)
        "".join(row.cells).encode()
    contact_column(table, None, "voice", FRENCH)


def opened(raw: bytes, name: str) -> None:
    """Reads a file to its end, or is told plainly why not."""
    try:
        read_whole(raw, name)
    except Unreadable as why:
        refused = str(why)
    else:
        return
    assert refused


def read_whole(raw: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(raw)
        with path.open("rb") as file:
            consumed(open_table(path, file, "FR"))


@tries(500)
@given(BYTES | WIDE | LINES, NAMES)
def test_any_file_is_a_table_or_refused(raw: bytes, name: str) -> None:
    opened(raw, name)


@tries(150)
@given(workbooks())
def test_any_workbook_is_a_table_or_refused(raw: bytes) -> None:
    opened(raw, "list.xlsx")


@tries(60)
@given(BYTES | LINES, st.sampled_from([".csv", ".tsv", ".jsonl", ".xlsx"]))
def test_what_is_read_can_be_written(raw: bytes, form: str) -> None:
    try:
        table = text.read(io.BytesIO(raw), FRENCH)
    except Unreadable:
        return
    assume(table.headings)
    written(table, form)


def test_a_file_without_columns_can_be_written() -> None:
    written(text.read(io.BytesIO(b"{}\n"), FRENCH), ".csv")


def written(table: Table, form: str) -> None:
    with tempfile.TemporaryDirectory() as folder, sink(Path(folder) / f"out{form}", table, ("one", "two")) as put:
        for row in table:
            put(row, ("allow", "=1+1"))


def brought_in(twilio: Twilio, raw: bytes, kind: str) -> Imported:
    table = text.read(io.BytesIO(raw), FRENCH)
    column = contact_column(table, "phone", "voice", FRENCH)
    plan = Plan(kind, "acme", column, hashlib.sha256(raw).hexdigest(), "fuzz", "a file", "FR")
    return importing.run(twilio.service, table, plan)


DATES = st.sampled_from(
    [
        "",
        "2026-01-01",
        "31/12/2025",
        "31/13/2025",
        "0/0/0000",
        "2026-02-30",
        "2026-11-24T10:00:00+01:00",
        "x",
        "٣/1/2026",
    ]
)
ROW = st.fixed_dictionaries(
    {"phone": ADDRESSES},
    optional={"words": EITHER, "date": DATES, "until": DATES, "channels": st.sampled_from(["sms", "all", "", "sms;voice", "fax", "*"]) | EITHER,
              "reason": EITHER, "basis": st.sampled_from(["consent", "Contract", "x"]), "obtained_at": DATES, "proof": EITHER},
)  # fmt: skip
KINDS = st.sampled_from(["optouts", "permissions", "litigation"])


@tries(40)
@given(st.lists(ROW, min_size=1, max_size=4), KINDS, st.integers(0, 9999))
def test_a_row_that_is_wrong_holds_up_no_other(
    twilio: Twilio, rows: list[dict[str, str]], kind: str, number: int
) -> None:
    empty(twilio)
    good = f"+3363998{number:04}"
    heading = {
        "phone": "",
        "words": "",
        "date": "",
        "until": "",
        "channels": "",
        "reason": "",
        "basis": "",
        "obtained_at": "",
        "proof": "",
    }
    whole = [{**heading, **row} for row in [*rows, {"phone": good}]]
    raw = "\n".join(
        json.dumps({n: it.encode("utf-8", "replace").decode() for n, it in row.items()}) for row in whole
    ).encode()
    found = brought_in(twilio, raw, kind)
    assert found.rows == len(whole)
    assert all(line and why for line, why in found.refused)
    assert denied(twilio, good) == (kind == "optouts")


FOUND = [pytest.param(it, id=it["reason"]) for it in inputs("lists")]


@pytest.mark.parametrize("found", FOUND)
def test_what_was_found_once(twilio: Twilio, found: dict[str, Any]) -> None:
    rows = [*found["rows"], {"phone": "+33639985555"}]
    raw = "\n".join(map(json.dumps, rows)).encode()
    assert brought_in(twilio, raw, found["kind"]).rows == len(rows)
    written(text.read(io.BytesIO(raw), FRENCH), ".csv")
    assert denied(twilio, "+33639985555") == (found["kind"] == "optouts")
    twilio.service.scrub([it["phone"] for it in rows], Terms(Channel.VOICE, "acme", "business"))
