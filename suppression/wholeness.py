"""Text that can be stored and sent: JSON may hold halves of characters, which no encoding takes."""

from typing import Any


def whole(part: Any) -> Any:
    """The same piece of JSON, with a question mark for each half of a character."""
    if isinstance(part, str):
        return part.encode("utf-8", "replace").decode()
    if isinstance(part, list):
        return [whole(it) for it in part]
    return {whole(name): whole(it) for name, it in part.items()} if isinstance(part, dict) else part
