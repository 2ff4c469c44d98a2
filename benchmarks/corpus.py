"""How well suppression/intent understands the corpus: recall, false stops, reviews, with 95 % intervals.

    python -m benchmarks.corpus [frozen|dev]     exits 1 when the frozen part falls below the bar

Prints figures only, never a message. Near duplicates within a label count once (tests/corpus/README.md).
"""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from math import sqrt
from pathlib import Path
from typing import NamedTuple

from rapidfuzz import fuzz, process

from suppression.intent import Certainty, Intent, Label, understand

CORPUS = Path(__file__).parents[1] / "tests" / "corpus"
_SAME = 90  # rapidfuzz ratio above which two messages of a label count once
_Z = 1.96  # standard normal quantile of 95 %


class Judged(NamedTuple):
    """A message of the corpus, by its labels only, and what was understood."""

    lang: str
    label: str
    scope: str
    medium: str
    difficulty: str
    answer: Intent

    @property
    def found(self) -> bool:
        """Understood as what it is, for certain or not."""
        return self.answer.label == self.label

    @property
    def stop(self) -> bool:
        """Understood as a stop, for certain."""
        return self.answer.label is Label.STOP and self.answer.certainty is Certainty.CERTAIN

    @property
    def unsure(self) -> bool:
        """Would open a review."""
        return self.answer.label is Label.STOP and self.answer.certainty is Certainty.UNSURE

    @property
    def in_scope(self) -> bool:
        """The channels are those that the person named."""
        return self.answer.label is Label.STOP and self.answer.scope_text == self.scope


class Measure(NamedTuple):
    """One share: of which messages, which of them count, and the bar that it has to reach or to stay under."""

    name: str
    among: Callable[[Judged], bool]
    counts: Callable[[Judged], bool]
    bar: Callable[[float], bool]


MEASURES = (
    Measure("stop, certain", lambda m: m.label == "stop", lambda m: m.stop, lambda x: x >= 0.93),
    Measure("stop, certain, fr", lambda m: m.label == "stop" and m.lang == "fr", lambda m: m.stop, lambda x: x >= 0.95),
    Measure("stop, certain, en", lambda m: m.label == "stop" and m.lang == "en", lambda m: m.stop, lambda x: x >= 0.95),
    Measure("stop, found", lambda m: m.label == "stop", lambda m: m.found, lambda x: x >= 0.985),
    Measure("false stop", lambda m: m.label == "none", lambda m: m.stop, lambda x: x <= 0.005),
    Measure(
        "false stop, hard",
        lambda m: m.label == "none" and m.difficulty == "hard",
        lambda m: m.stop,
        lambda x: x <= 0.015,
    ),
    Measure("none, unsure", lambda m: m.label == "none", lambda m: m.unsure, lambda x: x <= 0.04),
    Measure("start", lambda m: m.label == "start", lambda m: m.found, lambda x: x >= 0.90),
    Measure("help", lambda m: m.label == "help", lambda m: m.found, lambda x: x >= 0.90),
    Measure("erase", lambda m: m.label == "erase", lambda m: m.found, lambda x: x >= 0.90),
    Measure("scope", lambda m: m.label == "stop", lambda m: m.in_scope, lambda x: x >= 0.92),
)
_TABLE = ("stop, certain", "stop, found", "false stop", "none, unsure", "start", "help", "erase", "scope")


def main(arguments: Sequence[str]) -> int:
    """Prints the figures of a part; 1 if the frozen part falls below the bar."""
    part = arguments[0] if arguments else "frozen"
    judged = judge(part)
    if not judged:
        print(f"the {part} part is empty")
        return 1 if part == "frozen" else 0
    print(f"{part}: {len(judged)} messages, near duplicates left out")
    for measure in MEASURES:
        print(f"  {measure.name:20}{_verdict(measure, judged)}")
    for field in ("lang", "medium", "difficulty"):
        _print_table(field, judged)
    return int(part == "frozen" and bool(below_bar(judged)))


def judge(part: str) -> list[Judged]:
    """Every message of a part, understood without being told its language."""
    paths = sorted((CORPUS / part).glob("*.jsonl"))
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    return [_judge(message) for message in distinct(map(json.loads, lines))]


def _judge(message: dict[str, str]) -> Judged:
    answer = understand(message["text"], None, message["medium"])
    scope = message.get("scope", "")
    return Judged(message["lang"], message["label"], scope, message["medium"], message["difficulty"], answer)


def distinct(messages: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """The messages without those that nearly repeat an earlier one of their label."""
    kept: dict[str, list[str]] = {}
    result = []
    for message in messages:
        seen = kept.setdefault(message["label"], [])
        if process.extractOne(message["text"], seen, scorer=fuzz.ratio, score_cutoff=_SAME + 1e-9) is None:
            seen.append(message["text"])
            result.append(message)
    return result


def below_bar(judged: Sequence[Judged]) -> list[str]:
    """The measures that miss their bar."""
    return [measure.name for measure in MEASURES if not measure.bar(share_of(measure, judged)[0])]


def share_of(measure: Measure, judged: Sequence[Judged]) -> tuple[float, int]:
    """The share that a measure names, and of how many messages."""
    among = [message for message in judged if measure.among(message)]
    return sum(map(measure.counts, among)) / max(len(among), 1), len(among)


def _verdict(measure: Measure, judged: Sequence[Judged]) -> str:
    share, count = share_of(measure, judged)
    low, high = wilson(share, count)
    state = "ok" if measure.bar(share) else "BELOW THE BAR"
    return f"{share:7.2%}  [{low:6.2%}, {high:6.2%}]  of {count:5}  {state}"


def wilson(share: float, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    if not count:
        return 0.0, 1.0
    middle = share + _Z**2 / (2 * count)
    spread = _Z * sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    return tuple((middle + sign * spread) / (1 + _Z**2 / count) for sign in (-1, 1))  # type: ignore[return-value]


def _print_table(field: str, judged: Sequence[Judged]) -> None:
    measures = [measure for measure in MEASURES if measure.name in _TABLE]
    print(f"\n  {field:10}" + "".join(f"{measure.name:>22}" for measure in measures))
    for value in sorted({getattr(message, field) for message in judged}):
        those = [message for message in judged if getattr(message, field) == value]
        print(f"  {value:10}" + "".join(f"{_cell(measure, those):>22}" for measure in measures))


def _cell(measure: Measure, judged: Sequence[Judged]) -> str:
    share, count = share_of(measure, judged)
    low, high = wilson(share, count)
    return f"{share:.1%} [{low:.1%},{high:.1%}]" if count else "-"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
