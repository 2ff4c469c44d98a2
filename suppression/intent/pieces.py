"""Words into pieces that a vocabulary knows: the likeliest cut of each word.

A unigram language model over pieces (Kudo 2018, "Subword Regularization"), as SentencePiece cuts words. The pieces are
kept as checksums: a tenth of the memory of so many strings, and one foreign piece in a hundred thousand is taken for one.
"""

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

UNKNOWN = 0
"""The number of a letter that no piece has."""
WORD_START = "▁"
"""Stands before the first letter of a word."""
LONGEST = 16
"""Letters of the longest piece."""
_LONGEST_WORD = 40
_MOST = 240  # pieces of a long message; bounds the work
_UNLIKELY = -25.0  # log-likelihood of a letter that no piece has
_RUN = re.compile(r"(\D)\1{2,}")


class Vocabulary(NamedTuple):
    """Checksums of the pieces, ascending, and the log-likelihood of each; pieces are numbered from 1 in this order."""

    checksums: NDArray[np.uint32]
    scores: NDArray[np.float32]


def pieces_of(plain: str) -> list[int]:
    """The numbers of the pieces of a cleaned text, word by word."""
    found: list[int] = []
    for word in _RUN.sub(r"\1", plain).split():
        found += _cut(word[:_LONGEST_WORD])
        if len(found) >= _MOST:
            break
    return found[:_MOST]


def checksum(piece: str) -> int:
    """What stands for a piece in the vocabulary."""
    return crc32(piece.encode("utf-8", "replace"))


@lru_cache(maxsize=1 << 12)
def _cut(word: str) -> tuple[int, ...]:
    """The likeliest cut of a word: for each place the best way to get there, then the way back."""
    text = WORD_START + word
    spans = [
        (start, end) for start in range(len(text)) for end in range(start + 1, min(start + LONGEST, len(text)) + 1)
    ]
    numbers, scores = _look_up([text[start:end] for start, end in spans])
    best = [0.0] + [float("-inf")] * len(text)
    came: list[tuple[int, int]] = [(0, UNKNOWN)] * (len(text) + 1)
    for (start, end), number, score in zip(spans, numbers, scores, strict=True):
        likely = score if number else _UNLIKELY if end == start + 1 else None
        if likely is not None and best[start] + likely > best[end]:
            best[end], came[end] = best[start] + likely, (start, number)
    found, place = [], len(text)
    while place:
        place, number = came[place]
        found.append(number)
    return tuple(reversed(found))


def _look_up(texts: list[str]) -> tuple[list[int], list[float]]:
    known = vocabulary()
    wanted = np.fromiter(map(checksum, texts), np.uint32, len(texts))
    places = np.minimum(np.searchsorted(known.checksums, wanted), len(known.checksums) - 1)
    numbers = np.where(known.checksums[places] == wanted, places + 1, UNKNOWN)
    return numbers.tolist(), known.scores[places].tolist()


@cache
def vocabulary() -> Vocabulary:
    """The pieces that are known."""
    with np.load(files("suppression.intent").joinpath("pieces.npz").open("rb"), allow_pickle=False) as stored:
        return Vocabulary(stored["checksums"], stored["scores"].astype(np.float32))
