"""Any input gets an answer, and the same one each time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppression.intent import Intent, understand

HOSTILE = {
    "empty": "",
    "blank": " \n\t ",
    "64 kB of one word": "stop " * 13_000,
    "64 kB without a space": "a" * 65_536,
    "64 kB of one sign": "!" * 65_536,
    "64 kB of quotes": '"' * 65_536,
    "64 kB of spaced letters": "s " * 32_768,
    "64 kB of quoted lines": "> stop\n" * 9_000,
    "64 kB of e-mail signs": "@." * 32_768,
    "64 kB of combining accents": "e" + "\u0301" * 65_535,
    "binary": "".join(map(chr, range(256))) * 8,
    "lone surrogates": "\ud800STOP\udfff",
    "not in any language": "電話しないでください",
    "digits": "0639980000 " * 50,
    "notation of the phrase files": "<cease> ..4 | || (a/b/) *",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_gets_an_answer(name: str) -> None:
    assert isinstance(understand(HOSTILE[name]), Intent)


def test_a_lone_surrogate_hides_nothing() -> None:
    assert understand("\ud800STOP\udfff").label == "stop"


@given(st.text(), st.sampled_from([None, "fr", "xx", ""]), st.sampled_from([None, "sms", "pigeon"]))
def test_any_text_any_language_any_medium(text: str, lang: str | None, medium: str | None) -> None:
    assert understand(text, lang, medium) == understand(text, lang, medium)
