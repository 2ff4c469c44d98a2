"""What the company records: blocks on its own lists, permissions with their proof, lifts that two admins sign."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from suppression.contact import Contact
from suppression.errors import ConsentRefused, Forbidden, InvalidRequest, NotFound
from suppression.history import Blocked, LiftApproved, LiftAsked, Permitted, Unblocked, Withdrawn
from suppression.records import ALL_CHANNELS, Basis, Block, Channel, Facts, Lift, Permission, rfc3339
from suppression.service.base import Verbs
from suppression.store.keys import Partition
from suppression.store.store import Draft, Once, Receipt, new_id


class Company(Verbs):
    """Blocks, permissions, lifts."""

    def block(  # noqa: PLR0913 -- the facts of a block
        self, contact: Contact, name: str, by: str, *, brand: str = "*", channels: frozenset[Channel] = ALL_CHANNELS,
        until: datetime | None = None, reason: str = "", key: str = "",
    ) -> Receipt:  # fmt: skip
        """Puts a contact on a list of the company (`do-not-call`, `wrong-number` …).

        Raises InvalidRequest for an end in the past.
        """
        now = self._clock()
        if until and until <= now:
            raise InvalidRequest(
                f"a block that ended at {rfc3339(until)} would block nobody",
                ({"field": "until", "problem": "lies in the past"},),
            )

        def make(_facts: Facts, partition: Partition) -> Draft:
            it = Block(new_id("blk", partition), name, brand, channels, now, until=until, by=by)
            answer = {
                "id": it.id,
                "list": name,
                "brand": brand,
                "channels": sorted(channels),
                "until": until and rfc3339(until),
            }
            return Draft(Blocked(now, by, it), answer, {"reason": reason} if reason else None, (it.id,))

        request = f"block {contact} {name} {brand} {sorted(channels)} {until} {reason}"
        return self._store.change(contact, make, Once(f"block:{key}", request) if key else None)

    def unblock(self, block_id: str, by: str) -> Receipt:
        """Takes a block away; never touches an opt-out. Raises NotFound."""
        return self._unblock(self._store.find(block_id).contact, (block_id,), by)

    def unblock_contact(self, contact: Contact, by: str) -> int:
        """Takes every block of a contact away, and says how many; never touches an opt-out."""
        ids = tuple(it.id for it in self._store.read(contact).facts.blocks)
        for id_ in ids:
            self._unblock(contact, (id_,), by)
        return len(ids)

    def permit(  # noqa: PLR0913 -- the facts of a permission
        self, contact: Contact, basis: Basis, by: str, *, brand: str, channels: frozenset[Channel], obtained_at: datetime,
        proof: Mapping[str, Any] | None, valid_until: datetime | None = None, appointment: datetime | None = None,
        purpose: str | None = None, goods: str | None = None, shared_with: tuple[str, ...] = (), source: str | None = None,
        automated: bool = False, key: str = "",
    ) -> Receipt:  # fmt: skip
        """Records a proven reason to contact. Raises ConsentRefused without a proof, or for an instant in the future."""
        now = self._clock()
        _refuse_unproven(basis, proof, obtained_at, appointment, valid_until, now)

        def make(facts: Facts, partition: Partition) -> Draft:
            it = Permission(
                new_id("prm", partition), basis, brand, channels, obtained_at, now, facts.revision + 1, purpose, goods,
                shared_with, source, valid_until, appointment, automated=automated,
            )  # fmt: skip
            answer = {
                "id": it.id,
                "basis": basis,
                "brand": brand,
                "channels": sorted(channels),
                "obtained_at": rfc3339(obtained_at),
            }
            return Draft(Permitted(now, by, it), answer, {"proof": dict(proof or {})}, ids=(it.id,))

        scope = (
            f"{brand} {sorted(channels)} {purpose} {goods} {shared_with} {source}{' automated' if automated else ''}"
        )
        request = f"permit {contact} {basis} {scope} {obtained_at} {valid_until} {appointment} {proof}"
        return self._store.change(contact, make, Once(f"permit:{key}", request, days=0) if key else None)

    def withdraw(self, permission_id: str, by: str) -> Receipt:
        """Ends a permission; its proof is kept for as long as the law asks. Raises NotFound."""
        contact, now = self._store.find(permission_id).contact, self._clock()

        def make(facts: Facts, _partition: Partition) -> Draft:
            if not any(it.id == permission_id for it in facts.permissions):
                raise NotFound(f"no permission {permission_id}")
            return Draft(Withdrawn(now, by, permission_id), {"id": permission_id, "withdrawn_at": rfc3339(now)})

        return self._store.change(contact, make)

    def ask_lift(self, contact: Contact, reason: str, by: str) -> Receipt:
        """The first admin's half of a lift: nothing changes until another approves."""
        if not reason.strip():
            raise InvalidRequest("a lift needs a written reason", ({"field": "reason", "problem": "empty"},))
        now = self._clock()

        def make(facts: Facts, partition: Partition) -> Draft:
            if not facts.opt_outs:
                raise NotFound("this contact has not opted out")
            it = Lift(new_id("lft", partition), by, now, facts.revision)
            return Draft(
                LiftAsked(now, by, it),
                {"id": it.id, "state": "waits for another admin"},
                {"reason": reason},
                ids=(it.id,),
                due={f"lift|{it.id}": now},
            )

        return self._store.change(contact, make)

    def approve_lift(self, lift_id: str, by: str) -> Receipt:
        """The second admin's half: the opt-outs recorded before are lifted. Raises Forbidden for the one who asked."""
        contact, now = self._store.find(lift_id).contact, self._clock()

        def make(facts: Facts, _partition: Partition) -> Draft:
            lift = next((it for it in facts.lifts if it.id == lift_id and it.revision is None), None)
            if lift is None:
                raise NotFound(f"lift {lift_id} is settled already")
            if lift.asked_by == by:
                raise Forbidden("a lift is approved by another admin than the one who asked")
            event = LiftApproved(now, by, lift_id, lift.covers + 1)
            return Draft(event, {"id": lift_id, "state": "lifted"}, settled=(f"lift|{lift_id}",))

        return self._store.change(contact, make)

    def _unblock(self, contact: Contact, ids: tuple[str, ...], by: str) -> Receipt:
        now, [gone] = self._clock(), ids

        def make(facts: Facts, _partition: Partition) -> Draft:
            if not any(it.id == gone for it in facts.blocks):
                raise NotFound(f"no block {gone}")
            return Draft(Unblocked(now, by, gone), {"id": gone}, dropped=(gone,))

        return self._store.change(contact, make)


def _says_something(proof: object) -> bool:
    """Whether there is any text or number in a proof at all."""
    if isinstance(proof, Mapping):
        return any(map(_says_something, proof.values()))
    if isinstance(proof, list | tuple):
        return any(map(_says_something, proof))
    return (
        bool(proof.strip())
        if isinstance(proof, str)
        else isinstance(proof, int | float) and not isinstance(proof, bool)
    )


def _refuse_unproven(  # noqa: PLR0913 -- the facts of a permission
    basis: Basis, proof: Mapping[str, Any] | None, obtained_at: datetime, appointment: datetime | None,
    valid_until: datetime | None, now: datetime,
) -> None:  # fmt: skip
    """L223-1 al. 3: the burden of proof is the professional's; a permission that cannot be proven is none."""
    problems = []
    if not _says_something(proof):
        problems.append(
            {"field": "proof", "problem": "a permission needs its proof: what was shown, when, how it was given"}
        )
    if obtained_at > now:
        problems.append({"field": "obtained_at", "problem": "lies in the future"})
    if valid_until and valid_until <= obtained_at:
        problems.append({"field": "valid_until", "problem": "lies before obtained_at"})
    if (basis == "appointment") != (appointment is not None):
        problems.append({"field": "at", "problem": "goes with the basis appointment, and only with it"})
    if problems:
        raise ConsentRefused("; ".join(f"{it['field']}: {it['problem']}" for it in problems), tuple(problems))
