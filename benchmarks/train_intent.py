"""Trains the second signal of suppression/intent on the development part of the corpus, and measures what it earns.

    python -m benchmarks.train_intent            writes suppression/intent/weights.bin
    python -m benchmarks.train_intent --compare  rules alone, model alone, both; every author judged by weights
                                                 that never saw that author

Needs numpy, which the program itself does not.
"""

import json
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from suppression.intent.answer import Certainty, Label
from suppression.intent.deciding import weigh
from suppression.intent.features import BUCKETS
from suppression.intent.fold import fold, words
from suppression.intent.language import languages_of
from suppression.intent.message import own_words
from suppression.intent.model import FEWEST, LABELS
from suppression.intent.understanding import command_in, read, signals

ROOT = Path(__file__).parents[1]
DEV = ROOT / "tests" / "corpus" / "dev"
WEIGHTS = ROOT / "suppression" / "intent" / "weights.bin"
_STEPS, _RATE, _DECAY = 160, 0.25, 4e-5  # Adam over all messages at once; squared weights held down


def main(arguments: Sequence[str]) -> None:
    """Trains, or compares."""
    messages = [message for path in sorted(DEV.glob("*.jsonl")) for message in _load(path)]
    if "--compare" in arguments:
        compare(messages)
    else:
        WEIGHTS.write_bytes(packed(*train(messages)))


def _load(path: Path) -> list[dict[str, Any]]:
    messages = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for message in messages:
        tokens = words(fold(own_words(message["text"])))
        message["author"] = path.stem
        message["command"] = command_in(tokens)
        message["reading"] = read(tokens, languages_of(tokens, None))
        message["signals"] = signals(message["reading"])
        message["unguarded"] = signals(message["reading"], guarded=False)
    return messages


def train(messages: Sequence[dict[str, Any]]) -> tuple[Any, Any]:
    """Weights (places × labels) and biases of a multinomial logistic regression."""
    seen, labels = _seen(messages)
    rows, columns, values = _sparse(seen)
    wanted = np.zeros((len(seen), len(LABELS)))
    wanted[np.arange(len(seen)), [LABELS.index(Label(label)) for label in labels]] = 1
    weights = np.zeros((BUCKETS, len(LABELS)))
    biases = np.zeros(len(LABELS))
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, _STEPS + 1):
        error = (_softmax(_scores(rows, columns, values, weights, len(seen)) + biases) - wanted) / len(seen)
        slope = np.stack([np.bincount(columns, values * error[rows, k], BUCKETS) for k in range(len(LABELS))], axis=1)
        slope += _DECAY * weights
        first = 0.9 * first + 0.1 * slope
        second = 0.99 * second + 0.01 * slope**2
        rate = _RATE * (1 - step / (_STEPS + 1))
        weights -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
        biases -= rate * error.sum(axis=0)
    return weights, biases


def _seen(messages: Sequence[dict[str, Any]]) -> tuple[list[Any], list[str]]:
    """Each message as it is read, and as one would be read whose idioms, or whose phrases, nobody foresaw.

    The phrases were made with these messages in view: taken as they are, they would be trusted too much.
    """
    seen = [(message["signals"], message["label"]) for message in messages]
    seen += [
        (message["unguarded"], message["label"]) for message in messages if message["unguarded"] != message["signals"]
    ]
    seen += [((*message["signals"][:-1], set()), message["label"]) for message in messages]
    return [places for places, _ in seen], [label for _, label in seen]


def _sparse(seen: Sequence[Any]) -> tuple[Any, Any, Any]:
    rows, columns, values = [], [], []
    for row, groups in enumerate(seen):
        for places in groups:
            ordered = sorted(places)
            rows += [row] * len(ordered)
            columns += ordered
            values += [1 / max(len(ordered), FEWEST) ** 0.5] * len(ordered)
    return np.array(rows), np.array(columns), np.array(values)


def _scores(rows: Any, columns: Any, values: Any, weights: Any, count: int) -> Any:
    return np.stack([np.bincount(rows, values * weights[columns, k], count) for k in range(len(LABELS))], axis=1)


def _softmax(scores: Any) -> Any:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def packed(weights: Any, biases: Any) -> bytes:
    """Biases, scales, then a column of bytes for each label: the file that model.py reads."""
    scales = np.abs(weights).max(axis=0) / 127
    columns = np.clip(np.rint(weights / scales), -127, 127) + 128
    return struct.pack(f"<{2 * len(LABELS)}f", *biases, *scales) + columns.T.astype(np.uint8).tobytes()


def compare(messages: Sequence[dict[str, Any]]) -> None:
    """Certain stops, found stops, false stops and unsure: rules alone, model alone, both; in per cent."""
    for author in sorted({message["author"] for message in messages}):
        theirs = [message for message in messages if message["author"] == author]
        weights, biases = train([message for message in messages if message["author"] != author])
        scores = _scores(*_sparse([message["signals"] for message in theirs]), weights, len(theirs)) + biases
        for message, row in zip(theirs, _softmax(scores), strict=True):
            message["likely"] = dict(zip(LABELS, map(float, row), strict=True))
        _report(author, theirs)
    _report("all", messages)


def _report(name: str, messages: Sequence[dict[str, Any]]) -> None:
    print(name, *(f"| {way.__name__} {_figures(messages, way)}" for way in (rules, model, both)), flush=True)


def rules(message: dict[str, Any]) -> tuple[Label, Certainty]:
    """The phrases alone."""
    return message["reading"].decision.label, message["reading"].decision.certainty


def model(message: dict[str, Any]) -> tuple[Label, Certainty]:
    """The likeliest label alone; a stop is certain from 0.85, unsure from 0.35."""
    stop = message["likely"][Label.STOP]
    if stop >= 0.35:
        return Label.STOP, Certainty.CERTAIN if stop >= 0.85 else Certainty.UNSURE
    return max(message["likely"], key=message["likely"].get), Certainty.CERTAIN


def both(message: dict[str, Any]) -> tuple[Label, Certainty]:
    """What the program does."""
    reading = message["reading"]
    return weigh(reading.decision, message["likely"], reading.hits)[:2]


def _figures(messages: Sequence[dict[str, Any]], way: Any) -> str:
    said = [
        (message["label"], *((message["command"][0], Certainty.CERTAIN) if message["command"] else way(message)))
        for message in messages
    ]

    def share(wanted: str, label: str, *certainties: Certainty) -> float:
        of = [(found, sure) for real, found, sure in said if real == wanted]
        return 100 * sum(found == label and sure in certainties for found, sure in of) / max(len(of), 1)

    certain, unsure = Certainty.CERTAIN, Certainty.UNSURE
    others = " ".join(f"{share(label, label, certain, unsure):.0f}" for label in ("start", "help", "erase"))
    return (
        f"stop {share('stop', 'stop', certain):.1f}/{share('stop', 'stop', certain, unsure):.1f} "
        f"false {share('none', 'stop', certain):.1f} unsure {share('none', 'stop', unsure):.1f} others {others}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
