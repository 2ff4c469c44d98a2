"""What is past its term of keeping, by the terms of the person's own country (`retention` in its rule file); pure.

Opt-outs, and what took them back, never end by themselves: no term here reaches them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from suppression.contact import Contact
from suppression.policy import Rulebook
from suppression.policy.case import FOREVER, cases
from suppression.policy.places import whereabouts
from suppression.policy.schema import Keep
from suppression.records import ALL_BRANDS, Attempt, Audience, Block, Facts, OptOut, Permission, Question

AUDIENCES: tuple[Audience, ...] = ("consumer", "business")


@dataclass(frozen=True, slots=True)
class Expired:
    """The ids of what is past its term."""

    proofs: tuple[str, ...] = ()
    attempts: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.proofs, *self.attempts, *self.blocks)


@dataclass(frozen=True)
class Keeper:
    """Judges one contact at a time at one instant; `home` gives the country of a brand, for addresses without one."""

    rules: Rulebook
    home: Callable[[str], str]
    now: datetime

    def expired(self, contact: Contact, facts: Facts) -> Expired:
        """Permissions, attempts and ended blocks past their terms."""
        return Expired(
            tuple(it.id for it in facts.permissions if self._proof_ends(contact, facts, it) <= self.now),
            tuple(it.id for it in facts.attempts if self._attempt_ends(contact, it) <= self.now),
            tuple(it.id for it in facts.blocks if self._block_ends(contact, it) <= self.now),
        )

    def horizon(self, contact: Contact) -> datetime | None:
        """Since when a prospect must have been silent to be forgotten; None where no term is set."""
        keep = whereabouts(contact, self.home(ALL_BRANDS), self.rules).law.retention.prospects
        return years_after(self.now, -keep.years) if keep else None

    def end_of(self, contact: Contact, facts: Facts, it: Permission) -> datetime:
        """The last instant at which a permission stood, under the law of each time; FOREVER while nothing ends it.

        An unknown line is a consumer's; what holds for businesses counts where they must be asked first as well. A permission that
        this law knows as no ground at all ends with its own dates, or with an opt-out.
        """
        alone = Facts(permissions=(it,), opt_outs=facts.opt_outs)
        ends = (end for question in self._served(contact, it) for end in self._ends_on(alone, question))
        return max(ends, default=_own_end(it, facts))

    def carrier(self, facts: Facts, question: Question, basis: str | None = None) -> str:
        """The id of the permission that carries an attempt (of that basis, if a verdict named one); empty for none.

        It is the one that `decide` named the basis after: the first of its kind that stands and fits.
        """
        case = next(cases(facts, question, self.rules, question.at, ()))
        standing = case.standing_at(question.at)
        return next((it.permission.id for it in standing if basis is None or it.basis == basis), "")

    def _served(self, contact: Contact, it: Permission) -> Iterator[Question]:
        """Every question that a permission may serve."""
        country = self.home(it.brand)
        for channel, audience, automated in product(it.channels, AUDIENCES, {False, it.automated}):
            yield Question(
                contact, channel, it.brand, it.obtained_at, self.now, audience, country=country, automated=automated
            )

    def _ends_on(self, facts: Facts, question: Question) -> Iterator[datetime]:
        for case in cases(facts, question, self.rules, question.at, ()):
            asked_for = question.audience == "consumer" or case.duties.mode == "opt_in"
            for standing in case.standings if asked_for else ():
                if standing.start < case.end and standing.end > case.start:
                    yield min(standing.end, case.end)

    def _proof_ends(self, contact: Contact, facts: Facts, it: Permission) -> datetime:
        keep = whereabouts(contact, self.home(it.brand), self.rules).law.retention.proofs
        moments = {"obtained": it.obtained_at, "end": self.end_of(contact, facts, it), "use": it.used_at}
        return _term(keep, moments)

    def _attempt_ends(self, contact: Contact, it: Attempt) -> datetime:
        retention = whereabouts(contact, self.home(it.brand), self.rules).law.retention
        return years_after(it.at, (retention.attempts or retention.proofs).years)

    def _block_ends(self, contact: Contact, it: Block) -> datetime:
        """Where no term is set for blocks, that of attempts; a block without an end stays until it is lifted."""
        retention = whereabouts(contact, self.home(it.brand), self.rules).law.retention
        keep = retention.blocks or retention.attempts or retention.proofs
        return years_after(it.until or FOREVER, keep.years)


def is_prospect(facts: Facts, gone: Expired) -> bool:
    """Whether nothing but the address is left to keep: no opt-out, block, permission, message or request of the person."""
    kept: tuple[Permission | Attempt | Block, ...] = (*facts.permissions, *facts.attempts, *facts.blocks)
    waiting = (facts.opt_outs, facts.reopenings, facts.reviews, facts.requests, facts.lifts)
    return not any(waiting) and {it.id for it in kept} <= set(gone.ids)


def years_after(at: datetime, years: int) -> datetime:
    """The same date so many years on (or back); 29 February becomes 1 March, so that no term is short."""
    if at == FOREVER or at.year + years > FOREVER.year:
        return FOREVER
    try:
        return at.replace(year=at.year + years)
    except ValueError:
        return at.replace(year=at.year + years, month=3, day=1)


def _term(keep: Keep, moments: dict[str, datetime | None]) -> datetime:
    """The end of a term that runs from the latest of its instants."""
    latest = max((at for name in keep.after if (at := moments.get(name))), default=FOREVER)
    return years_after(latest, keep.years)


def _own_end(it: Permission, facts: Facts) -> datetime:
    dates = [at for at in (it.withdrawn_at, it.valid_until, it.appointment) if at]
    stops = [one.at for one in facts.opt_outs if it.basis == "consent" and _reaches(one, it)]
    return min(dates) if dates else max(stops, default=FOREVER)


def _reaches(stop: OptOut, it: Permission) -> bool:
    return stop.brand in (it.brand, ALL_BRANDS) and bool(stop.channels & it.channels)
