"""What a person may ask of us: everything on file (GDPR art. 15), and its erasure (art. 17); and the change feed of all of it."""

from typing import Any

import msgspec

from suppression.contact import Contact
from suppression.errors import NotFound
from suppression.history import Asked, Erased, Unlinked
from suppression.records import ALL_BRANDS, ALL_CHANNELS, Facts
from suppression.service.base import INSTALLATION
from suppression.service.stops import Stops
from suppression.store.entries import Entry
from suppression.store.keys import Partition
from suppression.store.store import Draft, Receipt, Snapshot, event_id

# What the change feed tells of an event, where the event or its fact says it.
ABOUT = (
    "brand", "channels", "channel", "via", "list", "basis", "registry", "as_of", "numbers", "file", "size", "rows", "allowed",
)  # fmt: skip


class Rights(Stops):
    """Dossier, erasure, feed."""

    def dossier(self, contact: Contact) -> dict[str, Any]:
        """All that is known of one contact: facts, events with their words and proofs, and the checks made."""
        snapshot = self._store.read(contact)
        file: dict[str, Any] = {
            "contact": str(contact),
            "facts": msgspec.to_builtins(snapshot.facts),
            "events": [],
            "checks": [],
        }
        if snapshot.card is None:
            return file
        cid = snapshot.card.cid
        file["linked"] = [str(it) for it in self._store.private(snapshot).linked]
        file["events"] = [self._readable(it, snapshot) for it in self._ledger.history(snapshot.partition, cid)]
        _put_reasons(file["facts"], file["events"])
        file["checks"] = [_check(*it) for it in self._ledger.questions(snapshot.partition, cid)]
        return file

    def permission(self, permission_id: str) -> dict[str, Any]:
        """One permission with its proof, as the copy that the person may ask for (C. consom. R223-2). Raises NotFound."""
        snapshot = self._store.find(permission_id)
        it = next((one for one in snapshot.facts.permissions if one.id == permission_id), None)
        if it is None:
            raise NotFound(f"no permission {permission_id}")
        proof = self._store.private_of(snapshot, permission_id).get("proof")
        return {"contact": str(snapshot.contact), **msgspec.to_builtins(it), "proof": proof}

    def erase(self, contact: Contact, by: str) -> Receipt:
        """Opts the person out and destroys all that is readable; the fingerprint and the opt-outs stay: they are left alone."""
        self.opt_out(contact, ALL_BRANDS, ALL_CHANNELS, "erasure", by=by)
        self._settled()
        now = self._clock()
        snapshot = self._store.read(contact)
        linked = self._store.private(snapshot).linked if snapshot.card else ()
        self._erasures.note(snapshot.fingerprint, now)

        def make(facts: Facts, _partition: Partition) -> Draft:
            ids = tuple(
                it.id
                for group in (
                    facts.blocks,
                    facts.permissions,
                    facts.reviews,
                    facts.attempts,
                    facts.requests,
                    facts.lifts,
                )
                for it in group
            )
            settled = (
                *(f"review|{it.id}" for it in facts.reviews),
                *(f"request|{it.id}" for it in facts.requests),
                *(f"lift|{it.id}" for it in facts.lifts),
            )
            return Draft(
                Erased(now, by), {"erased": True}, dropped=(*ids, *(it.id for it in facts.opt_outs)), settled=settled
            )

        receipt = self._store.change(contact, make)
        self._journal.forget(contact)
        self._store.forget_deleted()
        for other in linked:
            self._store.change(other, lambda _facts, _partition: Draft(Unlinked(now, by), unlink=contact))
        return receipt

    def feed(self, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str]:
        """The change feed: events after a cursor, contacts masked, and the cursor to go on from."""
        entries, cursor = self._ledger.feed(after, limit)
        masked: dict[str, str | None] = {}
        for entry in entries:
            cid = entry.head.cid
            if cid not in masked:
                found = self._store.by_cid(entry.partition, cid)
                masked[cid] = found.contact.masked if found and found.contact != INSTALLATION else None
        return [_public(it, masked[it.head.cid]) for it in entries], cursor

    def stats(self) -> dict[str, int]:
        """How many events of each type, and how many checks, there have been."""
        return self._store.counts()

    def _readable(self, entry: Entry, snapshot: Snapshot) -> dict[str, Any]:
        private = self._store.opened(snapshot, entry)
        return {"id": entry.id, **msgspec.to_builtins(entry.event), **({"private": private} if private else {})}


def _put_reasons(facts: dict[str, Any], events: list[dict[str, Any]]) -> None:
    """Blocks and lifts with the reasons that were written down beside their events."""
    reasons = {
        fact["id"]: it["private"]["reason"]
        for it in events
        if (fact := it.get("block") or it.get("lift")) and "reason" in it.get("private", {})
    }
    for fact in (*facts.get("blocks", ()), *facts.get("lifts", ())):
        if fact["id"] in reasons:
            fact["reason"] = reasons[fact["id"]]


def _check(entry: Entry, asked: Asked) -> dict[str, Any]:
    """A check as the dossier shows it; by its id the verdict can be had."""
    id_ = event_id("vrd", entry.partition.number, entry.place.encode())
    return {"id": id_, **{name: it for name, it in msgspec.to_builtins(asked).items() if name != "type"}}


def _public(entry: Entry, masked: str | None) -> dict[str, Any]:
    event = msgspec.to_builtins(entry.event)
    inner = next((it for name, it in event.items() if isinstance(it, dict)), {})
    about = {name: it for name in ABOUT if (it := inner.get(name, event.get(name))) not in (None, "", [])}
    return {"id": entry.id, "type": event["type"], "at": event["at"], "by": event["by"], "contact": masked, **about}
