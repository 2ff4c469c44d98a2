"""Inputs that once made something fail, each with the reason; every one is tried again by the test of its subject."""

import json
from pathlib import Path
from typing import Any


def inputs(subject: str) -> list[dict[str, Any]]:
    """The inputs of one subject, oldest first."""
    file = Path(__file__).parent / f"{subject}.json"
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    return found
