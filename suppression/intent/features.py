"""What the linear model sees of a message: pieces of words, words beside lists, lists beside lists, phrases found.

The same for training and for reading. Features are hashed into places; a group of features weighs as much in a short
message as in a long one.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zlib import crc32

from suppression.intent.fold import EDGE, EDGES
from suppression.intent.lexicon import lexicon
from suppression.intent.phrasebook import Hit

BUCKETS = 1 << 18
"""Features are hashed into so many places."""
_MASK = BUCKETS - 1
_MOST_TOKENS = 160  # of a long message; bounds the work
_LONGEST_WORD = 14  # letters of a word that are looked at
_STEM = 5  # letters that stand for every form of a word
_SIZES = (3, 4, 5)  # letters of a piece
_REACH = 4  # words over which a word is seen beside a list
_REACH_OF_LISTS = 3  # lists over which two lists are seen together
_NOT_CONCEPTS = frozenset({"<barrier>", "<filler>", "<split_before>"})
_TELLING = frozenset(
    {"stop_firm", "stop", "threat", "maybe", "start", "help", "erase", "guard", "other_matter", "weary"}
)

_ABOUT = "<about_"  # lists that are seen beside lists only, not beside every word
_BEFORE_LIST, _AFTER_LIST = 7_919, 104_729  # tell kinds of pairs apart


class Seen(NamedTuple):
    """The places of a message's features: the pieces of each word, and the other groups."""

    pieces: list[tuple[int, ...]]
    groups: tuple[list[int], ...]


class _Word(NamedTuple):
    """The places of one word."""

    whole: int
    left: int
    stem: int
    concepts: tuple[int, ...]
    lists: tuple[int, ...]
    pieces: tuple[int, ...]


def seen_in(tokens: Sequence[str], lang: str, hits: Sequence[Hit], medium: str | None) -> Seen:
    """Everything that the linear model sees of a message."""
    short = tokens[:_MOST_TOKENS]
    words = [_word(token, lang) for token in short]
    sentences = [[word for word in sentence if word is not _COMMA] for sentence in _sentences(short, words)]
    lists = [concept for word in words for concept in word.lists]
    return Seen(
        [word.pieces for word in words if word.pieces],
        (
            [word.whole for word in words],
            [(one.whole * 3 + other.whole) & _MASK for one, other in pairwise(words)],
            lists,
            _pairs(lists),
            _bridges(sentences),
            _shape(short, medium),
            [_place(finding) for finding in _findings(hits)],
            [_place(f"i{hit.kind} {hit.phrase}") for hit in hits if hit.kind in _TELLING],
        ),
    )


def _sentences(tokens: Sequence[str], words: Sequence[_Word]) -> Iterator[Sequence[_Word]]:
    """The words of each sentence, its end left out."""
    ends = [place for place, token in enumerate(tokens) if token in EDGES and token != EDGE]
    for first, last in pairwise([-1, *ends, len(tokens)]):
        if last - first > 1:
            yield words[first + 1 : last]


def _bridges(sentences: Sequence[Sequence[_Word]]) -> list[int]:
    """Every list in reach of a word."""
    found: list[int] = []
    for words in sentences:
        listed = [(place, word) for place, word in enumerate(words) if word.concepts]
        for place, word in listed:
            for concept in word.concepts:
                before, after = concept * 3 + _BEFORE_LIST, concept * 5 + _AFTER_LIST
                found += [(other.left + before) & _MASK for other in words[max(place - _REACH, 0) : place]]
                found += [(other.stem + after) & _MASK for other in words[place + 1 : place + 1 + _REACH]]
    return found


def _pairs(lists: Sequence[int]) -> list[int]:
    """Every two lists in each other's reach."""
    return [
        (one * 9 + other) & _MASK
        for away in range(1, _REACH_OF_LISTS + 1)
        for one, other in zip(lists, lists[away:], strict=False)
    ]


@lru_cache(maxsize=1 << 12)
def _place(feature: str) -> int:
    return crc32(feature.encode("utf-8", "replace")) & _MASK


@lru_cache(maxsize=1 << 12)
def _word(token: str, lang: str) -> _Word:
    if token in EDGES:
        edge = _place(f"w{token}")
        return _Word(edge, 0, 0, (), (_place(f"k{token}"),), ()) if token != EDGE else _COMMA
    labels = lexicon(lang).book.labels(token)
    lists = [label for label in labels if label[0] == "<" and label not in _NOT_CONCEPTS]
    concepts = tuple(_place(f"k{label}") for label in lists if not label.startswith(_ABOUT))
    stem = _place(f"s{token[:_STEM]}")
    return _Word(
        _place(f"w{token}"),
        stem * 5,
        stem,
        concepts,
        tuple(_place(f"k{label}") for label in lists),
        _pieces(token),
    )


def _pieces(token: str) -> tuple[int, ...]:
    word = f" {token[:_LONGEST_WORD]} "
    return tuple(_place(f"c{word[start : start + size]}") for size in _SIZES for start in range(len(word) - size + 1))


def _findings(hits: Sequence[Hit]) -> Iterator[str]:
    kinds = [hit.kind for hit in hits]
    found = sorted(set(kinds))
    for kind in found:
        yield f"h{kind}"
        yield f"h{kind}{min(kinds.count(kind), 3)}"
    yield from map("h{0[0]} {0[1]}".format, pairwise(found))


def _shape(tokens: Sequence[str], medium: str | None) -> list[int]:
    size = min(len(tokens), 60).bit_length()
    return [_place(f"length{size}"), _place(f"medium{medium}"), _place(f"medium{medium}{size}")]


_COMMA = _Word(_place(f"w{EDGE}"), 0, 0, (), (_place(f"k{EDGE}"),), ())
