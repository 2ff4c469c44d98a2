"""The notation of the phrase files."""

import pytest

from suppression.intent import LANGUAGES
from suppression.intent.lexicon import commands, lexicon
from suppression.intent.phrasebook import Phrasebook

LISTS = {"cease": "stop cease", "thing": "calls text_messages", "barrier": "not"}


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("stop calls", "please stop calls now", True),
        ("<cease> <thing>", "cease calls", True),
        ("<cease> <thing>", "stop text messages", True),  # a member of a list may be several words
        ("stop ..2 calls", "stop all these calls", True),
        ("stop ..2 calls", "stop all of these calls", False),
        ("stop ..2 calls", "stop not calls", False),  # no gap reaches over a barrier
        ("stop ..2 calls", "stop | calls", False),  # nor over the edge of a clause
        ("stop (the/) calls", "stop calls", True),
        ("call*", "they were calling", True),
        ("|| stop ||", "|| stop ||", True),
        ("|| stop ||", "|| stop | now ||", False),
    ],
)
def test_notation(phrase: str, text: str, found: bool) -> None:
    assert bool(Phrasebook(LISTS, [("kind", phrase)]).find(text.split())) is found


def test_a_hit_says_where() -> None:
    (hit,) = Phrasebook(LISTS, [("kind", "<cease> calls")]).find(["please", "stop", "calls"])
    assert (hit.kind, hit.first, hit.last) == ("kind", 1, 3)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_file_is_whole(lang: str) -> None:
    """A list that a phrase names but the file lacks fails here, not on somebody's STOP."""
    assert lexicon(lang).book.vocabulary
    assert commands()["stop"] == "stop"
