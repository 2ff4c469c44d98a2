"""What the second signal sees of a message: pieces of words, words, the lists they belong to, phrases found.

The same for training and for reading. Features are hashed into places; a group of features weighs as much in a short
message as in a long one.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

from suppression.intent.fold import EDGES
from suppression.intent.phrasebook import Hit, Phrasebook

BUCKETS = 1 << 16
"""Features are hashed into so many places."""
_MOST_TOKENS = 120  # of a long message; bounds the work
_LONGEST_WORD = 14  # letters of a word that are looked at
_SIZES = (3, 4, 5)  # letters of a piece
_REACH = 3  # words over which two lists are seen together
_NOT_CONCEPTS = frozenset({"<barrier>", "<filler>", "<split_before>"})


def groups(tokens: Sequence[str], book: Phrasebook, hits: Sequence[Hit]) -> tuple[set[int], ...]:
    """The places of a message's features, by group."""
    short = tokens[:_MOST_TOKENS]
    concepts = list(_concepts(short, book))
    return (
        {_place(f"w{token}") for token in short},
        {_place(f"p{one} {other}") for one, other in pairwise(short)},
        set().union(*(_pieces(token) for token in short if token not in EDGES)),
        {_place(f"k{concept}") for concept in concepts},
        {_place(f"q{pair}") for pair in _pairs(concepts)},
        {_place(f"h{finding}") for finding in _findings(hits, len(tokens))},
    )


@lru_cache(maxsize=1 << 14)
def _place(feature: str) -> int:
    return crc32(feature.encode("utf-8", "replace")) % BUCKETS


@lru_cache(maxsize=1 << 12)
def _pieces(token: str) -> frozenset[int]:
    word = f" {token[:_LONGEST_WORD]} "
    return frozenset(
        crc32(f"c{word[start : start + size]}".encode("utf-8", "replace")) % BUCKETS
        for size in _SIZES
        for start in range(len(word) - size + 1)
    )


def _concepts(tokens: Iterable[str], book: Phrasebook) -> Iterator[str]:
    for token in tokens:
        if token in EDGES:
            yield token
            continue
        yield from (label for label in book.labels(token) if label[0] == "<" and label not in _NOT_CONCEPTS)


def _pairs(concepts: Sequence[str]) -> Iterator[str]:
    for place, concept in enumerate(concepts):
        for other in concepts[place + 1 : place + 1 + _REACH]:
            yield f"{concept} {other}"


def _findings(hits: Sequence[Hit], length: int) -> Iterator[str]:
    kinds = [hit.kind for hit in hits]
    found = sorted(set(kinds))
    for kind in found:
        yield kind
        yield f"{kind}{min(kinds.count(kind), 3)}"
    yield from map(" ".join, pairwise(found))
    yield f"length{min(length, 60).bit_length()}"
