"""The forms of the first page, as a browser reads them."""

import re


def form_of(page: str) -> dict[str, str]:
    """The hidden fields, that every form of the page carries."""
    return {it: re.search(rf'name="{it}" value="([^"]*)"', page)[1] for it in ("csrf", "phone")}  # type: ignore[index]
