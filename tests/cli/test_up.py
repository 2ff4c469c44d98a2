"""`stopliste up` as people run it: what it prints, and how it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.web.serving import ROOT

BRANDS = "[brands.acme]\nname = 'Acme'\n[brands.zenith]\nname = 'Zenith'\n"
PATIENCE = 30.0


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "brands.toml").write_text(BRANDS)
    settings = {
        "STOPLISTE_DATA_DIR": str(tmp_path / "data"),
        "STOPLISTE_BRANDS": str(tmp_path / "brands.toml"),
        "PORT": str(port),
    }
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings}


def test_what_it_tells_to_try_works_with_several_brands_and_ctrl_c_ends_it_soon(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "cli.main", "up"]
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as up:
        try:
            tried = curls(up)
            answers = [
                subprocess.run(it, shell=True, capture_output=True, text=True, check=True).stdout for it in tried
            ]
            start = time.monotonic()
        finally:
            os.killpg(up.pid, signal.SIGINT)  # as a terminal does
        assert up.wait(PATIENCE) == 0
        assert time.monotonic() - start < PATIENCE / 2
    assert '"brand":"acme"' in answers[0].replace(" ", "")
    assert '"deny"' in answers[1]


def curls(up: "subprocess.Popen[str]") -> list[str]:
    """The lines to try, once it tells them."""
    found: list[str] = []
    assert up.stdout
    for line in up.stdout:
        if line.startswith("  curl"):
            found.append(line.strip())
        if "Loss of" in line:
            break
    return found


def test_a_backup_into_no_directory_says_so(environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cli.main", "backup", str(tmp_path / "nowhere" / "backup")]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is no directory: make it first" in done.stderr
