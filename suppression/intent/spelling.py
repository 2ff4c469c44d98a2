"""Tokens as one language would have written them: text speak, fillers, repeated letters.

Does not correct typos: typos.py does, and only where nothing was found.
"""

from collections.abc import Sequence

from suppression.intent.fold import EDGE, EDGES, variants
from suppression.intent.lexicon import Lexicon


def spell(tokens: Sequence[str], known: Lexicon) -> list[str]:
    """The tokens with text speak written out, fillers left out and clauses split before "but"."""
    plain: list[str] = []
    for token in tokens:
        if token in known.filler:
            continue
        if token in known.split_before and plain[-1] not in EDGES:
            plain.append(EDGE)
        plain.extend(known.spelling.get(token) or _meant(token, known))
    return plain


def _meant(token: str, known: Lexicon) -> tuple[str, ...]:
    if token in EDGES or known.book.knows(token):
        return (token,)
    for other in variants(token):
        if known.book.knows(other) or other in known.spelling:
            return known.spelling.get(other, (other,))
    return (token,)
