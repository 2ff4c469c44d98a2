"""Coverage-guided fuzzing (`make fuzz-deep`): `python -m tests.fuzz.atheris_targets SUBJECT [libFuzzer's options]`.

What fails is printed as a line for tests/fuzz/found/, where the tests try it again for ever.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris

LOOKED_INTO = [
    "suppression.contact",
    "suppression.intent",
    "web.reading",
    "web.api.models",
    "phonenumbers.phonenumberutil",
]
with atheris.instrument_imports(include=LOOKED_INTO):
    from . import checks
    from .phrases import pieces

SEEDS = {
    "contact": ["+33612345678", "06 12 34 56 78 ext. 3", "mailto:Zoé@exämple.fr?subject=x", "telegram:123456", "tel:+1-202-555-0143"],
    "intent": [it for it in pieces() if " " in it][::20],
    "body": ["x" * size for size in (1, 40, 200)],
}  # fmt: skip
WORDS = (
    None,
    True,
    False,
    "all",
    "sms",
    "voice",
    "consent",
    "contract",
    "answered",
    "consumer",
    "2026-11-24T10:00:00Z",
    "+33612345678",
    "do-not-call",
    "fr",
)
TONGUES = (None, "fr", "en", "es", "de", "it", "pt", "nl")


def contact(data: bytes) -> dict[str, Any]:
    """The region is the first two characters."""
    text = _text(data)
    return {"text": text[2:], "region": text[:2]}


def intent(data: bytes) -> dict[str, Any]:
    """The language is in the last byte."""
    return {"text": _text(data[:-1]), "lang": TONGUES[data[-1] % len(TONGUES)] if data else None}


def body(data: bytes) -> dict[str, Any]:
    """Bytes as they are, or fields of the model with values of any shape."""
    given = atheris.FuzzedDataProvider(data)
    model = given.ConsumeIntInRange(0, len(checks.MODELS) - 1)
    if given.ConsumeBool():
        return {"model": model, "raw": given.ConsumeBytes(len(data)).decode("latin-1")}
    names = sorted(checks.MODELS[model].model_fields)
    fields = {_name(given, names): _value(given, 4) for _ in range(given.ConsumeIntInRange(0, 8))}
    return {
        "model": model,
        "raw": json.dumps(fields, ensure_ascii=given.ConsumeBool()).encode("utf-8", "surrogatepass").decode("latin-1"),
    }


def _name(given: Any, names: list[str]) -> str:
    return str(given.PickValueInList([*names, given.ConsumeUnicode(8)]))


def _value(given: Any, depth: int) -> Any:
    kind = given.ConsumeIntInRange(0, 9 if depth else 6)
    if kind < 3:
        return given.ConsumeUnicode(given.ConsumeIntInRange(0, 60))
    if kind < 5:
        return given.PickValueInList([*WORDS, given.ConsumeInt(9), given.ConsumeFloat()])
    if kind == 5:
        return f"{given.ConsumeIntInRange(0, 9999):04}-11-24T10:00:{given.ConsumeIntInRange(0, 61):02}{given.ConsumeUnicode(6)}"
    if kind < 8:
        return [_value(given, depth - 1) for _ in range(given.ConsumeIntInRange(0, 4))] if depth else None
    return {given.ConsumeUnicode(6): _value(given, depth - 1) for _ in range(given.ConsumeIntInRange(0, 4))}


def check_body(model: int, raw: str) -> None:
    """One body against one model."""
    checks.body(checks.MODELS[model], raw.encode("latin-1"))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


SUBJECTS: dict[str, tuple[Callable[[bytes], dict[str, Any]], Callable[..., None]]] = {
    "contact": (contact, checks.contact),
    "intent": (intent, checks.intent),
    "body": (body, check_body),
}


def target(subject: str) -> Callable[[bytes], None]:
    """What libFuzzer calls."""
    made, check = SUBJECTS[subject]

    def one(data: bytes) -> None:
        given = made(data)
        try:
            check(**given)
        except BaseException as wrong:
            sys.stderr.write(f"{json.dumps({**given, 'reason': repr(wrong)[:200]})}\n")
            raise

    return one


def main() -> None:
    """Fuzzes until told to stop, from a few seeds."""
    subject, *options = sys.argv[1:]
    checks.read_phrases()
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(SEEDS[subject]):
            (Path(folder) / str(number)).write_bytes((b"FR" if subject == "contact" else b"") + seed.encode() + b"\1")
        atheris.Setup([sys.argv[0], *options, folder], target(subject))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
