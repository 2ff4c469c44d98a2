"""What must hold for any input whatever, said once for hypothesis and for the coverage-guided fuzzer."""

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel

from suppression.contact import Contact, Kind, country_of, parse, parse_sender
from suppression.errors import InvalidContact, InvalidRequest
from suppression.intent import CHANNELS, LANGUAGES, Intent, Label, understand
from web.api.models import AttemptBody, BatchBody, BlockBody, CheckBody, LiftBody, OptOutBody, PermissionBody
from web.reading import model_of

MODELS: tuple[type[BaseModel], ...] = (
    CheckBody,
    BatchBody,
    OptOutBody,
    PermissionBody,
    BlockBody,
    AttemptBody,
    LiftBody,
)
MASKED = {
    Kind.PHONE: r"\+\d{1,2}\*{4,}\d\d",
    Kind.EMAIL: r".\*{3}@.\*{3}\.[a-z0-9-]+",
    Kind.TELEGRAM: r"telegram:\*{3}(\d\d)?",
    Kind.SENDER: r"sender:\*{3}(..)?",
}
MOST_CALLS = (
    4_000_000  # of functions, for one message of any length; the worst that was found makes a third of them (0.08 s)
)
MOST_SECONDS = 4  # of one processor, on a slow machine; a pattern that goes back and forth shows here


def contact(text: str, region: str) -> None:
    """A text is a contact that stays itself however often it is read, or is refused; its mask shows no middle."""
    found = _read(text, region)
    sender = parse_sender(text, region)
    assert sender == parse_sender(text, region)
    assert found in (None, sender)
    assert (sender.kind is Kind.SENDER) == (found is None)
    keeps_its_middle(sender)
    if found:
        assert _read(str(found), region) == _read(str(found), "ZZ") == found
        country_of(found)


def keeps_its_middle(of: Contact) -> None:
    """The masked form has the shape of a mask; the address can be written down."""
    assert re.fullmatch(MASKED[of.kind], of.masked, re.DOTALL)
    assert repr(of) == f"Contact({of.masked})"
    assert of.address.encode()
    assert of.address == of.address.strip()


def _read(text: str, region: str) -> Contact | None:
    try:
        return parse(text, region)
    except InvalidContact:
        return None


def read_phrases() -> None:
    """Reads all files of the reader: that work is done once, and is no message's."""
    for lang in LANGUAGES:
        understand("hello, xyzzy", lang)


def intent(text: str, lang: str | None = None, medium: str | None = None) -> None:
    """A message is understood, in bounded work, the same each time."""
    with bounded():
        found = understand(text, lang, medium)
    assert isinstance(found, Intent)
    assert found == understand(text, lang, medium)
    assert found.label in Label
    assert found.scope <= CHANNELS
    assert found.lang in LANGUAGES
    assert found.label is Label.STOP or not (found.scope or found.all_brands)
    assert all(it.encode("utf-8", "replace") for it in found.why)


@contextmanager
def bounded() -> Iterator[None]:
    """Fails where more functions are called, or more of a processor is used, than any message may cost."""
    calls = 0

    def count(_frame: Any, event: str, _arg: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before, start = sys.getprofile(), time.thread_time()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)
    assert calls <= MOST_CALLS, f"{calls} calls"
    assert time.thread_time() - start <= MOST_SECONDS, f"{time.thread_time() - start:.1f} s"


def body(model: type[BaseModel], raw: bytes) -> None:
    """A body is read into its model, which can be written down again, or refused with problems that can."""
    try:
        model_of(model, raw).model_dump_json()
    except InvalidRequest as why:
        refused = why
    else:
        return
    json.dumps([str(refused), refused.details], allow_nan=False).encode()
    assert all(len(it["field"]) <= 100 and it["problem"] for it in refused.details)
