"""The faults that cost little, each once, under load: what `make torture` does a hundred times, with shorter outages.

Another seed: `TORTURE_SEED=7 pytest tests/torture`. The seed of a run stands in the name of each test.
"""

import os
import secrets
from collections.abc import Iterator

import pytest

from .faults import FAULTS, Fault
from .rounds import Outcome, Pace, Stage

SEED = int(os.environ.get("TORTURE_SEED") or secrets.randbelow(10**6))
PACE = Pace(before=0.3, fault=0.7, after=0.3, people=12, timeout=1.5, bot=False, verify_every=4)
CHEAP = (
    "kill_redis", "kill_web_worker", "kill_everything", "freeze_redis", "freeze_web", "out_of_memory", "torn_tail",
    "disk_full", "cut_line", "broken_replies", "kill_outside_redis", "empty_redis",
)  # fmt: skip
CHOSEN = [next(it for it in FAULTS if it.do.__name__ == name) for name in CHEAP]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage(PACE, SEED) as made:
        yield made


@pytest.mark.parametrize(("number", "fault"), list(enumerate(CHOSEN)), ids=[f"{it}-seed{SEED}" for it in CHEAP])
def test_fault(stage: Stage, number: int, fault: Fault) -> None:
    outcome = stage.play(fault, number)
    if outcome.is_skipped:
        pytest.skip(outcome.notes[0])
    if outcome.violations and outcome.awaits_journal:
        pytest.xfail(f"needs the journal: {outcome.violations[:3]}")
    assert outcome.violations == []
    assert outcome.surprises == {}
    assert _was_real(outcome)


def _was_real(outcome: Outcome) -> bool:
    """A round in which nobody could say or ask anything proves nothing."""
    return outcome.stops > 0 and outcome.checks > 0
