"""Messages made of the reader's own phrase data, shaken: what comes nearest to its rules finds their edges."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

import suppression.intent

from .texts import EITHER

FOLDER = Path(suppression.intent.__file__).parent / "phrases"
EDGES = st.sampled_from(
    [
        " ",
        " ",
        " ",
        ", ",
        ". ",
        "\n",
        "? ",
        "! ",
        "; ",
        " - ",
        "",
        "\n> ",
        ' "',
        '" ',
        " (",
        ") ",
        "'",
        "\u200b",
        "--\n",
        "\u202e",
    ]
)


@cache
def pieces() -> tuple[str, ...]:
    """Every phrase, word and spelling of the phrase files, with the notation around them and without."""
    found: dict[str, None] = {}
    for file in sorted(FOLDER.glob("*.toml")):
        for text in _texts(tomllib.loads(file.read_text(encoding="utf-8"))):
            found[text[:200]] = None
            found |= dict.fromkeys(text.translate(str.maketrans("<>()/|*_", " " * 8)).split()[:400])
    return tuple(found)


def _texts(part: Any) -> list[str]:
    if isinstance(part, str):
        return [part]
    inner = [*part.keys(), *part.values()] if isinstance(part, dict) else part
    return [text for it in inner for text in _texts(it)]


def messages(most_pieces: int = 12) -> st.SearchStrategy[str]:
    """A few pieces in any order, with anything between them."""
    piece = st.deferred(lambda: st.sampled_from(pieces())) | EITHER
    pair = st.builds(str.__add__, piece, EDGES)
    return st.lists(pair, max_size=most_pieces).map("".join)


def long_messages(longest: int = 65_536) -> st.SearchStrategy[str]:
    """A message again and again, up to 64 kB."""
    return st.builds(lambda text, times: (text * times)[:longest], messages(), st.integers(1, longest))
