"""The notation of the phrase files, and phrases as a net that reads a message once, from left to right.

A phrase is words in order. `<name>` is any word of that list, `(a/b/)` one of these or nothing, `..3` up to three words
between, `word*` a word that begins so, `|` the edge of a clause, `||` an end of the message.
Does not know what a phrase stands for.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from suppression.intent.fold import EDGE, EDGES, MESSAGE_EDGE, fold

_PIECES = re.compile(r"\([^)]*\)|\S+")
_SINGLE = re.compile(r"[^\s<>|_.()]+")
_SEEN_MAX = 4_000  # words whose labels are remembered; words only, never whole messages


class Hit(NamedTuple):
    """A phrase found in tokens[first:last]."""

    kind: str
    first: int
    last: int
    phrase: str


class _Step(NamedTuple):
    label: str
    gap: int


class _Word(NamedTuple):
    """What a word is to the phrases: its labels, whether no gap reaches over it, where it leads at their beginning."""

    labels: Mapping[str, None]
    barrier: bool
    leads: bool  # a word of no phrase leads nowhere
    starting: tuple["_Node", ...]


@dataclass(slots=True)
class _Node:
    gap: int = 0
    edges: dict[str, tuple["_Node", ...]] = field(default_factory=dict)
    ends: tuple[tuple[str, str], ...] = ()


class Phrasebook:
    """Lists of words and the phrases made of them, ready to be found in a message."""

    def __init__(self, lists: Mapping[str, str], phrases: Iterable[tuple[str, str]]) -> None:
        self._lists = {name: _members(name, lists) for name in lists}
        self._labels: dict[str, set[str]] = {}
        self._prefixes: dict[str, set[str]] = {}
        self._root = _Node()
        self._seen: dict[str, _Word] = {}
        for name, members in self._lists.items():
            for word in members:
                self._learn(word, f"<{name}>")
        for kind, phrase in phrases:
            self._add(kind, phrase)

    @property
    def vocabulary(self) -> frozenset[str]:
        """Every whole word that the phrases know."""
        return frozenset(self._labels)

    def knows(self, word: str) -> bool:
        """Whether some phrase uses this word."""
        return len(self.labels(word)) > 1

    def labels(self, word: str) -> Mapping[str, None]:
        """The word itself, and the lists and beginnings that it belongs to."""
        return (self._seen.get(word) or self._look_up(word)).labels

    def _look_up(self, word: str) -> _Word:
        if len(self._seen) >= _SEEN_MAX:
            self._seen.clear()
        labels = dict.fromkeys(self._find_labels(word))
        edge = word in EDGES
        starting = tuple(_next(self._root.edges, labels))
        found = self._seen[word] = _Word(labels, edge or "<barrier>" in labels, edge or len(labels) > 1, starting)
        return found

    def _find_labels(self, word: str) -> Iterator[str]:
        yield word
        if word in EDGES:
            yield from {EDGE} - {word}
            return
        found = set(self._labels.get(word, ()))
        for size in range(2, len(word) + 1):
            found |= self._prefixes.get(word[:size], set())
        yield from sorted(found - {word})
        if word in self._labels and not found - {word}:
            yield f"={word}"

    def _learn(self, word: str, label: str) -> None:
        table, key = (self._prefixes, word[:-1]) if word.endswith("*") else (self._labels, word)
        table.setdefault(key, set()).add(label)

    def _add(self, kind: str, phrase: str) -> None:
        for steps in self._expand(phrase):
            node = self._root
            for step in steps:
                node = _child(node, step)
            node.ends = tuple(dict.fromkeys((*node.ends, (kind, phrase))))

    def _expand(self, phrase: str) -> Iterator[list[_Step]]:
        choices = [self._choices(piece) for piece in _PIECES.findall(phrase)]
        for combination in itertools.product(*choices):
            yield _steps([label for part in combination for label in part])

    def _choices(self, piece: str) -> list[tuple[str, ...]]:
        if piece.startswith("("):
            return self._alternatives(piece)
        if piece.startswith(".."):
            return [(piece,)]
        if piece.startswith("<"):
            many = (member.split("_") for member in self._lists[piece[1:-1]] if "_" in member)
            return [(piece,), *(tuple(map(self._word, words)) for words in many)]
        return [(self._word(spelled),) for spelled in spellings(piece)]

    def _alternatives(self, piece: str) -> list[tuple[str, ...]]:
        """The options of a piece; single words become one label, which keeps the net small."""
        options = piece[1:-1].split("/")
        singles = [option.strip() for option in options if _SINGLE.fullmatch(option.strip())]
        for word in singles:
            for spelled in spellings(word):
                self._learn(spelled, piece)
        others = [choice for option in options if option.strip() not in singles for choice in self._option(option)]
        return [(piece,), *others] if singles else others

    def _option(self, option: str) -> list[tuple[str, ...]]:
        parts = [self._choices(piece) for piece in option.split()]
        return [tuple(itertools.chain(*combination)) for combination in itertools.product(*parts)]

    def _word(self, word: str) -> str:
        if word not in (EDGE, MESSAGE_EDGE):
            self._learn(word, word)
        return word

    def find(self, tokens: Sequence[str]) -> list[Hit]:
        """Every place where a phrase stands, in order of its end."""
        hits: list[Hit] = []
        active: list[tuple[_Node, int, int]] = []
        seen = self._seen.get
        for place, token in enumerate(tokens):
            labels, barrier, leads, starting = seen(token) or self._look_up(token)
            following = [] if barrier else [(node, first, spare - 1) for node, first, spare in active if spare]
            if leads:
                elsewhere = labels.keys().isdisjoint  # most lead nowhere from here: asked first, as it is cheap
                reached = [
                    (child, first)
                    for node, first, _ in active
                    if not elsewhere(node.edges)
                    for child in _next(node.edges, labels)
                ]
                reached += [(child, place) for child in starting]
                for child, first in reached:
                    if child.edges:
                        following.append((child, first, child.gap))
                    if child.ends:
                        hits.extend(Hit(kind, first, place + 1, phrase) for kind, phrase in child.ends)
            active = following
        return hits


def _next(edges: Mapping[str, tuple[_Node, ...]], labels: Mapping[str, None]) -> Iterable[_Node]:
    """Where a word leads: the smaller of the two tables is walked."""
    if len(edges) <= len(labels):
        return [child for label, children in edges.items() if label in labels for child in children] if edges else ()
    return [child for label in labels if label in edges for child in edges[label]]


def spellings(word: str) -> tuple[str, ...]:
    """A word folded, and with its umlauts written out where it has some (hören: horen, hoeren)."""
    if word.isascii() and word.isalnum():
        return (word.lower(),)
    plain = fold(word)
    spelled = fold(word.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue"))
    return (plain,) if plain == spelled else (plain, spelled)


def _members(name: str, lists: Mapping[str, str]) -> tuple[str, ...]:
    members: dict[str, None] = {}
    for word in lists[name].split():
        inner = _members(word[1:-1], lists) if word.startswith("<") else spellings(word)
        members.update(dict.fromkeys(inner))
    return tuple(members)


def _steps(labels: list[str]) -> list[_Step]:
    steps: list[_Step] = []
    for label in labels:
        if label.startswith(".."):
            steps[-1:] = [_Step(step.label, int(label[2:])) for step in steps[-1:]]
        else:
            steps.append(_Step(label, 0))
    return steps


def _child(node: _Node, step: _Step) -> _Node:
    siblings = node.edges.get(step.label, ())
    for child in siblings:
        if child.gap == step.gap:
            return child
    child = _Node(step.gap)
    node.edges[step.label] = (*siblings, child)
    return child
