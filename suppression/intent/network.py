"""A small network that reads a message piece by piece, in order.

Each piece of a word has a vector; two layers look at the pieces beside and near it, and what they found is gathered for
the whole message. Trained by benchmarks/train_intent.py on the development part of the corpus; its vectors start from
those of a sentence encoder of many languages (NOTICE).
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

Numbers = NDArray[np.float32]
MEDIA = (None, "sms", "voice", "chat", "email")
"""The order of the media in the network; None where nobody said."""
CHANNELS = ("chat", "email", "sms", "voice")
"""The order of the channels in the network."""
REACHES = (1, 2)
"""How far each layer looks to either side, in pieces."""
EPSILON = 1e-5
"""Keeps a division by nothing away."""


class _Layer(NamedTuple):
    near: Numbers  # (3 × size, size)
    bias: Numbers
    gain: Numbers
    shift: Numbers


class _Network(NamedTuple):
    vectors: NDArray[np.int8]
    scale: Numbers
    layers: tuple[_Layer, ...]
    look: Numbers  # (size, looks): what the message is gathered by
    look_bias: Numbers
    hidden: Numbers
    hidden_bias: Numbers  # by medium
    out: Numbers
    out_bias: Numbers


class Scores(NamedTuple):
    """How the labels compare, in the order of `Label`, and what speaks for each channel; log-likelihoods."""

    labels: list[float]
    channels: list[float]


def scores(numbers: Sequence[int], medium: str | None) -> Scores:
    """What the network makes of a message, by the numbers of its pieces."""
    net = _network()
    seen = net.vectors[np.asarray(numbers or (0,))] * net.scale
    for layer, reach in zip(net.layers, REACHES, strict=True):
        found = _beside(seen, reach) @ layer.near
        found += layer.bias
        seen = _normal(seen + np.maximum(found, 0, out=found), layer)
    looks = np.exp(seen @ net.look + net.look_bias)
    looks /= looks.sum(axis=0)
    gathered = ((looks.T @ seen).ravel(), seen.sum(axis=0) / len(seen) ** 0.5, seen.max(axis=0))
    bias = net.hidden_bias[MEDIA.index(medium) if medium in MEDIA else 0]
    hidden = np.maximum(np.concatenate(gathered) @ net.hidden + bias, 0)
    found = (hidden @ net.out + net.out_bias).tolist()
    return Scores(found[: -len(CHANNELS)], found[-len(CHANNELS) :])


def _beside(seen: Numbers, reach: int) -> Numbers:
    """Each piece between its neighbours at this distance; nothing beyond the ends."""
    wide = np.zeros((len(seen) + 2 * reach, seen.shape[1]), np.float32)
    wide[reach:-reach] = seen
    return np.concatenate((wide[: len(seen)], seen, wide[2 * reach :]), axis=1)


def _normal(seen: Numbers, layer: _Layer) -> Numbers:
    """Each row with mean 0 and variance 1, then with the layer's gain and shift."""
    size = seen.shape[1]
    seen -= np.einsum("ij->i", seen)[:, None] / size
    spread = np.einsum("ij,ij->i", seen, seen) / size
    seen *= (1 / np.sqrt(spread + EPSILON))[:, None]
    seen *= layer.gain
    seen += layer.shift
    return seen


@cache
def _network() -> _Network:
    threadpool_limits(1, "blas")  # products this small lose time on a second core
    with np.load(files("suppression.intent").joinpath("network.npz").open("rb"), allow_pickle=False) as stored:
        parts = {name: stored[name] for name in stored.files}

    def part(name: str) -> Numbers:
        return np.ascontiguousarray(parts[name], np.float32)

    layers = tuple(_Layer(*(part(f"{name}{i}") for name in _Layer._fields)) for i in range(len(REACHES)))
    rest = (part(name) for name in _Network._fields[3:])
    return _Network(parts["vectors"], part("scale"), layers, *rest)
