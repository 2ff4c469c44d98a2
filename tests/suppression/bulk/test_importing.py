"""Lists in: what each row becomes, which are refused and why, and that an import may be run again."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from suppression.bulk import importing, text
from suppression.bulk.columns import contact_column
from suppression.bulk.exporting import export
from suppression.bulk.importing import Imported, Plan
from suppression.bulk.opening import digest_of, is_contact
from suppression.bulk.rows import Unreadable
from suppression.bulk.values import channels_in, instant_in
from suppression.contact import parse
from suppression.errors import InvalidRequest, StoreUnavailable
from suppression.records import ALL_CHANNELS, Channel
from suppression.service import Service, Terms
from wiring import Program

ONE, TWO = "+33639980001", "+33639980002"


def brought_in(service: Service, content: str, name: str, brand: str = "default", **more: Any) -> Imported:
    file = io.BytesIO(content.encode())
    digest = digest_of(file)
    table = text.read(file, lambda cell: is_contact("FR", cell))
    column = contact_column(table, None, "voice", lambda cell: is_contact("FR", cell))
    return importing.run(service, table, Plan(name, brand, column, digest, "alice", **more))


def facts(service: Service, contact: str = ONE) -> dict[str, Any]:
    found: dict[str, Any] = service.dossier(parse(contact))["facts"]
    return found


def test_opt_outs_come_with_their_date_their_channels_and_their_words(program: Program) -> None:
    content = "tel;date;canaux;message\n0639980001;05/01/2026;sms, email;plus de pub\n0639980002;;;\nbad;;;\n"
    found = brought_in(program.service, content, "optouts")
    assert (found.recorded, found.known, found.refused) == (2, 0, [(4, "not a phone number")])
    [one], [two] = (facts(program.service, it)["opt_outs"] for it in (ONE, TWO))
    assert (one["at"], sorted(one["channels"]), one["via"]) == ("2026-01-04T23:00:00Z", ["email", "sms"], "import")
    assert set(two["channels"]) == set(ALL_CHANNELS)
    [event] = program.service.dossier(parse(ONE))["events"]
    assert (event["private"]["words"], event["by"]) == ("plus de pub", "alice")


def test_a_stop_is_not_lost_over_its_date_or_channel(program: Program) -> None:
    found = brought_in(program.service, "tel,date,canal\n0639980001,someday,fax\n0639980002,2199-01-01,\n", "optouts")
    assert set(facts(program.service)["opt_outs"][0]["channels"]) == set(ALL_CHANNELS)
    assert found.recorded == 2
    assert {facts(program.service, it)["opt_outs"][0]["at"][:10] for it in (ONE, TWO)} == {"2026-11-24"}


def test_again_is_no_second_time_and_another_file_of_the_same_people_is_none_either(program: Program) -> None:
    content = "tel\n0639980001\n0639980001\n0639980002\n"
    first, again = (brought_in(program.service, content, "optouts") for _ in range(2))
    assert (first.recorded, again.recorded, again.known) == (3, 0, 3)
    brought_in(program.service, content + "0639980003\n", "optouts")
    assert len(facts(program.service)["opt_outs"]) == 1
    brought_in(program.service, content, "litigation")
    brought_in(program.service, content, "litigation")
    assert len(facts(program.service, TWO)["blocks"]) == 1


def test_an_import_never_weakens(program: Program) -> None:
    service = program.service
    service.opt_out(parse(ONE), "default", ALL_CHANNELS, "sms")
    brought_in(service, "tel,canal,date\n0639980001,sms,01/01/2020\n", "optouts")
    assert next(it.code for it in service.check(ONE, Terms(Channel.WHATSAPP)).reasons) == "opted_out"


def test_blocks_go_on_the_list_named(program: Program) -> None:
    content = "tel,motif,jusqu_au\n0639980001,procès,\n0639980002,,2027-01-01T00:00:00Z\n"
    assert brought_in(program.service, content, "litigation", "*", source="legal").recorded == 2
    [one], [two] = (facts(program.service, it)["blocks"] for it in (ONE, TWO))
    assert (one["list"], one["brand"], one["reason"], one.get("until")) == ("litigation", "*", "procès", None)
    assert (two["reason"], two["until"]) == ("legal", "2027-01-01T00:00:00Z")


GOOD = {
    "tel": "0639980001",
    "basis": "consent",
    "channels": "voice",
    "obtained_at": "2026-11-20T10:00:00Z",
    "proof": "form 12",
}


def permissions(service: Service, **more: str) -> Imported:
    row = {name: it for name, it in {**GOOD, **more}.items() if it != "-"}
    return brought_in(service, f"{';'.join(row)}\n{';'.join(row.values())}\n", "permissions", source="fair")


def test_a_permission_comes_with_its_proof_and_its_scope(program: Program) -> None:
    service = program.service
    more = {
        "purpose": "insurance",
        "goods": "car",
        "shared_with": "A,B",
        "automated": "oui",
        "valid_until": "2027-01-31",
        "proof_ip": "192.0.2.1",
    }
    assert permissions(service, **more, source="fair 2026").recorded == 1
    [it] = facts(service)["permissions"]
    copy = service.permission(it["id"])
    assert copy["proof"] == {"text": "form 12", "ip": "192.0.2.1"}
    assert (it["source"], list(it["shared_with"]), it["valid_until"]) == (
        "fair 2026",
        ["A", "B"],
        "2027-01-30T23:00:00Z",
    )
    assert service.check(ONE, Terms(purpose="insurance")).basis == "consent"
    assert service.check(ONE, Terms(purpose="insurance", automated=True, caller="B")).basis == "consent"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"proof": ""}, "proof"),
        ({"obtained_at": ""}, "obtained_at is missing"),
        ({"automated": "perhaps"}, "automated is yes or no"),
        ({"obtained_at": "2027-01-01T00:00:00Z"}, "future"),
        ({"obtained_at": "soon"}, "obtained_at is no date"),
        ({"obtained_at": "31/02/2026"}, "obtained_at is no date"),
        ({"basis": "hope"}, "basis is one of"),
        ({"basis": ""}, "basis is one of"),
        ({"channels": ""}, "channels are"),  # never all by silence
        ({"channels": "fax"}, "channels are"),
        ({"valid_until": "2026-01-01"}, "before obtained_at"),
        ({"basis": "appointment"}, "appointment"),
        ({"tel": "nobody"}, "not a phone number"),
    ],
)
def test_a_permission_that_cannot_be_proven_is_refused_with_its_line(
    program: Program, more: dict[str, str], why: str
) -> None:
    found = permissions(program.service, **more)
    assert (found.recorded, found.refusals) == (0, 1)
    assert found.refused[0][0] == 2
    assert why in found.refused[0][1]


@pytest.mark.parametrize("column", ["basis", "channels", "obtained_at", "proof"])
def test_a_list_of_permissions_without_a_column_that_each_needs_is_refused_whole(program: Program, column: str) -> None:
    with pytest.raises(Unreadable, match=column):
        permissions(program.service, **{column: "-"})


def test_an_imported_consent_reopens_only_if_it_is_younger(program: Program) -> None:
    service = program.service
    service.opt_out(parse(ONE), "default", ALL_CHANNELS, "sms")
    permissions(service)
    assert "opted_out" in [it.code for it in service.check(ONE, Terms()).reasons]


def test_a_broken_import_is_run_again(build: Callable[..., Program]) -> None:
    program = build()
    content = "tel\n" + "".join(f"06399801{n:02d}\n" for n in range(30))
    assert program.embedded
    assert program.embedded._child
    program.embedded._child.kill()
    program.embedded._child.wait()
    with pytest.raises(StoreUnavailable):
        brought_in(program.service, content, "litigation")
    program.embedded.ensure()
    assert brought_in(program.service, content, "litigation").rows == 30
    assert brought_in(program.service, content, "litigation").known == 30


def test_what_goes_out_comes_in_again(program: Program, build: Callable[..., Program], tmp_path: Path) -> None:
    service = program.service
    service.opt_out(parse(ONE), "default", frozenset({Channel.SMS}), "sms")
    service.opt_out(parse(TWO), "*", ALL_CHANNELS, "sms")
    service.block(parse(ONE), "litigation", "alice", reason="=1+1")
    service.erase(parse(TWO), "alice")  # nobody can name them any more
    assert export(service, tmp_path / "out.csv") == 2
    assert (tmp_path / "out.csv").stat().st_mode & 0o077 == 0
    content = (tmp_path / "out.csv").read_text()
    assert "'=1+1" in content
    assert TWO not in content
    other = build(STOPLISTE_DATA_DIR=str(tmp_path / "other")).service
    lines = content.splitlines()
    brought_in(other, "\n".join([lines[0], next(it for it in lines if ",optouts," in it)]), "optouts")
    assert facts(other)["opt_outs"][0]["channels"] == ["sms"]
    export(service, tmp_path / "out.jsonl")
    assert '"contact": "+33639980001"' in (tmp_path / "out.jsonl").read_text()
    with pytest.raises(Unreadable):
        export(service, tmp_path / "out.xlsx")


# ---- cells


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("", None),
        ("2026-11-23T10:05:00+01:00", datetime(2026, 11, 23, 9, 5, tzinfo=UTC)),
        ("2026-11-23 10:05", datetime(2026, 11, 23, 9, 5, tzinfo=UTC)),  # without a zone: the country's
        ("2026-07-23", datetime(2026, 7, 22, 22, tzinfo=UTC)),  # the first moment of the day, summer time
        ("23/11/2026", datetime(2026, 11, 22, 23, tzinfo=UTC)),
        ("3.7.2026 08:30", datetime(2026, 7, 3, 6, 30, tzinfo=UTC)),
    ],
)
def test_instants(cell: str, found: datetime | None) -> None:
    assert instant_in(cell, "Europe/Paris") == found


@pytest.mark.parametrize("cell", ["11/23/2026", "soon", "20261332", "1", "2026-02-30"])
def test_what_is_no_date_is_refused(cell: str) -> None:
    with pytest.raises(InvalidRequest):
        instant_in(cell, "Europe/Paris")


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("", ALL_CHANNELS),
        ("all", ALL_CHANNELS),
        ("tous", ALL_CHANNELS),
        ("SMS / Voice", {"sms", "voice"}),
        ("fax;mail", None),
        ("tel|mail", {"voice", "email"}),
    ],
)
def test_channels(cell: str, found: set[str] | None) -> None:
    if found is None:
        with pytest.raises(InvalidRequest):
            channels_in(cell)
    else:
        assert channels_in(cell) == frozenset(map(Channel, found))
