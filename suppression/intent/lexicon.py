"""The phrase files, read once: what the people of one language say.

Knows the layout of phrases/*.toml; does not decide anything.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from suppression.intent.answer import LANGUAGES, Label
from suppression.intent.fold import fold
from suppression.intent.phrasebook import Phrasebook, spellings

_SHORTEST_KEYWORD = 4  # letters


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language: its spellings, its polite words, its phrases."""

    lang: str
    spelling: Mapping[str, tuple[str, ...]]
    filler: frozenset[str]
    split_before: frozenset[str]
    real_words: frozenset[str]
    keywords: tuple[str, ...]
    book: Phrasebook


@cache
def lexicon(lang: str) -> Lexicon:
    """The phrases of a language, from its file."""
    file = _read(lang)
    lists = {name: " ".join(words) if isinstance(words, list) else words for name, words in file["lists"].items()}
    book = Phrasebook(lists, _phrases(file["phrases"]))
    return Lexicon(
        lang=lang,
        spelling={fold(short): tuple(fold(full).split()) for short, full in file["spelling"].items()},
        filler=folded_words(lists["filler"]),
        split_before=folded_words(lists["split_before"]),
        real_words=_real_words().get(lang, frozenset()),
        keywords=_keywords(lists, book),
        book=book,
    )


@cache
def common_words() -> Mapping[str, frozenset[str]]:
    """The little words that tell each language."""
    return {lang: folded_words(_read(lang)["common"]) for lang in LANGUAGES}


@cache
def phrasebooks() -> Mapping[str, Phrasebook]:
    """The phrases of every language."""
    return {lang: lexicon(lang).book for lang in LANGUAGES}


@cache
def commands() -> Mapping[str, Label]:
    """Every bare command of every language, its words written together."""
    found: dict[str, Label] = {}
    for lang in reversed(LANGUAGES):
        for label, words in _read(lang)["commands"].items():
            spelled = (s for word in words.split() for s in spellings(word))
            found |= {word.replace("_", ""): Label(label) for word in spelled}
    return found


@cache
def polite_words() -> frozenset[str]:
    """The words of every language that may stand around a command without changing it."""
    return frozenset().union(*(folded_words(_read(lang)["polite"]) for lang in LANGUAGES))


def _keywords(lists: Mapping[str, str], book: Phrasebook) -> tuple[str, ...]:
    """The words worth correcting a typo to: the longer ones of the lists that phrases are made of."""
    names = [name for name in lists if name not in ("filler", "barrier") and not name.startswith("about_")]
    listed = folded_words(" ".join(lists[name] for name in names))
    return tuple(sorted(word for word in listed & book.vocabulary if len(word) >= _SHORTEST_KEYWORD and word.isalpha()))


@cache
def _real_words() -> Mapping[str, frozenset[str]]:
    """Words that exist, one letter away from a keyword, by language."""
    path = files("suppression.intent") / "phrases" / "real_words.toml"
    return {lang: folded_words(words) for lang, words in tomllib.loads(path.read_text(encoding="utf-8")).items()}


def folded_words(text: str) -> frozenset[str]:
    """The words of a list, each spelling of them folded."""
    return frozenset(spelled for word in text.split() for spelled in spellings(word))


def _phrases(tables: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    for kind, phrases in tables.items():
        for phrase in phrases:
            yield kind, phrase


@cache
def _read(lang: str) -> dict[str, Any]:
    path = files("suppression.intent") / "phrases" / f"{lang}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
