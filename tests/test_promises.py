"""docs/promises.md names tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs" / "promises.md").read_text())


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_promise_names_a_test_that_exists(file: str, test: str) -> None:
    text = (ROOT / file).read_text() if (ROOT / file).exists() else ""
    assert text
    assert f"def {test}" in text or not test


def test_every_law_of_the_house_has_its_line() -> None:
    promises = (ROOT / "docs" / "promises.md").read_text()
    laws = re.findall(r"^(\d+)\. \*\*", (ROOT / "docs" / "domain.md").read_text(), re.MULTILINE)
    assert len(laws) == 10
    assert all(f"| {law} |" in promises for law in laws)
