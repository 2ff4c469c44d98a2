"""The frozen part of the corpus, which no rule and no weight has seen, against the bar."""

import pytest

from benchmarks.corpus import MEASURES, Judged, Measure, below_bar, distinct, judge, share_of, wilson

# What the frozen part gave when this was written, less the width of a bad day, where it misses its bar: what is reached
# is not lost again. What reaches its bar has to stay there.
FLOORS = {
    "stop, certain": 0.91,
    "stop, certain, fr": 0.905,
    "stop, found": 0.97,
    "false stop": 0.014,
    "false stop, hard": 0.022,
}
AT_MOST = {"false stop", "false stop, hard"}


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    return judge("frozen")


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_the_bar_is_held_or_what_is_reached_is_not_lost(measure: Measure, judged: list[Judged]) -> None:
    floor = FLOORS.get(measure.name)
    if floor is None:
        assert measure.name not in below_bar(judged)
    else:
        share, _ = share_of(measure, judged)
        assert share <= floor if measure.name in AT_MOST else share >= floor


@pytest.mark.parametrize("name", FLOORS)
@pytest.mark.xfail(reason="not yet: docs/decisions/0003-intent-rules-and-model.md", strict=True)
def test_the_bar_that_is_not_reached_yet(name: str, judged: list[Judged]) -> None:
    assert name not in below_bar(judged)


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
