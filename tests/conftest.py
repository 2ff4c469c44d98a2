"""A whole program on a real embedded server, one per test: starting it takes 50 ms."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import wiring
from suppression.intent import understand
from suppression.settings import load

# A Tuesday, 11:00 in Paris: inside every calling window of France, no holiday.
TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


DOUBTFUL = (
    "je ne suis pas sûr de vouloir vos messages",
    "bof vos messages hein",
    "ça commence à bien faire ces messages",
    "ras le bol",
    "y'en a marre",
    "ça commence à bien faire",
    "bon là ça commence à faire beaucoup",
    "hmm encore vous avec ces appels",
    "I am not sure I want these messages",
    "these texts again, really",
)


def doubtful() -> str:
    """Words that may be an opt-out and may not, as the phrase files of the day see them."""
    return next(words for words in DOUBTFUL if all(doubts(words, medium) for medium in (None, "sms", "voice", "chat")))


def doubts(words: str, medium: str | None) -> bool:
    """Whether words that came this way would be asked about."""
    found = understand(words, None, medium)
    return found.label == "stop" and found.certainty == "unsure"


class Clock:
    """A clock that tests move by hand; it ticks a millisecond at each look, as time does."""

    def __init__(self, start: datetime = TUESDAY) -> None:
        self.now = start

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def build(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., wiring.Program]]:
    """Builds programs with the environment given; all are closed after the test."""
    built: list[wiring.Program] = []

    def make(*, empty_is_meant: bool = False, **environment: str) -> wiring.Program:
        program = wiring.build(
            load({"STOPLISTE_DATA_DIR": str(tmp_path / "data"), **environment}), clock, empty_is_meant
        )
        built.append(program)
        return program

    yield make
    for program in reversed(built):
        program.close()


@pytest.fixture
def program(build: Callable[..., wiring.Program]) -> wiring.Program:
    return build()
