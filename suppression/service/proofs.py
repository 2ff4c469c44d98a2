"""What makes verdicts provable: seals over the record, old events into the archive, proofs, and the check of all of it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from suppression import proof as proofs
from suppression.errors import LedgerBroken
from suppression.history import Asked
from suppression.proof import Opening, Proof
from suppression.records import Verdict
from suppression.seal import Stream, pem_of
from suppression.service.checks import RESERVED, Checks, reservation_of
from suppression.service.showing import rules_shown, shown
from suppression.store.audit import Report, audit
from suppression.store.entries import Entry
from suppression.store.ledger import stream_of
from suppression.store.moving import move_old
from suppression.store.seals import hash_of, is_full

OLD_QUESTIONS = timedelta(days=7)
OLD_EVENTS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class PastVerdict:
    """A past verdict, what was asked, and its proof (None until sealed).

    `verdict` is None once the contact was erased: where the person lived decided about the hours, and nobody knows it any more.
    """

    id: str
    verdict: Verdict | None
    asked: Asked
    proof: Proof | None
    rules_today: str = ""
    reservation: str | None = None
    attestation: str = ""

    @property
    def shown(self) -> dict[str, Any]:
        """The verdict as every shell shows it, with its proof; of an erased contact what can still be told."""
        signed = {"attestation": self.attestation} if self.attestation else {}
        return {**self.answer, "proof": self.proof, **signed}

    @property
    def answer(self) -> dict[str, Any]:
        """The verdict alone; it says plainly where today's rules are others than those it was made by."""
        told = shown(self.verdict) if self.verdict else self._remains()
        return {**told, "rules": rules_shown(self.asked.policy, self.asked.rules, self.rules_today)}

    def _remains(self) -> dict[str, Any]:
        """A reservation happens on `allow` alone, so that answer is known without the contact."""
        asked = self.asked
        document: dict[str, Any] = {
            "id": self.id, "verdict": "allow" if self.id.endswith(RESERVED) else None, "contact": None, "erased": True,
            "channel": asked.channel, "brand": asked.brand, "checked_at": asked.asked_at, "policy": asked.policy,
        }  # fmt: skip
        reserved = {"reservation": self.reservation} if self.reservation else {}
        return {**document, **reserved, **({} if asked.at == asked.asked_at else {"at": asked.at})}


class Proofs(Checks):
    """Seals, archive, proofs."""

    def seal(self) -> int:
        """Seals everything recorded until now, and says how many seals that took; 0 if nothing is new or another worker is at it.

        Raises StoreUnavailable, ArchiveUnavailable, and LedgerBroken if seals were taken away or changed.
        """
        made = 0
        while seal := self._seals.seal(self._clock()):
            made += 1
            if not is_full(seal):
                break
        return made

    def archive_old(self, questions: timedelta = OLD_QUESTIONS, ledger: timedelta = OLD_EVENTS) -> int:
        """Moves sealed checks and events older than these terms to the archive, and says how many lines. Raises as `seal`."""
        return move_old(self._seals, self._store.client, {"questions": questions, "ledger": ledger}, self._clock())

    def verify_ledger(self, after: int = 0) -> Report:
        """Recomputes every seal, line and record; lines under seals up to number `after` are passed over."""
        return audit(self._store, self._seals, after)

    def proven_verdict(self, verdict_id: str, lang: str = "fr") -> PastVerdict:
        """A past verdict with its proof. Raises NotFound, and LedgerBroken if what was sealed is not there any more."""
        entry, asked, _ = self._ledger.asked(verdict_id)
        snapshot = self._store.by_cid(entry.partition, entry.head.cid)
        opening = None
        if snapshot:
            private = self._store.private(snapshot)
            opening = Opening(str(private.contact), private.salt.hex())
        verdict = self.past_verdict(verdict_id, lang) if snapshot else None
        proof = self._proof(entry, stream_of(verdict_id), opening)
        past = PastVerdict(verdict_id, verdict, asked, proof, self._rules.digest, reservation_of(verdict_id, entry))
        if past.proof is None:
            return past
        return replace(past, attestation=self._seals.attest(proofs.answer(past.answer, past.proof.leaf)))

    def public_key(self) -> str:
        """The key that verifies seals and proofs, as PEM text."""
        return pem_of(self._seals.key)

    def _proof(self, entry: Entry, stream: Stream, opening: Opening | None) -> Proof | None:
        seal = self._seals.covering(entry.partition, stream, entry.place)
        part = seal.part(entry.partition.number, stream) if seal else None
        if seal is None or part is None:
            return None
        lines = self._seals.sealed(entry.partition, part)
        index = next((n for n, it in enumerate(lines) if it.place == entry.place), -1)
        proof = proofs.proof_of(entry.place, entry.leaf, index, [hash_of(it) for it in lines], part, seal, opening)
        try:
            proofs.check(proofs.encode(proof), seal.key)
        except proofs.Unproven as why:
            raise LedgerBroken(f"what stands at {entry.id} is not what was sealed: {why}") from why
        return proof
