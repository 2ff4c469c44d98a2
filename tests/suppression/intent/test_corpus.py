"""The frozen part of the corpus, which no rule and no weight has seen, against the bar."""

import pytest

from benchmarks.corpus import MEASURES, Judged, Measure, below_bar, distinct, judge, share_of, wilson

# What the frozen part gave when this was written, less the width of a bad day: what is reached is not lost again.
FLOORS = {
    "stop, certain": 0.89,
    "stop, certain, fr": 0.88,
    "stop, certain, en": 0.92,
    "stop, found": 0.94,
    "false stop": 0.025,
    "false stop, hard": 0.042,
    "none, unsure": 0.045,
    "start": 0.85,
    "help": 0.88,
    "erase": 0.90,
    "scope": 0.88,
}
AT_MOST = {"false stop", "false stop, hard", "none, unsure"}


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    return judge("frozen")


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_what_is_reached_is_not_lost(measure: Measure, judged: list[Judged]) -> None:
    share, _ = share_of(measure, judged)
    floor = FLOORS[measure.name]
    assert share <= floor if measure.name in AT_MOST else share >= floor


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
@pytest.mark.xfail(
    reason="not every measure reaches its bar yet: docs/decisions/0003-intent-rules-and-model.md", strict=False
)
def test_the_bar(measure: Measure, judged: list[Judged]) -> None:
    assert measure.name not in below_bar(judged)


def test_near_duplicates_count_once() -> None:
    said = [
        ("stop calling me please", "stop"),
        ("stop calling me please!", "stop"),
        ("stop calling me please!", "none"),
    ]
    assert len(distinct([{"text": text, "label": label} for text, label in said])) == 2


def test_wilson() -> None:
    low, high = wilson(0.9, 100)
    assert (round(low, 3), round(high, 3)) == (0.826, 0.945)
