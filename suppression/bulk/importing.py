"""Lists from a file: opt-outs, permissions each with its proof, or a list of the company's own.

Each row is one change under a key made of the file's digest and the row's line, so a broken import is simply run again. What cannot
be recorded is told with its line, and nothing else is held up by it.
"""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, get_args

from suppression.bulk.columns import folded, positions
from suppression.bulk.rows import Row, Table, Unreadable
from suppression.bulk.values import channels_in, instant_in, names_in, yes_in
from suppression.errors import InvalidContact, InvalidRequest, KeyReused
from suppression.records import ALL_CHANNELS, Basis
from suppression.service import Receipt, Service

OPT_OUTS, PERMISSIONS = "optouts", "permissions"
AT_ONCE = 16
GROUP = 1_000  # rows in memory
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
MOST_TOLD = 1_000  # refused lines remembered, the rest is counted

COLUMNS: dict[str, frozenset[str]] = {
    "basis": frozenset({"basis", "base", "fondement"}),
    "channels": frozenset({"channels", "channel", "canaux", "canal"}),
    "obtained_at": frozenset({"obtained_at", "obtenu_le", "consent_date", "date_consentement"}),
    "valid_until": frozenset({"valid_until", "valable_jusqu_au", "expires_at"}),
    "at": frozenset({"at", "appointment", "rendez_vous"}),
    "said_at": frozenset({"occurred_at", "opted_out_at", "date_opposition", "since", "date"}),
    "until": frozenset({"until", "jusqu_au"}),
    "purpose": frozenset({"purpose", "objet", "finalite"}),
    "goods": frozenset({"goods", "produits"}),
    "shared_with": frozenset({"shared_with", "partage_avec"}),
    "automated": frozenset({"automated", "automatise"}),
    "source": frozenset({"source", "origine"}),
    "proof": frozenset({"proof", "preuve"}),
    "words": frozenset({"words", "message", "mots"}),
    "reason": frozenset({"reason", "motif"}),
}


@dataclass(frozen=True)
class Plan:
    """What a file is: the list it goes on, whose it is, where it comes from, the position of the contacts, its digest."""

    list: str
    brand: str
    column: int
    digest: str
    by: str
    source: str | None = None
    region: str | None = None


@dataclass
class Imported:
    """What became of the rows; `refused` holds line and reason of the first thousand."""

    recorded: int = 0
    known: int = 0
    refusals: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """All rows taken."""
        return self.recorded + self.known + self.refusals

    def add(self, row: Row, outcome: Receipt | str) -> None:
        """Counts a row: what became of it, or why it cannot be recorded."""
        if isinstance(outcome, Receipt):
            self.known += outcome.repeated
            self.recorded += not outcome.repeated
            return
        self.refusals += 1
        if len(self.refused) < MOST_TOLD:
            self.refused.append((row.line, outcome))


def run(service: Service, table: Table, plan: Plan, done: Callable[[int], None] = lambda _row: None) -> Imported:
    """Records every row; `done` is told how many are. Raises StoreUnavailable: run it again, what is done stays done.

    Several rows at a time wait for the disk together.
    """
    found, record, rows = Imported(), partial(_tried, _recorder(service, table, plan)), iter(table)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while group := list(islice(rows, GROUP)):
            for row, outcome in zip(group, pool.map(record, group), strict=True):
                found.add(row, outcome)
            done(found.rows)
    return found


def _tried(record: Callable[[Row], Receipt], row: Row) -> Receipt | str:
    try:
        return record(row)
    except (InvalidContact, InvalidRequest, KeyReused) as why:
        return str(why)


def missing_columns(table: Table, plan: Plan) -> list[str]:
    """The columns without which no row of such a list can be recorded."""
    have = positions(table, COLUMNS)
    needed = ("basis", "channels", "obtained_at", "proof") if plan.list == PERMISSIONS else ()
    return [it for it in needed if it not in have and not (it == "proof" and _proofs(table))]


def named(name: str) -> str:
    """The name of a list, if it is one; what is nearly the name of a list of ours is asked back, not made a new one."""
    near = {
        "optout": OPT_OUTS,
        "optin": PERMISSIONS,
        "permission": PERMISSIONS,
        "consent": PERMISSIONS,
        "consents": PERMISSIONS,
    }
    meant = near.get(name.lower().replace("-", "").replace("_", "").removesuffix("s"), name)
    if name not in (OPT_OUTS, PERMISSIONS) and meant != name:
        raise InvalidRequest(
            f"is {name!r} a list of the company's own, or {meant}? Name it otherwise, or write {meant}"
        )
    if not _NAME.fullmatch(name):
        raise InvalidRequest(
            "a list's name is lower-case letters, digits, - and _", ({"field": "list", "problem": "form"},)
        )
    return name


def _recorder(service: Service, table: Table, plan: Plan) -> Callable[[Row], Receipt]:
    if missing := missing_columns(table, plan):
        raise Unreadable(f"a list of permissions has the columns {', '.join(missing)} as well")
    reader = _Reader(service, plan, positions(table, COLUMNS), _proofs(table))
    kinds = {OPT_OUTS: reader.opt_out, PERMISSIONS: reader.permission}
    return kinds.get(plan.list, reader.block)


def _proofs(table: Table) -> dict[str, int]:
    """Columns `proof_ip`, `proof.url` …: parts of a proof, by their own names."""
    named = ((folded(it), n) for n, it in enumerate(table.headings))
    return {name.partition("_")[2]: n for name, n in named if name.startswith(("proof_", "preuve_"))}


class _Reader:
    """Rows of one file into changes."""

    def __init__(self, service: Service, plan: Plan, where: dict[str, int], proofs: dict[str, int]) -> None:
        self._service = service
        self._plan = plan
        self._where = where
        self._proofs = proofs
        self._zone = service.zone_of(plan.brand)

    def opt_out(self, row: Row) -> Receipt:
        """The person's own STOP, as somebody else's list tells it; a date that cannot be read counts as now, a channel as all."""
        try:
            said = self._instant(row, "said_at")
        except InvalidRequest:
            said = None
        contact = self._service.contact(row.cell(self._plan.column), self._plan.region)
        try:
            channels = channels_in(self._cell(row, "channels"))
        except InvalidRequest:
            channels = ALL_CHANNELS
        words, plan = self._cell(row, "words"), self._plan
        return self._service.opt_out(
            contact, plan.brand, channels, "import", key=self._key(row), at=said, words=words, by=plan.by
        )

    def block(self, row: Row) -> Receipt:
        """An entry on a list of the company."""
        plan, reason = self._plan, self._cell(row, "reason")
        contact = self._service.contact(row.cell(plan.column), plan.region)
        return self._service.block(
            contact, plan.list, plan.by, brand=plan.brand, channels=channels_in(self._cell(row, "channels")),
            until=self._instant(row, "until"), reason=reason or plan.source or "import", key=self._key(row),
        )  # fmt: skip

    def permission(self, row: Row) -> Receipt:
        """A permission with its own proof. Raises ConsentRefused without one."""
        plan = self._plan
        contact = self._service.contact(row.cell(plan.column), plan.region)
        obtained = self._instant(row, "obtained_at")
        if obtained is None:
            raise InvalidRequest("obtained_at is missing")
        return self._service.permit(
            contact,
            self._basis(row),
            plan.by,
            brand=plan.brand,
            channels=channels_in(self._cell(row, "channels"), given=True),
            obtained_at=obtained,
            proof=dict(self._proof(row)),
            valid_until=self._instant(row, "valid_until"),
            appointment=self._instant(row, "at"),
            purpose=self._cell(row, "purpose") or None,
            goods=self._cell(row, "goods") or None,
            shared_with=names_in(self._cell(row, "shared_with")),
            automated=yes_in(self._cell(row, "automated"), "automated"),
            source=self._cell(row, "source") or plan.source,
            key=self._key(row),
        )

    def _basis(self, row: Row) -> Basis:
        basis = self._cell(row, "basis").lower()
        if basis not in get_args(Basis):
            raise InvalidRequest(f"basis is one of {', '.join(get_args(Basis))}")
        return basis  # type: ignore[return-value]

    def _proof(self, row: Row) -> Iterator[tuple[str, Any]]:
        if text := self._cell(row, "proof"):
            yield "text", text
        yield from ((name, row.cell(n)) for name, n in self._proofs.items() if row.cell(n))

    def _cell(self, row: Row, name: str) -> str:
        return row.cell(self._where.get(name))

    def _instant(self, row: Row, name: str) -> datetime | None:
        return instant_in(self._cell(row, name), self._zone, name)

    def _key(self, row: Row) -> str:
        plan = self._plan
        return f"import:{plan.digest[:32]}:{plan.list}:{plan.brand}:{row.line}"
