"""A linear model over hashed features, its weights a data file.

Trained by benchmarks/train_intent.py on the development part of the corpus; needs nothing but the standard library.
"""

import struct
import sys
from array import array
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from math import sqrt
from typing import NamedTuple

from suppression.intent.answer import Label
from suppression.intent.features import BUCKETS, Seen

LABELS = tuple(label for label in Label if label is not Label.NONE)
"""The order of the labels in the weights; what speaks for `none` speaks against all of them."""
FEWEST = 4
"""A group of fewer features weighs as if it had so many."""
OFFSET = 128
"""Weights are stored as unsigned bytes around it."""
_HEADER = struct.Struct(f"<{2 * len(LABELS)}f")
_FIELD = 16  # bits of a label in a packed weight
_AT_ONCE = 256  # packed weights whose sum stays within its fields


class _Weights(NamedTuple):
    biases: tuple[float, ...]
    scales: tuple[float, ...]
    packed: "array[int]"


def scores(seen: Seen) -> list[float]:
    """How the labels compare, as log-likelihoods against none: stop, start, help, erase."""
    stop = start = helps = erase = 0.0
    for totals, count in (_of_pieces(seen.pieces), *((_total(places), len(places)) for places in seen.groups)):
        share, middle = 1 / sqrt(count if count > FEWEST else FEWEST), OFFSET * count
        stop += (totals[0] - middle) * share
        start += (totals[1] - middle) * share
        helps += (totals[2] - middle) * share
        erase += (totals[3] - middle) * share
    biases, scales, _ = _weights()
    sums = (stop, start, helps, erase)
    return [bias + scale * total for bias, scale, total in zip(biases, scales, sums, strict=True)]


def _of_pieces(pieces: Sequence[tuple[int, ...]]) -> tuple[Sequence[int], int]:
    """The sums over the pieces of every word, and how many pieces there are."""
    totals = [_total_of_word(word) for word in pieces] or [_total(())]
    return [sum(column) for column in zip(*totals, strict=True)], sum(map(len, pieces))


@lru_cache(maxsize=1 << 12)
def _total_of_word(places: tuple[int, ...]) -> Sequence[int]:
    return _total(places)


def _total(places: Sequence[int]) -> Sequence[int]:
    """The sum of the stored weights of some places, by label."""
    read = _weights().packed.__getitem__
    if len(places) <= _AT_ONCE:
        total = sum(map(read, places))
        return (total & 0xFFFF, total >> 16 & 0xFFFF, total >> 32 & 0xFFFF, total >> 48)
    parts = [_total(places[start : start + _AT_ONCE]) for start in range(0, len(places), _AT_ONCE)]
    return [sum(column) for column in zip(*parts, strict=True)]


@cache
def _weights() -> _Weights:
    """The weights, those of one place side by side in one number: a group of features is then a single sum."""
    raw = (files("suppression.intent") / "weights.bin").read_bytes()
    numbers = _HEADER.unpack_from(raw)
    spread = bytearray(BUCKETS * len(LABELS) * _FIELD // 8)
    spread[::2] = raw[_HEADER.size :]
    packed = array("Q", bytes(spread))
    if sys.byteorder == "big":
        packed.byteswap()
    return _Weights(numbers[: len(LABELS)], numbers[len(LABELS) :], packed)
