"""The rules in force, and those of the past, each by the digest that stands in its questions."""

import msgspec

from suppression.errors import LedgerBroken
from suppression.policy import Rulebook, rules_in
from suppression.store.rule_sets import RuleSets


class Lawbooks:
    """Today's rules and the kept ones."""

    def __init__(self, today: Rulebook, kept: RuleSets) -> None:
        self.today = today
        self._kept = kept
        self._past: dict[str, Rulebook] = {}
        self._is_kept = False

    def keep(self) -> None:
        """Keeps today's rules; nothing is answered under rules that are not kept. Raises ArchiveUnavailable."""
        if not self._is_kept:
            self._kept.keep(self.today.digest, self.today.text)
            self._is_kept = True

    def of(self, digest: str) -> Rulebook:
        """The rules of that digest; today's for a question of the time before digests were noted (empty).

        Raises ArchiveUnavailable, and LedgerBroken where they are gone or changed.
        """
        if digest in ("", self.today.digest):
            return self.today
        if digest not in self._past:
            self._past[digest] = self._read(digest)
        return self._past[digest]

    def _read(self, digest: str) -> Rulebook:
        try:
            return rules_in(self._kept.get(digest), self.today.phrases)
        except msgspec.MsgspecError as cause:
            raise LedgerBroken(f"the rules {digest} cannot be read by this version") from cause
