"""What every verb of the service works with, and nothing more."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from suppression.contact import Contact, Kind, parse
from suppression.policy import Rulebook
from suppression.records import ALL_BRANDS, ALL_CHANNELS, Block, Channel, Facts
from suppression.service.lawbooks import Lawbooks
from suppression.settings import Brands
from suppression.store.credentials import Credentials
from suppression.store.desk import Desk
from suppression.store.erasures import Erasures
from suppression.store.journal import Journal
from suppression.store.ledger import Ledger
from suppression.store.registries import Registries
from suppression.store.reminders import Reminders
from suppression.store.rule_sets import RuleSets
from suppression.store.seals import Seals
from suppression.store.store import Snapshot

PERSON = "person"  # who did it, where the contact did it
# What concerns the whole installation stands in the ledger under a contact that nobody can be: no sender begins with a space.
INSTALLATION = Contact(Kind.SENDER, " the installation")


@dataclass(frozen=True)
class Parts:
    """The parts that wiring hands to the service. `clock` gives aware instants in UTC."""

    store: Desk
    ledger: Ledger
    registries: Registries
    credentials: Credentials
    reminders: Reminders
    journal: Journal
    seals: Seals
    erasures: Erasures
    rules: Rulebook
    rule_sets: RuleSets
    brands: Brands
    clock: Callable[[], datetime]
    region: str = "FR"
    one_host: bool = True
    look: Callable[[], None] = lambda: None  # at the store's promises; raises StoreUnavailable


class Verbs:
    """Base of the verb groups: the parts, under short names."""

    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._ledger = parts.ledger
        self._registries = parts.registries
        self._credentials = parts.credentials
        self._reminders = parts.reminders
        self._journal = parts.journal
        self._seals = parts.seals
        self._erasures = parts.erasures
        self._one_host = parts.one_host
        self._rules = parts.rules
        self._lawbooks = Lawbooks(parts.rules, parts.rule_sets)
        self.brands = parts.brands
        self._region = parts.region
        self._clock = parts.clock
        self._draining = threading.Lock()

    def contact(self, text: str, region: str | None = None) -> Contact:
        """The contact that a text means, nationally written numbers in `region`. Raises InvalidContact."""
        return parse(text, region or self._region)

    def _reason_of(self, snapshot: Snapshot, it: Block) -> str:
        """Why the company blocked somebody, as it was written down; empty where nobody wrote, or it was erased."""
        return it.reason or str(self._store.private_of(snapshot, it.id).get("reason", ""))

    def unknown_brands(self) -> list[str]:
        """Brands on file that no one is configured for, not even as an earlier name: their opt-outs would be passed over."""
        known = {*self.brands.by_key, *self.brands.renamed, ALL_BRANDS}
        return sorted(self._store.brands() - known)

    def _today(self, facts: Facts) -> Facts:
        """The facts under today's names of the brands."""
        names = self.brands.renamed
        if not names:
            return facts
        groups = ("opt_outs", "reopenings", "blocks", "permissions", "reviews", "attempts", "requests")
        news = {
            group: tuple(
                msgspec.structs.replace(it, brand=names[it.brand]) if it.brand in names else it
                for it in getattr(facts, group)
            )
            for group in groups
        }
        return msgspec.structs.replace(facts, **news)

    def drain(self) -> None:
        """Records every STOP that only the journal has (see Stops)."""
        raise NotImplementedError

    def recover(self) -> int:
        """Records again what the store has lost of the journal (see Stops)."""
        raise NotImplementedError

    def _settled(self) -> None:
        """Law 3: while a confirmed STOP is in the journal alone, it is recorded first, or nobody is answered."""
        if not self._journal.pending:
            return
        with (
            self._draining
        ):  # one for all who wait; a store that is away is found so by the next one at once (breaker.py)
            if self._journal.pending:
                self.drain()


def channels_of(names: Iterable[str] | None) -> frozenset[Channel]:
    """`"all"`, None or nothing: every channel; else the channels named."""
    return ALL_CHANNELS if not names or names == "all" else frozenset(Channel(it) for it in names)
