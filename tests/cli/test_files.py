"""`stopliste scrub`, `import`, `export`, and the commands for a person's rights, as somebody at a terminal uses them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from python_calamine import CalamineWorkbook

import wiring
from cli import files, people, rights
from cli.main import COMMANDS
from suppression.contact import parse
from suppression.errors import InvalidRequest
from suppression.records import ALL_CHANNELS
from tests.conftest import TUESDAY

STOPPED, FREE = "+33639980001", "+33639980002"
LIST = "nom;téléphone\nÉlodie;06 39 98 00 01\nJosé;0639980002\nX;bad\n"
Run = Callable[..., Result]
# A business, by SMS, on a Tuesday at 11:00: the person's own word decides alone.
ASKED = ("--channel", "sms", "--audience", "business", "--at", TUESDAY.isoformat(), "--source", "crm")


@pytest.fixture
def run(program: wiring.Program, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command beside the program, on the same data directory."""
    program.service.opt_out(parse(STOPPED), "default", ALL_CHANNELS, "sms", words="STOP")
    monkeypatch.setenv("STOPLISTE_DATA_DIR", str(program.settings.data_dir))
    return lambda command, *arguments: CliRunner().invoke(command, [str(it) for it in arguments])


@pytest.fixture
def given(tmp_path: Path) -> Path:
    file = tmp_path / "list.csv"
    file.write_text(LIST, encoding="cp1252")
    return file


def read(path: Path) -> list[list[str]]:
    return [line.split(";") for line in path.read_text(encoding="utf-8-sig").splitlines()]


def test_a_scrub_splits_a_file_and_tells_why(program: wiring.Program, run: Run, given: Path, tmp_path: Path) -> None:
    out, rejected, every = (tmp_path / it for it in ("ok.csv", "no.csv", "all.csv"))
    done = run(files.scrub, given, "-o", out, "--rejected", rejected, "--all", every, *ASKED)
    assert done.exit_code == 0, done.output
    assert read(out) == [["nom", "téléphone"], ["José", "0639980002"]]
    assert read(rejected) == [
        ["nom", "téléphone", "stopliste_contact", "stopliste_verdict", "stopliste_reasons"],
        ["Élodie", "06 39 98 00 01", STOPPED, "deny", "opted_out"],
        ["X", "bad", "", "deny", "invalid_contact"],
    ]
    assert [it[3] for it in read(every)[1:]] == ["deny", "allow", "deny"]
    assert "opted_out" in done.output
    assert not list(tmp_path.glob(".*"))
    [event] = [it for it in program.service.feed(None, 100)[0] if it["type"] == "scrubbed"]
    assert event["by"] == "command line"
    assert program.service.stats()["asked"] == 0


@pytest.mark.parametrize("form", ["tsv", "jsonl", "xlsx"])
def test_a_scrub_writes_the_form_that_the_name_asks_for(run: Run, given: Path, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"all.{form}"
    assert run(files.scrub, given, "-o", tmp_path / "ok.csv", "--all", path, *ASKED).exit_code == 0
    found: list[Any] = {
        "tsv": lambda: [it.split("\t") for it in path.read_text().splitlines()[1:]],
        "jsonl": lambda: [list(json.loads(it).values()) for it in path.read_text().splitlines()],
        "xlsx": lambda: CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[1:],
    }[form]()
    assert found[0] == ["Élodie", "06 39 98 00 01", STOPPED, "deny", "opted_out"]
    again = run(files.scrub, path, "-o", tmp_path / "again.csv", "--column", "téléphone", *ASKED)
    assert again.exit_code == 0, again.output
    assert "José" in (tmp_path / "again.csv").read_text()


def test_a_scrub_that_fails_leaves_no_half_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("tel,nom\n0639980002,a\n" * 100 + '0639980002,"never closed\n' + "x\n" * 200_000)
    done = run(files.scrub, file, "-o", tmp_path / "ok.csv", *ASKED)
    assert done.exit_code != 0
    assert sorted(it.name for it in tmp_path.iterdir()) == ["data", "list.csv"]


def test_a_row_cannot_write_its_own_verdict(run: Run, tmp_path: Path) -> None:
    """Cells to spare, and columns of an earlier scrub, never stand where the verdict is read."""
    file, every = tmp_path / "list.csv", tmp_path / "all.csv"
    file.write_text("tel;stopliste_verdict;nom\n06 39 98 00 01;allow;a;+33639980002;allow;consent\n0639980002\n")
    assert run(files.scrub, file, "-o", tmp_path / "ok.csv", "--all", every, *ASKED).exit_code == 0
    assert read(every) == [
        ["tel", "nom", "stopliste_contact", "stopliste_verdict", "stopliste_reasons"],
        ["06 39 98 00 01", "a +33639980002 allow consent", STOPPED, "deny", "opted_out"],
        ["0639980002", "", FREE, "allow", "opt_out_regime"],
    ]


def test_one_file_is_not_two(run: Run, given: Path, tmp_path: Path) -> None:
    assert "different" in run(files.scrub, given, "-o", given).output
    assert "different" in run(files.scrub, given, "-o", tmp_path / "a", "--all", tmp_path / "a").output


@pytest.mark.parametrize("name", ["optout", "opt-outs", "OptOuts", "consent", "permission", "My list", "../x", ""])
def test_a_list_is_named_as_meant(run: Run, given: Path, name: str) -> None:
    done = run(files.import_, given, "--list", name)
    assert isinstance(done.exception, InvalidRequest)


def test_without_a_source_there_is_a_warning(run: Run, given: Path, tmp_path: Path) -> None:
    assert "warning: no --source" in run(files.scrub, given, "-o", tmp_path / "a.csv").output
    assert "warning: no --source" in run(files.import_, given, "--list", "mine").output
    assert "warning" not in run(files.import_, given, "--list", "mine", "--source", "crm").output


def test_an_import_counts_refuses_with_the_line_and_may_be_run_again(
    program: wiring.Program, run: Run, given: Path, tmp_path: Path
) -> None:
    refused = tmp_path / "refused.csv"
    first, again = (
        run(files.import_, given, "--list", "optouts", "--source", "crm", "--refused", refused) for _ in range(2)
    )
    assert (first.exit_code, again.exit_code) == (1, 1)  # a line was refused
    assert "line 4: not a phone number" in first.output
    assert refused.read_text() == 'line,reason\n4,"not a phone number"\n'
    assert [it.split()[1] if "│" in it else "" for it in again.output.splitlines() if "recorded" in it]
    assert not program.service.check(FREE, files.Terms()).allowed
    assert len(program.service.dossier(parse(FREE))["facts"]["opt_outs"]) == 1


def test_an_export_says_that_it_is_readable(run: Run, tmp_path: Path) -> None:
    done = run(files.export, tmp_path / "out.csv")
    assert "readable numbers" in done.output
    assert STOPPED in (tmp_path / "out.csv").read_text()


def test_a_person_gets_what_is_theirs(program: wiring.Program, run: Run, tmp_path: Path) -> None:
    assert run(rights.explain, STOPPED, "--lang", "en").output.startswith("NO")
    assert "L. 223-2" in run(rights.notice, "--lang", "fr").output
    assert "Data" not in run(rights.notice, "--lang", "fr", "--country", "de").output
    page = tmp_path / "dossier.html"
    assert run(people.dossier, STOPPED, "--html", page, "--lang", "en").output == ""
    assert "Your objections" in page.read_text()
    assert page.stat().st_mode & 0o077 == 0
    assert json.loads(run(people.dossier, STOPPED).output)["contact"] == STOPPED
    assert run(rights.rectify, STOPPED, FREE).output.startswith("moved: 1 opt-outs, 0 blocks")
    id_ = program.service.open_request(parse(FREE), "access", "alice", brand="default", via="letter").answer["id"]
    assert "due 2026-12-24  access   default  +33*******02" in run(rights.requests).output
    assert run(rights.requests, "close", id_).output == "closed\n"
    assert run(rights.requests).output == ""
    assert run(rights.purge, "--dry-run").output == "would go: 0 proofs, 0 attempts, 0 blocks, 0 prospects\n"


def test_every_command_of_the_table_is_there() -> None:
    here = {"files": files, "rights": rights, "people": people}
    for place, _ in COMMANDS.values():
        module, _, name = place.partition(":")
        if module.removeprefix("cli.") in here:
            assert hasattr(here[module.removeprefix("cli.")], name)
