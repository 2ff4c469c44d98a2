"""Three people on file, and what the tests of the sealed record look at."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import wiring
from suppression.contact import Contact, parse
from suppression.records import ALL_CHANNELS
from suppression.service import Terms
from suppression.store import keys
from suppression.store.seals import Seals

ANNA, BRUNO, CLARA = (parse(f"+336399800{n}") for n in ("01", "02", "03"))
LATER = datetime(2100, 1, 1, tzinfo=UTC)  # everything is old by then, whatever the server's clock says today
NO_TERM = timedelta(0)


def filled(program: wiring.Program) -> dict[str, str]:
    """Three people with events, words, a proof, and checks about each; gives the ids of some verdicts."""
    service = program.service
    service.opt_out(ANNA, "default", ALL_CHANNELS, "sms", words="Arrêtez de m'appeler", key="m1")
    service.block(BRUNO, "do-not-call", "boss")
    service.permit(
        CLARA, "consent", "boss", brand="default", channels=ALL_CHANNELS, obtained_at=datetime(2026, 11, 1, tzinfo=UTC),
        proof={"text": "box ticked on the form"},
    )  # fmt: skip
    asked = {name: service.check(str(it), Terms()).id for name, it in (("anna", ANNA), ("bruno", BRUNO))}
    return asked | {"clara": service.reserve(str(CLARA), Terms()).id}


def archive_of(program: wiring.Program) -> Path:
    return program.settings.data_dir / "archive"


def seals_of(program: wiring.Program) -> Seals:
    return program.service._seals


def broken(program: wiring.Program) -> str:
    return program.service.verify_ledger().broken or ""


def move_all(program: wiring.Program, clock: Any) -> int:
    clock.now = LATER
    return program.service.archive_old(NO_TERM, NO_TERM)


def partition(contact: Contact, program: wiring.Program) -> keys.Partition:
    return program.service._store.read(contact).partition
