"""The two learnt signals as one: how likely each label is.

The linear model knows words, phrases and what stands beside them; the network knows order and related words. Each is
wrong where the other is not (docs/decisions/0003-intent-rules-and-model.md).
"""

from collections.abc import Mapping, Sequence
from math import exp
from typing import NamedTuple

from suppression.intent import model, network
from suppression.intent.answer import Label
from suppression.intent.features import Seen

NETWORK = 0.6
"""What the network counts of both together."""


class Likely(NamedTuple):
    """How likely each label is, summing to 1, and what speaks for each channel if it is a stop, as log-odds."""

    labels: Mapping[Label, float]
    channels: Mapping[str, float]


def likely(seen: Seen, pieces: Sequence[int], medium: str | None) -> Likely:
    """What the two make of a message, by its features and by its pieces in order."""
    linear, read = [*model.scores(seen), 0.0], network.scores(pieces, medium)
    return Likely(together(linear, read.labels), dict(zip(network.CHANNELS, read.channels, strict=True)))


def together(linear: Sequence[float], read: Sequence[float]) -> Mapping[Label, float]:
    """How likely each label is by both: the weighted mean of their log-likelihoods, as shares of 1."""
    return shares([(1 - NETWORK) * one + NETWORK * other for one, other in zip(linear, read, strict=True)])


def shares(scores: Sequence[float]) -> Mapping[Label, float]:
    """Log-likelihoods, in the order of `Label`, as shares of 1."""
    highest = max(scores)
    powers = [exp(score - highest) for score in scores]
    return {label: power / sum(powers) for label, power in zip(Label, powers, strict=True)}
