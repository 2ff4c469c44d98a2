"""Sealing and moving on a real server: nothing is missed or sealed twice, whoever is killed when; erasure breaks nothing."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sealed import ANNA, BRUNO, CLARA, LATER, NO_TERM, archive_of, broken, filled, move_all, partition, seals_of

import wiring
from gateways.archive import DirectoryArchive
from suppression import proof as proofs
from suppression.errors import LedgerBroken
from suppression.keyring import Keyring
from suppression.records import ALL_CHANNELS, Channel
from suppression.service import Message, Terms
from suppression.store import keys, moving, seals
from suppression.store.connect import on_disk
from suppression.store.seals import Seals


def test_everything_is_sealed_once(program: wiring.Program) -> None:
    filled(program)
    assert program.service.seal() == 1
    program.service.opt_out(BRUNO, "default", ALL_CHANNELS, "sms")
    assert program.service.verify_ledger().unsealed == {"ledger": 1, "questions": 0}
    assert program.service.seal() == 1
    report = program.service.verify_ledger()
    assert (report.broken, report.seals, report.contacts) == (None, 2, 3)
    assert report.sealed == {"ledger": 5, "questions": 2}
    assert report.unsealed == {"ledger": 0, "questions": 0}


def test_without_anything_new_there_is_a_seal_an_hour(program: wiring.Program, clock: Any) -> None:
    assert program.service.seal() == 1
    clock.forward(minutes=59)
    assert program.service.seal() == 0
    clock.forward(minutes=2)
    assert program.service.seal() == 1
    assert not broken(program)


def test_a_stream_longer_than_a_seal_goes_on_in_the_next(
    program: wiring.Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seals, "MOST", 10)
    monkeypatch.setattr(seals, "SWEEP", 4)
    for _ in range(25):
        program.service.check(str(ANNA), Terms())
    assert program.service.seal() == 3
    report = program.service.verify_ledger()
    assert (report.broken, report.sealed["questions"]) == (None, 25)


def test_files_are_for_their_owner_only(program: wiring.Program, clock: Any) -> None:
    filled(program)
    program.service.seal()
    move_all(program, clock)
    files = [it for it in archive_of(program).rglob("*") if it.is_file()]
    assert {it.stat().st_mode & 0o777 for it in files} == {0o600}
    assert not [it for it in files if it.name.startswith(".")]


def test_the_archive_never_overwrites(tmp_path: Path) -> None:
    archive = DirectoryArchive(tmp_path)
    assert archive.put("seals/1", b"first")
    assert not archive.put("seals/1", b"second")
    assert (archive.get("seals/1"), archive.list("seals"), archive.get("seals/2")) == (b"first", ["seals/1"], None)


# --- workers that die, or meet ---------------------------------------------------------------------------------------


class DyingError(BaseException):
    """As a kill: nothing catches it on its way."""


class Dying(DirectoryArchive):
    """An archive whose process is killed before or after a file of that folder was put there."""

    def __init__(self, path: Path, folder: str, after: bool) -> None:
        super().__init__(path)
        self.folder, self.after = folder, after

    def put(self, name: str, content: bytes) -> bool:
        if not name.startswith(self.folder):
            return super().put(name, content)
        if self.after:
            super().put(name, content)
        raise DyingError


@pytest.mark.parametrize("after", [False, True])
def test_a_worker_killed_while_sealing_leaves_no_gap_and_no_double(program: wiring.Program, after: bool) -> None:
    filled(program)
    program.service.seal()
    program.service.check(str(ANNA), Terms())
    one = seals_of(program)
    dying = Dying(archive_of(program), "seals", after)
    with pytest.raises(DyingError):
        Seals(one.client, dying, program.service._store.keyring, program.settings.data_dir, lambda: False).seal(LATER)
    program.service.check(str(ANNA), Terms())
    assert program.service.seal() == 1
    report = program.service.verify_ledger()
    assert (report.broken, report.seals, report.sealed["questions"]) == (None, 3 if after else 2, 4)


@pytest.mark.parametrize("after", [False, True])
def test_a_worker_killed_while_moving_loses_and_doubles_nothing(
    program: wiring.Program, clock: Any, after: bool
) -> None:
    filled(program)
    program.service.seal()
    before = program.service.dossier(ANNA)
    one = seals_of(program)
    dying = Seals(
        one.client, Dying(archive_of(program), "events", after), Keyring("x" * 32), program.settings.data_dir, bool
    )
    with pytest.raises(DyingError):
        moving.move_old(dying, one.client, {"ledger": NO_TERM, "questions": NO_TERM}, LATER)
    assert program.service.dossier(ANNA) == before
    assert not broken(program)
    move_all(program, clock)
    assert program.service.dossier(ANNA) == before
    assert not broken(program)
    assert sum(program.client.xlen(it.ledger) + program.client.xlen(it.questions) for it in keys.ALL_PARTITIONS) == 0


def test_two_workers_at_once_do_not_fork_the_chain(program: wiring.Program, tmp_path: Path) -> None:
    """The second pair has another lock file, as on another host: then the archive itself decides."""
    one = seals_of(program)
    (tmp_path / "other").mkdir()
    keyring = program.service._store.keyring
    workers = [
        Seals(one.client, one.archive, keyring, it, lambda: False)
        for it in (program.settings.data_dir, tmp_path / "other")
    ]
    start = threading.Barrier(4)

    def work(worker: Seals) -> None:
        start.wait()
        for n in range(10):
            worker.seal(LATER + timedelta(hours=2 * n))

    threads = [threading.Thread(target=work, args=(it,)) for it in workers * 2]
    for it in threads:
        it.start()
    for n in range(40):
        program.service.check(str(ANNA if n % 2 else BRUNO), Terms())
    for it in threads:
        it.join()
    program.service.seal()
    report = program.service.verify_ledger()
    assert (report.broken, report.sealed["questions"], report.unsealed["questions"]) == (None, 40, 0)


def test_a_worker_with_another_archive_does_not_start_a_second_chain(program: wiring.Program, tmp_path: Path) -> None:
    filled(program)
    program.service.seal()
    one = seals_of(program)
    elsewhere = DirectoryArchive(tmp_path / "elsewhere")
    other = Seals(one.client, elsewhere, program.service._store.keyring, tmp_path, lambda: False)
    with pytest.raises(LedgerBroken, match=r"000000001\.json is missing"):
        other.seal(LATER)


def test_it_waits_for_the_disk_where_the_server_does_not(program: wiring.Program) -> None:
    program.client.config_set("appendfsync", "everysec")
    on_disk(program.client, [it.mark for it in keys.ALL_PARTITIONS])
    one = seals_of(program)
    waiting = Seals(one.client, one.archive, program.service._store.keyring, program.settings.data_dir, lambda: True)
    filled(program)
    assert waiting.seal(LATER)
    assert not broken(program)


# --- erasure ---------------------------------------------------------------------------------------------------------


def test_erasure_breaks_nothing(program: wiring.Program) -> None:
    asked = filled(program)
    program.service.seal()
    program.service.erase(ANNA, "boss")
    program.service.seal()
    assert not broken(program)
    past = program.service.proven_verdict(asked["anna"])
    assert (past.verdict, past.shown["contact"], past.shown["channel"]) == (None, None, "voice")
    assert past.proof
    assert past.proof.opening is None
    proven = proofs.check(msgspec.json.encode(past.shown), seals_of(program).key)
    assert (proven.contact, proven.verdict_id) == (None, asked["anna"])


def test_a_contact_that_comes_back_after_its_erasure_is_told_from_what_was_left(program: wiring.Program) -> None:
    filled(program)
    program.service.erase(ANNA, "boss")
    asked = program.service.check(str(ANNA), Terms())
    program.service.block(ANNA, "do-not-call", "boss")
    again = program.service.check(str(ANNA), Terms())
    program.service.seal()
    assert not broken(program)
    for before in (asked, again):
        past = program.service.past_verdict(before.id)
        assert [it.code for it in past.reasons] == [it.code for it in before.reasons]
        assert past.reasons[0].code == "opted_out"
    program.service.erase(ANNA, "boss")
    assert not broken(program)


# --- old events ------------------------------------------------------------------------------------------------------


def test_old_events_are_still_found(program: wiring.Program, clock: Any) -> None:
    asked = filled(program)
    service = program.service
    service.hear(Message(BRUNO, "STOP ou pas, je ne sais plus", Channel.SMS, "default", "m2"))
    before = service.dossier(ANNA), service.dossier(CLARA), service.feed(None, 100), service.stats()
    first_page, cursor = service.feed(None, 2)
    answers = [service.past_verdict(it) for it in asked.values()]
    permission = service._store.read(CLARA).facts.permissions[0].id
    service.seal()
    assert move_all(program, clock) == len(before[2][0]) + 2
    assert sum(program.client.xlen(it.ledger) for it in keys.ALL_PARTITIONS) == 0
    assert (service.dossier(ANNA), service.dossier(CLARA), service.feed(None, 100), service.stats()) == before
    assert first_page + service.feed(cursor, 100)[0] == before[2][0]
    assert [service.past_verdict(it) for it in asked.values()] == answers
    assert service._store.private_of(service._store.read(CLARA), permission) == {
        "proof": {"text": "box ticked on the form"}
    }
    assert all(service.proven_verdict(it).proof for it in asked.values())
    assert not broken(program)


def test_young_and_old_events_are_read_as_one(program: wiring.Program, clock: Any) -> None:
    filled(program)
    program.service.seal()
    move_all(program, clock)
    program.service.block(ANNA, "litigation", "boss")
    program.service.seal()
    assert [it["type"] for it in program.service.dossier(ANNA)["events"]] == ["opted_out", "blocked"]
    assert [it["type"] for it in program.service.feed(None, 100)[0]][-1] == "blocked"
    assert not broken(program)


def test_only_what_is_sealed_and_old_moves(program: wiring.Program, clock: Any) -> None:
    filled(program)
    assert move_all(program, clock) == 0, "nothing is sealed yet"
    program.service.seal()
    clock.now = datetime.fromtimestamp(program.client.time()[0], UTC) + timedelta(days=10)
    assert program.service.archive_old() == 0, "checks of ten days, few: they wait until twice their term"
    clock.forward(days=5)
    assert program.service.archive_old() == 2, "both checks; the events stay"
    clock.forward(days=60)
    assert program.service.archive_old() == 4
    assert not broken(program)


def test_a_full_segment_does_not_wait(program: wiring.Program, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "FULL", 10)
    for _ in range(25):
        program.service.check(str(ANNA), Terms())
    program.service.seal()
    clock.now = datetime.fromtimestamp(program.client.time()[0], UTC) + timedelta(days=8)
    assert program.service.archive_old() == 20
    assert program.client.xlen(partition(ANNA, program).questions) == 5
    assert len(program.service.dossier(ANNA)["checks"]) == 25
    assert program.service.stats()["asked"] == 25
    assert not broken(program)
