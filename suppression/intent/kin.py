"""Words of the same meaning, across languages: "rappeler", "llamar" and "anrufen" are kin.

The groups are data (kin.txt): a line is close kin, a paragraph wide kin. Does not say what a group means.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Kin(NamedTuple):
    """The groups that a word belongs to, by number."""

    wide: int
    close: int


def kin_of(word: str) -> Kin | None:
    """The groups of a word, if it is in any."""
    return _kin().get(word)


@cache
def _kin() -> Mapping[str, Kin]:
    text = (files("suppression.intent") / "kin.txt").read_text(encoding="utf-8")
    found: dict[str, Kin] = {}
    close = 0
    for wide, paragraph in enumerate(text.split("\n\n")):
        for line in paragraph.splitlines():
            found |= dict.fromkeys(line.split(), Kin(wide, close))
            close += 1
    return found
