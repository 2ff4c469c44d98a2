"""`stopliste permit`, `check`, `notice` and `registry load`, as somebody at a terminal uses them, on the clock of the machine."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import wiring
from cli.asking import check
from cli.recording import permit, registry
from cli.rights import notice

Run = Callable[..., Result]
GIVEN = ("--basis", "consent", "--channel", "sms", "--obtained-at", "2025-01-06T10:00:00Z", "--proof", "form 7")


@pytest.fixture
def run(program: wiring.Program, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command beside the program, on the same data directory."""
    monkeypatch.setenv("STOPLISTE_DATA_DIR", str(program.settings.data_dir))
    return lambda command, *arguments: CliRunner().invoke(command, [str(it) for it in arguments])


def verdict(run: Run, *arguments: str) -> dict[str, object]:
    return dict(json.loads(run(check, *arguments, "--channel", "sms", "--json").output))


def test_a_national_number_is_read_in_its_region(run: Run) -> None:
    assert run(permit, "07400 123456", *GIVEN, "--region", "GB").exit_code == 0
    asked = verdict(run, "07400 123456", "--region", "GB")  # there, no hours are set for messages
    assert (asked["contact"], asked["verdict"], asked["basis"]) == ("+447400123456", "allow", "consent")
    assert verdict(run, "07400 123456")["contact"] != "+447400123456"


def test_goods_and_partners_are_recorded_and_judged(run: Run, program: wiring.Program) -> None:
    partners = ("--shared-with", "Phoning Plus SARL", "--shared-with", "Ring Ring SA")
    given = run(permit, "+447400123457", *GIVEN, "--goods", "windows", "--source", "fair", *partners)
    assert given.exit_code == 0, given.output
    recorded = program.service.permission(given.output.strip())
    assert (recorded["goods"], recorded["source"]) == ("windows", "fair")
    assert list(recorded["shared_with"]) == ["Phoning Plus SARL", "Ring Ring SA"]
    assert verdict(run, "+447400123457", "--caller", "ring ring sa")["verdict"] == "allow"
    assert verdict(run, "+447400123457", "--caller", "Somebody Else")["verdict"] == "deny"


def test_who_loaded_a_registry_stands_in_the_ledger(run: Run, program: wiring.Program, tmp_path: Path) -> None:
    file = tmp_path / "tps.txt"
    file.write_text("+447400123458\n")
    assert run(registry, "load", "tps", file, "--as-of", "2025-01-06").output.startswith("1 numbers of tps")
    [event] = [it for it in program.service.feed(None, 100)[0] if it["type"] == "registry_loaded"]
    assert (event["by"], event["registry"], event["size"]) == ("command line", "tps", 14)


def test_an_automated_call_needs_a_consent_given_for_it(run: Run) -> None:
    for number, more in (("+447400123461", ()), ("+447400123462", ("--automated",))):
        given = (
            "--basis",
            "consent",
            "--channel",
            "voice",
            "--obtained-at",
            "2025-01-06T10:00:00Z",
            "--proof",
            "form 7",
        )
        assert run(permit, number, *given, *more).exit_code == 0
    done = run(check, "+447400123461", "+447400123462", "--automated")
    assert [it.split()[0] for it in done.output.splitlines()] == ["DENY", "ALLOW"]


def test_what_must_be_said_is_printed_ready_made(run: Run) -> None:
    form, call, robot = (run(notice, "--for", it, "--country", "fr").output for it in ("form", "call", "automated"))
    assert "L. 223-2" in form
    assert "C'est un appel commercial" in call
    assert "intelligence artificielle" in robot
    assert run(notice, "--for", "message", "--country", "us", "--lang", "en").output.count("STOP") == 1
    assert run(notice).output == form
    assert run(notice, "--for", "fax").exit_code == 2
