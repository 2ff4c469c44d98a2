"""Any message is understood: an intent, never an exception, and never more work than for a long message."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppression.intent import LANGUAGES, Label, understand

from . import checks
from .effort import tries
from .found import inputs
from .phrases import long_messages, messages
from .texts import EITHER

GIVEN = st.sampled_from([None, *LANGUAGES, "xx", ""])
MEDIA = st.sampled_from([None, "sms", "voice", "email", "chat", "pigeon"])


@pytest.fixture(scope="module", autouse=True)
def phrases_read() -> None:
    checks.read_phrases()


@pytest.mark.parametrize("found", inputs("intent"), ids=lambda it: it["reason"])
def test_what_was_found_once(found: dict[str, Any]) -> None:
    checks.intent(found["text"] * found.get("times", 1))


@tries(250)
@given(EITHER, GIVEN, MEDIA)
def test_any_text_is_understood(text: str, lang: str | None, medium: str | None) -> None:
    checks.intent(text, lang, medium)


@tries(250)
@given(messages(), GIVEN, MEDIA)
def test_its_own_phrases_in_any_order(text: str, lang: str | None, medium: str | None) -> None:
    checks.intent(text, lang, medium)


@tries(60)
@given(long_messages(), GIVEN)
def test_up_to_64_kb(text: str, lang: str | None) -> None:
    checks.intent(text, lang)


FILLERS = st.sampled_from(["😀", "🛑 ", "- ", "… ", "!", "\n", "\u200b"])


@tries(150)
@given(st.sampled_from(["STOP", "Stop", "arrêtez", "unsubscribe"]), FILLERS, st.integers(0, 1000), st.booleans())
def test_a_bare_stop_is_not_drowned(word: str, filler: str, times: int, before: bool) -> None:
    """At most a human looks at it first; a message of one word and of nothing else is no `none`, and never a start."""
    text = f"{filler * times}\n{word}" if before else f"{word} {filler * times}"
    assert understand(text).label is Label.STOP
