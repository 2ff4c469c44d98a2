"""Misspelt words into the words that the phrases know, when nothing was found as written.

A word that exists is never corrected: the phrase files list those that lie one letter away from a word of ours.
"""

from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from suppression.intent.answer import LANGUAGES
from suppression.intent.fold import EDGES
from suppression.intent.lexicon import common_words, lexicon

_SHORTEST = 4  # letters; shorter words have too many neighbours
_LONG = 8  # letters from which two slips are forgiven
_MOST_CORRECTED = 40  # words of one message; bounds the work


def corrected(tokens: Sequence[str], lang: str) -> list[str]:
    """The tokens with every misspelt word replaced by the word that was meant."""
    return [_correct(token, lang) if place < _MOST_CORRECTED else token for place, token in enumerate(tokens)]


@lru_cache(maxsize=1 << 12)
def _correct(word: str, lang: str) -> str:
    known = lexicon(lang)
    if len(word) < _SHORTEST or word in EDGES or known.book.knows(word) or not word.isalpha():
        return word
    if word in known.real_words or any(word in common_words()[other] for other in LANGUAGES):
        return word
    slips = 2 if len(word) >= _LONG else 1
    found = process.extractOne(word, known.keywords, scorer=OSA.distance, score_cutoff=slips)
    return found[0] if found else word
