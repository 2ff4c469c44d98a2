"""The language of a message, by its little words."""

from collections.abc import Sequence
from functools import lru_cache

from suppression.intent.answer import LANGUAGES
from suppression.intent.fold import EDGES
from suppression.intent.lexicon import common_words, phrasebooks

DEFAULT = "en"
"""The language of a message that has none (a bare STOP, an emoji)."""
_FEW = 6  # words: too few to tell languages well apart
_CLOSE, _CLOSE_SHORT = 0.7, 0.5  # of the best language's score: other languages that the message may switch to
_KNOWN = 0.6  # of a common word: what a word of the phrases counts


def languages_of(tokens: Sequence[str], given: str | None) -> tuple[str, ...]:
    """The languages that a message may be written in, the likeliest first; the given one stays first if it is known."""
    plain = [token for token in tokens if token not in EDGES]
    totals = map(sum, zip(*map(_scores, plain), strict=True)) if plain else [0.0] * len(LANGUAGES)
    scores = dict(zip(LANGUAGES, totals, strict=True))
    ranked = sorted(LANGUAGES, key=lambda lang: -scores[lang])
    best = scores[ranked[0]]
    if given in scores:
        ranked = [given, *(lang for lang in ranked if lang != given)]
    elif not best:
        return (DEFAULT, *(lang for lang in LANGUAGES if lang != DEFAULT))
    close = _CLOSE_SHORT if len(plain) <= _FEW else _CLOSE
    return tuple(lang for lang in ranked if lang == ranked[0] or scores[lang] >= close * best)


@lru_cache(maxsize=1 << 12)
def _scores(word: str) -> tuple[float, ...]:
    """How much a word speaks for each language."""
    common, phrases = common_words(), phrasebooks()
    return tuple((word in common[lang]) + (_KNOWN if phrases[lang].knows(word) else 0) for lang in LANGUAGES)
