"""Verdicts in plain words, whole files of them, and what a collection form must say; reading only."""

from collections.abc import Sequence
from datetime import datetime

from suppression.history import Scrubbed
from suppression.policy import explain
from suppression.policy.schema import Occasion
from suppression.records import Verdict
from suppression.service.base import INSTALLATION
from suppression.service.checks import Checks, Terms
from suppression.store.store import Draft, Receipt


class Explaining(Checks):
    """Explain, scrub, notice."""

    def explain(self, contact: str, terms: Terms) -> str:
        """The verdict rule by rule, in the language of the terms; it leaves no question on record, the address is masked."""
        self._settled()
        question = self._question(contact, terms)
        [facts] = self._store.look([question.contact])
        verdict = self._decide(facts, question, self._asked(question), terms.lang)
        return explain(verdict, facts, self._rules, terms.lang)

    def scrub(self, contacts: Sequence[str], terms: Terms) -> list[Verdict]:
        """One verdict per contact, in order, without an id: the file as a whole leaves one event (see `scrubbed`).

        Raises UnknownBrand, StoreUnavailable.
        """
        self._settled()
        questions = [self._question(it, terms) for it in contacts]
        asked = [self._asked(it) for it in questions]
        facts = self._store.look([it.contact for it in questions])
        return [self._decide(*it, terms.lang) for it in zip(facts, questions, asked, strict=True)]

    def scrubbed(  # noqa: PLR0913 -- the facts of a scrub
        self, digest: str, terms: Terms, began: datetime, rows: int, allowed: int, *, by: str, source: str | None = None
    ) -> Receipt:
        """Records that a file (its SHA-256) was checked by these terms; who holds the file can prove it was, and when."""
        brand = self.brands.named(terms.brand)
        event = Scrubbed(
            self._clock(),
            by,
            digest,
            began,
            terms.channel,
            brand,
            rows,
            allowed,
            terms.audience,
            terms.purpose,
            source,
            terms.caller,
            terms.automated,
            self._rules.digest,
        )
        return self._store.change(INSTALLATION, lambda _facts, _partition: Draft(event))

    def notice(
        self, lang: str, country: str | None = None, brand: str | None = None, occasion: Occasion | None = None
    ) -> str:
        """What people must be told where their number is taken (GDPR art. 13, C. consom. L223-2), with the brand's controller.

        On an `occasion`: what an agent says in a call, a machine in an automated one, and every message.
        """
        one = self.brands[self.brands.named(brand)]
        privacy = one.privacy
        controller = privacy.controller or one.name
        return self._rules.notice(country or one.country, lang, controller, privacy.contact, occasion)

    def now(self) -> datetime:
        """The instant of the service's clock."""
        return self._clock()

    def zone_of(self, brand: str | None) -> str:
        """The time zone of a brand's country, in which its files write their dates."""
        country = self.brands[brand].country if brand in self.brands.by_key else self._region  # type: ignore[index]
        return self._rules.law_of(country).country.zone
