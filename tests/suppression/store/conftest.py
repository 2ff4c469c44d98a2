"""A program whose three people lie in three partitions, with this secret."""

from collections.abc import Callable

import pytest

import wiring


@pytest.fixture
def program(build: Callable[..., wiring.Program]) -> wiring.Program:
    return build(STOPLISTE_SECRET="a secret for these tests, long enough")
