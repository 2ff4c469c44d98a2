"""`stopliste ledger verify` and `stopliste proof verify`, as somebody at a terminal uses them."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

import wiring
from cli.ledger import ledger, proof
from suppression.contact import parse
from suppression.records import ALL_CHANNELS
from suppression.service import Terms
from web.app import create_app
from worker import loop

ANNA = parse("+33639980001")
Run = Callable[..., Result]


@pytest.fixture
def program(build: Callable[..., wiring.Program]) -> wiring.Program:
    program = build()
    program.service.opt_out(ANNA, "default", ALL_CHANNELS, "sms", words="STOP")
    return program


@pytest.fixture
def run(program: wiring.Program, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command beside the program, on the same data directory."""
    monkeypatch.setenv("STOPLISTE_DATA_DIR", str(program.settings.data_dir))
    return lambda command, *arguments: CliRunner().invoke(command, [str(it) for it in arguments])


@pytest.fixture
def answer(program: wiring.Program, tmp_path: Path) -> Path:
    """A file with an answer of GET /v1/verdicts/{id}, sealed."""
    asked = program.service.check(str(ANNA), Terms(agent="Zoé"))
    program.service.seal()
    file = tmp_path / "answer.json"
    file.write_bytes(msgspec.json.encode(program.service.proven_verdict(asked.id).shown))
    return file


def test_a_good_ledger_is_counted(program: wiring.Program, run: Run, answer: Path) -> None:
    done = run(ledger, "verify")
    assert done.exit_code == 0
    assert "1 events and 1 checks in 1 seals: unchanged, in order" in done.output
    assert "1 contacts: their facts are what their events make" in done.output
    assert "newest seal: 1 of 2026-11-24T10:00:00" in done.output


def test_a_changed_ledger_is_named(program: wiring.Program, run: Run, answer: Path) -> None:
    stream = program.service._store.read(ANNA).partition.questions
    place = program.client.xrange(stream)[0][0].decode()
    program.client.xdel(stream, place)
    done = run(ledger, "verify")
    assert done.exit_code == 1
    assert done.output.startswith("broken: questions of partition ")
    assert place in done.output


def test_a_proof_is_verified_with_the_key_of_the_data_directory(run: Run, answer: Path) -> None:
    done = run(proof, "verify", answer)
    assert (done.exit_code, str(ANNA) in done.output, "Zoé" in done.output) == (0, True, True), done.output
    assert done.output.startswith("proven: vrd_")


def test_a_proof_is_verified_anywhere_with_the_key_in_a_file(
    program: wiring.Program, run: Run, answer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STOPLISTE_DATA_DIR", str(tmp_path / "nothing"))
    done = run(proof, "verify", answer)
    assert (done.exit_code, "give the public key with --key" in done.output) == (1, True)
    key = tmp_path / "key.pub"
    key.write_text(program.service.public_key())
    assert run(proof, "verify", answer, "--key", key).exit_code == 0
    assert not (tmp_path / "nothing").exists(), "nothing was started for it"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"contact": "+33639980002"}, "the document says contact +33639980002"),
        ({"proof": None}, "no proof in it yet"),
        ({"proof": {}}, "this is no proof"),
    ],
)
def test_what_proves_nothing_says_why(run: Run, answer: Path, change: dict[str, object], why: str) -> None:
    answer.write_text(json.dumps(json.loads(answer.read_text()) | change))
    done = run(proof, "verify", answer)
    assert done.exit_code == 1
    assert done.output.startswith("not proven: ")
    assert why in done.output


@pytest.mark.parametrize("content", ["", "hello", "[]", "\x00", "-----BEGIN PUBLIC KEY-----"])
def test_a_key_that_is_none_is_refused(run: Run, answer: Path, tmp_path: Path, content: str) -> None:
    key = tmp_path / "key.pub"
    key.write_text(content)
    done = run(proof, "verify", answer, "--key", key)
    assert (done.exit_code, done.output) == (1, "not proven: this is no public key in PEM form\n")


def test_the_worker_seals_and_archives(program: wiring.Program) -> None:
    """A minute's seal, an hour's move, and neither more often."""
    due = {it.name: 0.0 for it in loop.ROUNDS}
    loop.tick(program.service, due, now=100.0)
    assert program.service.verify_ledger().seals == 1
    assert {name: at - 100 for name, at in due.items() if name in ("seal", "archive")} == {"seal": 60, "archive": 3600}
    program.service.check(str(ANNA), Terms())
    loop.tick(program.service, due, now=159.0)
    assert program.service.verify_ledger().seals == 1
    loop.tick(program.service, due, now=160.0)
    assert program.service.verify_ledger().seals == 2


def test_the_key_is_open_to_all_and_a_verdict_brings_its_proof(program: wiring.Program, answer: Path) -> None:
    web = create_app(program.service, program.settings).test_client()
    assert web.get("/.well-known/stopliste-ledger.pub").text == program.service.public_key()
    sealed = json.loads(answer.read_text())
    key = {"Authorization": f"Bearer {program.service.create_key('a', 'agent')}"}
    assert web.get(f"/v1/verdicts/{sealed['id']}").status_code == 401
    assert web.get(f"/v1/verdicts/{sealed['id']}", headers=key).json == sealed


def test_an_outsider_verifies_with_what_the_documentation_says(
    program: wiring.Program, answer: Path, tmp_path: Path
) -> None:
    """The program printed in docs/ledger.md, run as it stands there."""
    text = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")
    code = text.partition("```python\n")[2].partition("```")[0]
    key = tmp_path / "key.pub"
    key.write_text(program.service.public_key())
    good = subprocess.run([sys.executable, "-c", code, answer, key], capture_output=True, text=True, check=False)
    assert (good.returncode, good.stdout.startswith("proven: ")) == (0, True), good.stderr
    answer.write_text(answer.read_text().replace("voice", "email"))
    assert subprocess.run([sys.executable, "-c", code, answer, key], capture_output=True, check=False).returncode == 1
