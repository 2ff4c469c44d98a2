"""What we say to people: one TOML file per door, one table per language; a native speaker edits it without reading code."""

import tomllib
from functools import cache
from importlib.resources import files

FALLBACK = "en"


def say(door: str, key: str, lang: str, **values: object) -> str:
    """The text of a door (`sms`, `voice`, `bot` …) in a language, English where there is none in it."""
    texts = _texts(door)
    text = texts.get(lang, {}).get(key) or texts[FALLBACK][key]
    return text.format(**values) if values else text


def languages(door: str) -> tuple[str, ...]:
    """The languages that a door speaks."""
    return tuple(_texts(door))


@cache
def _texts(door: str) -> dict[str, dict[str, str]]:
    return tomllib.loads(files("suppression.texts").joinpath(f"{door}.toml").read_text(encoding="utf-8"))
