"""`stopliste check`, as a script calls it: exit codes, one object a line, errors where they do not mix with answers."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import wiring
from suppression.contact import parse
from suppression.records import ALL_CHANNELS
from suppression.settings import load
from web.app import create_app

ROOT = Path(__file__).parents[2]
STOPPED, FREE = "+33639980001", "+33639980002"
BY_SMS = ("--channel", "sms", "--audience", "business", "--at", "2026-11-24T11:00:00+01:00")
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[wiring.Program]:
    program = wiring.build(load({"STOPLISTE_DATA_DIR": str(tmp_path_factory.mktemp("check") / "data")}))
    program.service.opt_out(parse(STOPPED), "default", ALL_CHANNELS, "sms")
    yield program
    program.close()


@pytest.fixture(scope="module")
def run(program: wiring.Program) -> Run:
    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        known = {
            "PATH": os.environ["PATH"],
            "STOPLISTE_DATA_DIR": str(program.settings.data_dir),
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "cli.main", "check", *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, env={**known, **environment}, cwd=ROOT, check=False
        )

    return run


@pytest.mark.parametrize(
    ("contacts", "code", "lines"),
    [
        ([FREE], 0, ["ALLOW +33639980002 opt_out_regime"]),
        (["06 39 98 00 02"], 0, ["ALLOW +33639980002 opt_out_regime"]),
        ([STOPPED], 1, ["DENY +33639980001 opted_out"]),
        ([FREE, STOPPED], 1, ["ALLOW +33639980002 opt_out_regime", "DENY +33639980001 opted_out"]),
        ([FREE, "nobody"], 1, ["ALLOW +33639980002 opt_out_regime", "DENY sender:nobody invalid_contact"]),
    ],
)
def test_the_exit_code_says_whether_all_may_be_contacted(
    run: Run, contacts: list[str], code: int, lines: list[str]
) -> None:
    done = run(*contacts, *BY_SMS)
    assert (done.returncode, done.stderr) == (code, "")
    assert [line.startswith(it) for line, it in zip(done.stdout.splitlines(), lines, strict=True)] == [True] * len(
        lines
    )


def test_json_is_one_object_a_line_in_the_shape_of_the_api(run: Run, program: wiring.Program) -> None:
    done = run(STOPPED, FREE, *BY_SMS, "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    client = create_app(program.service, program.settings).test_client()
    key = program.service.create_key("same shape", "agent")
    asked = {"contacts": [STOPPED, FREE], "channel": "sms", "audience": "business", "at": "2026-11-24T11:00:00+01:00"}
    api = client.post("/v1/check/batch", json=asked, headers={"Authorization": f"Bearer {key}"}).get_json()["results"]
    own = {"id": "", "checked_at": ""}
    assert [{**it, **own} for it in found] == [{**it, **own} for it in api]
    assert [list(it) for it in found] == [list(it) for it in api], "in the same order"


@pytest.mark.parametrize(
    ("arguments", "environment", "word"),
    [
        ((), {}, "CONTACTS"),
        ((FREE, "--channel", "fax"), {}, "fax"),
        ((FREE, "--at", "tomorrow"), {}, "tomorrow"),
        ((FREE, "--at", "2026-11-24T11:00:00"), {}, "zone"),
        ((FREE, "--brand", "nobody"), {}, "unknown_brand"),
        ((FREE, "--json", "--brand", "nobody"), {}, "unknown_brand"),
        ((FREE,), {"STOPLISTE_COLOUR": "red"}, "STOPLISTE_COLOUR"),
        ((FREE,), {"REDIS_URL": "unix:///nowhere/redis.sock"}, "store_unavailable"),
    ],
)
def test_what_could_not_be_told_is_two_with_the_reason_beside(
    run: Run, arguments: tuple[str, ...], environment: dict[str, str], word: str
) -> None:
    done = run(*arguments, **environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert word in done.stderr
    assert "Traceback" not in done.stderr
