"""Long answers in pieces."""

import pytest

from bot.replies import split


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("short", ["short"]),
        ("ab\ncde\nf", ["ab\n", "cde\nf"]),  # at the end of a line
        ("abcdefgh", ["abcdef", "gh"]),  # where there is none, anywhere
        ("😀😀😀😀", ["😀😀😀", "😀"]),  # each counts twice (UTF-16)
        ("abcdef\n", ["abcdef"]),
        ("\n\n\n\n\n\n\n\n", []),
    ],
)
def test_a_text_is_cut_where_telegram_wants_and_readers_do_not_mind(text: str, pieces: list[str]) -> None:
    assert [it for it in split(text, 6) if it.strip()] == [it for it in pieces if it.strip()]
    assert all(len(it.encode("utf-16-le")) // 2 <= 6 for it in split(text, 6))
