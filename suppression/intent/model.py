"""The second signal: a linear model over hashed features, its weights a data file.

Trained by benchmarks/train_intent.py on the development part of the corpus; needs nothing but the standard library.
"""

import struct
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from math import exp, sqrt
from typing import NamedTuple

from suppression.intent.answer import Label
from suppression.intent.features import BUCKETS

LABELS = tuple(Label)
"""The order of the labels in the weights."""
FEWEST = 4
"""A group of fewer features weighs as if it had so many."""
_HEADER = struct.Struct(f"<{2 * len(LABELS)}f")
_FIELD = 24  # bits; holds the sum of 65,536 weights of a byte
_OFFSET = 128  # weights are stored as unsigned bytes around it


class _Weights(NamedTuple):
    biases: tuple[float, ...]
    scales: tuple[float, ...]
    packed: list[int]


def probabilities(found: Iterable[set[int]]) -> Mapping[Label, float]:
    """How likely each label is, by the places of a message's features."""
    weights = _weights()
    scores = list(weights.biases)
    for places in found:
        total = sum(map(weights.packed.__getitem__, places))
        share = 1 / sqrt(max(len(places), FEWEST))
        for label in range(len(LABELS)):
            field = (total >> (label * _FIELD)) & ((1 << _FIELD) - 1)
            scores[label] += (field - _OFFSET * len(places)) * weights.scales[label] * share
    return _softmax(scores)


def _softmax(scores: list[float]) -> Mapping[Label, float]:
    highest = max(scores)
    powers = [exp(score - highest) for score in scores]
    return {label: power / sum(powers) for label, power in zip(LABELS, powers, strict=True)}


@cache
def _weights() -> _Weights:
    """The weights, those of one place side by side in one integer: a message is then a single sum."""
    raw = (files("suppression.intent") / "weights.bin").read_bytes()
    numbers = _HEADER.unpack_from(raw)
    columns = [raw[_HEADER.size + label * BUCKETS :][:BUCKETS] for label in range(len(LABELS))]
    packed = [sum(byte << (label * _FIELD) for label, byte in enumerate(row)) for row in zip(*columns, strict=True)]
    return _Weights(numbers[: len(LABELS)], numbers[len(LABELS) :], packed)
