"""A Redis restored from an older copy: refused, or brought up to date; never silently older."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

import wiring
from suppression.errors import StoreUnavailable
from suppression.records import ALL_CHANNELS, Channel
from suppression.service import Terms

A, B = "+33639980001", "+33639980002"


@pytest.fixture
def older(build: Callable[..., wiring.Program], tmp_path: Path) -> Callable[[], wiring.Program]:
    """A copy of the server's directory, then a day of work, sealed; the function starts a program on the copy."""
    first = build()
    first.close()
    shutil.copytree(tmp_path / "data" / "redis", tmp_path / "older", ignore=shutil.ignore_patterns("*.sock", "lock"))
    second = build()
    second.service.opt_out(second.service.contact(A), "default", ALL_CHANNELS, "api")
    second.service.block(
        second.service.contact(B), "litigation", "admin", brand="*", channels=ALL_CHANNELS, reason="court"
    )
    second.service.seal()
    second.close()

    def start() -> wiring.Program:
        shutil.rmtree(tmp_path / "data" / "redis")
        shutil.copytree(tmp_path / "older", tmp_path / "data" / "redis")
        return build()

    return start


def denies(program: wiring.Program, contact: str) -> bool:
    return not program.service.check(contact, Terms(Channel.SMS, audience="business")).allowed


def test_the_stops_of_the_day_are_back(older: Callable[[], wiring.Program]) -> None:
    with suppress(StoreUnavailable):  # refused: as good
        assert denies(older(), A)


def test_the_blocks_of_the_day_are_back_or_the_store_is_refused(older: Callable[[], wiring.Program]) -> None:
    with suppress(StoreUnavailable):
        assert denies(older(), B)
