"""Characters into plain words: what a reader sees, however it was typed.

Does not know what any word means.
"""

import re
import unicodedata
from functools import lru_cache

# Letters of other alphabets that look Latin, as spam filters meet them; every language here is written in Latin.
_LOOK_ALIKES = str.maketrans(
    "авекмнорстухіјѕԁһӏԛԝꓳꓢꓔꓑαβεζηικμνορτυχγωøłđıŧ",
    "abekmhopctyxijsdhlqwostpabezhikmvoptuxywoldit",
)
_APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼ´`′ʹ＇‛"), "'")
_HIDDEN = frozenset({"Cf", "Mn", "Me", "Cs", "Co", "Cn"})  # zero-width, bidi, accents, lone surrogates, unassigned
_EMAIL_OR_LINK = re.compile(r"[^\s@]{1,64}@[^\s@]{1,64}\.\w+|https?://\S+|www\.\S+")
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W\d_](?:[ .\-_*•·]{1,2})){2,11}[^\W\d_](?![^\W_])")
_ELISION = re.compile(r"([^\W_]+)'(?=([^\W_]*))")
_RUN = re.compile(r"([^\W\d_])\1{2,}")
_E_MAIL = re.compile(r"\be[ -]?mail")
_WORD = re.compile(r"[^\W_](?:[\w@$€*]*[^\W_])?[$@]?|[$@][^\W\d_]{2,}|[^\w\s]|\n", re.UNICODE)
_LEET = str.maketrans("0134578@$€!*", "oieastbaseio")
_EDGES = {",": ",", ":": ",", "(": ",", ")": ",", "-": "", ";": ".", ".": ".", "!": ".", "?": "?", "\n": "."}
_ENDS = frozenset(".?")

EDGE = "|"
"""The token between two clauses."""
STOP_EDGE = "."
"""The token between two sentences."""
QUESTION = "?"
"""The token after a question."""
MESSAGE_EDGE = "||"
"""The token at both ends of the message."""
EDGES = frozenset({EDGE, STOP_EDGE, QUESTION, MESSAGE_EDGE})
"""Every token that is no word; no gap of a phrase reaches over one."""


def clean(text: str) -> str:
    """Lower case without hidden marks, foreign look-alikes or links; accents, signs and emoji stay."""
    if text.isascii():
        plain = text.replace("`", "'").lower()
    else:
        plain = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).lower().translate(_PLAIN)
    return _EMAIL_OR_LINK.sub(" ", plain) if "@" in plain or "://" in plain or "www." in plain else plain


def unaccented(plain: str) -> str:
    """A cleaned text in the letters of the English alphabet."""
    return plain if plain.isascii() else unicodedata.normalize("NFKD", plain.casefold()).translate(_PLAIN)


def fold(text: str) -> str:
    """A text cleaned, and without its accents."""
    return unaccented(clean(text))


class _Plain(dict[int, int | str | None]):
    """What each character is read as; bounded by Unicode itself, and most messages use a few dozen."""

    def __missing__(self, code: int) -> int | None:
        char = chr(code)
        self[code] = read = None if char not in "\n\t" and unicodedata.category(char) in _HIDDEN else code
        return read


_PLAIN = _Plain(_LOOK_ALIKES)


def words(folded: str) -> list[str]:
    """The words of a folded text, with a token for each edge of a clause, a sentence and the message."""
    plain = _ELISION.sub(_elide, folded) if "'" in folded else folded
    plain = _SPACED.sub(lambda m: re.sub(r"[^\w]|_", "", m[0]), plain)
    plain = _E_MAIL.sub("email", plain) if "mail" in plain else plain
    tokens = [MESSAGE_EDGE]
    for token in _WORD.findall(plain):
        _append(tokens, token)
    if tokens[-1] in EDGES and len(tokens) > 1:
        tokens.pop()
    tokens.append(MESSAGE_EDGE)
    return tokens


def _append(tokens: list[str], token: str) -> None:
    edge = _EDGES.get(token)
    if edge is None:
        if token[0].isalnum() or token[0] in "$@" or ord(token[0]) > 0x2000:
            tokens.append(token)
        return
    if not edge:
        return
    kind = EDGE if edge == "," else edge
    if tokens[-1] not in EDGES:
        tokens.append(kind)
    elif tokens[-1] == EDGE:
        tokens[-1] = kind


def _elide(found: re.Match[str]) -> str:
    """don't -> dont, but m'appelez -> m appelez: elided little words stand before a vowel."""
    head, tail = found[1], found[2]
    french = len(head) == 1 and head in "cdjlmnst" and len(tail) > 2
    return f"{head} " if tail[:1] in tuple("aeiouyh") or french else head


@lru_cache(maxsize=1 << 12)
def variants(word: str) -> tuple[str, ...]:
    """How a word that nobody knows may have been meant: repeated letters, digits and signs for letters."""
    found: dict[str, None] = {}
    for base in (word, word.translate(_LEET), word.translate(_LEET).replace("i", "l")):
        found[_RUN.sub(r"\1\1", base)] = None
        found[_RUN.sub(r"\1", base)] = None
    found.pop(word, None)
    return tuple(found) if not word.isdigit() else ()
