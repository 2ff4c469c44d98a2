"""Backups: whole or refused, and a restore that never weakens what is there."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from suppression.contact import parse
from suppression.keyring import WrongSecret
from suppression.records import ALL_CHANNELS, Channel
from suppression.service import Service, Terms
from suppression.store.backup import BadBackup
from tests.conftest import Clock
from tests.three_people import ASKED, ONE, THREE, TWO, said, verdicts
from wiring import Program


def lose_redis(program: Program) -> None:
    program.close()
    shutil.rmtree(program.settings.data_dir / "redis")


def test_into_an_empty_store_everything_comes_back(build: Callable[..., Program], tmp_path: Path) -> None:
    program = build()
    said(program, ONE, "STOP", "1")
    said(program, TWO, "STOP", "2")
    said(program, TWO, "START", "3")
    program.service.block(parse(THREE), "litigation", "alice", reason="see file")
    before = program.service.check(ONE, ASKED)
    program.service.create_key("crm", "agent")
    program.service.backup(tmp_path / "b")
    assert verdicts(program) == "DAD"
    lose_redis(program)
    again = build(empty_is_meant=True)
    done = again.service.restore(tmp_path / "b")
    assert (done.written, verdicts(again)) == (3, "DAD")
    assert again.service.past_verdict(before.id) == before
    names = [record.name for record, _last_use in again.service.keys()]  # noqa: SIM118 -- a verb of ours
    assert names == ["crm"]
    said(again, TWO, "STOP", "4")
    said(again, TWO, "START", "3")  # a replay of the START before the backup
    assert verdicts(again) == "DDD"


def test_what_is_there_is_never_weakened(build: Callable[..., Program], tmp_path: Path) -> None:
    program = build()
    said(program, TWO, "STOP", "1")
    program.service.backup(tmp_path / "b")
    said(program, ONE, "STOP", "2")
    said(program, TWO, "START", "3")
    done = program.service.restore(tmp_path / "b")
    assert (done.written, done.merged, verdicts(program)) == (0, 0, "DAA")
    said(program, TWO, "STOP", "4")
    program.service.restore(tmp_path / "b")
    assert verdicts(program) == "DDA"


def test_a_store_begun_anew_takes_the_old_stops_in(build: Callable[..., Program], tmp_path: Path) -> None:
    program = build()
    said(program, ONE, "STOP", "1")
    said(program, TWO, "STOP", "2")
    program.service.backup(tmp_path / "b")
    lose_redis(program)
    for name in ("store.json", "journal.db"):
        (program.settings.data_dir / name).unlink()
    anew = build()
    assert verdicts(anew) == "AAA"
    said(anew, ONE, "bonjour", "3")
    anew.service.restore(tmp_path / "b")
    assert verdicts(anew) == "DDA"
    said(anew, ONE, "START", "4")
    assert verdicts(anew) == "ADA"


def test_later_erasures_are_applied_again(build: Callable[..., Program], tmp_path: Path, clock: Clock) -> None:
    program = build()
    said(program, ONE, "arrêtez tout", "1")
    program.service.backup(tmp_path / "b")
    clock.forward(hours=1)
    program.service.erase(parse(ONE), "alice")
    lose_redis(program)
    again = build(empty_is_meant=True)
    assert again.service.restore(tmp_path / "b").to_erase == [parse(ONE)]
    again.service.verify_ledger()
    assert verdicts(again) == "DAA"
    assert "events" in (dossier := again.service.dossier(parse(ONE)))
    assert not any("private" in it for it in dossier["events"])


def test_another_secret_is_refused_before_anything_is_touched(build: Callable[..., Program], tmp_path: Path) -> None:
    program = build()
    program.service.backup(tmp_path / "b")
    other = build(STOPLISTE_DATA_DIR=str(tmp_path / "other"))
    with pytest.raises(WrongSecret):
        other.service.restore(tmp_path / "b")
    assert other.service.stats()["asked"] == 0


@pytest.mark.parametrize("damage", ["cut", "flipped", "added", "other"])
def test_a_damaged_file_is_refused_before_anything_is_touched(program: Program, tmp_path: Path, damage: str) -> None:
    said(program, ONE, "STOP", "1")
    file = tmp_path / "b"
    program.service.backup(file)
    whole = file.read_bytes()
    damaged = {
        "cut": whole[:-7],
        "flipped": whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:],
        "added": whole + b"x",
        "other": b"PK",
    }
    file.write_bytes(damaged[damage])
    with pytest.raises(BadBackup):
        program.service.restore(file)


def test_no_number_stands_in_a_backup(program: Program, tmp_path: Path) -> None:
    program.service.opt_out(parse(ONE), "default", ALL_CHANNELS, "api", words="laissez-moi")
    program.service.backup(tmp_path / "b")
    content = (tmp_path / "b").read_bytes()
    assert b"639980001" not in content
    assert b"laissez" not in content


def test_a_registry_comes_back_with_all_its_numbers(build: Callable[..., Program], tmp_path: Path) -> None:
    program = build()
    listed, asked = "+447700900123", Terms(Channel.VOICE)
    program.service.load_registry("tps", [listed.encode()], date(2026, 11, 20), by="tests")

    def registries(service: Service) -> list[str]:
        return [
            name
            for it in service.check(listed, asked).reasons
            if it.code == "registry"
            for name in it.details["registries"]
        ]  # type: ignore[index]

    assert registries(program.service) == ["tps"]
    program.service.backup(tmp_path / "b")
    lose_redis(program)
    again = build(empty_is_meant=True)
    again.service.restore(tmp_path / "b")
    assert registries(again.service) == ["tps"]
