"""How hard the fuzz tests try: the same inputs each time in CI; with `make fuzz`, as many times more of them, and new ones."""

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings

TIMES = int(os.environ.get("FUZZ_TIMES") or 0)


def tries(count: int) -> Callable[[Any], Any]:
    """That many inputs for a test, or FUZZ_TIMES as many."""
    return settings(
        max_examples=count * (TIMES or 1),
        derandomize=not TIMES,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
