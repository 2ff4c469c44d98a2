"""What people ask for by right: erasure, access. Each is due in one month (GDPR art. 12(3))."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from suppression.contact import Contact
from suppression.errors import NotFound
from suppression.history import RequestClosed, RequestOpened
from suppression.records import ALL_CHANNELS, Facts, Request, rfc3339
from suppression.service.stops import REQUEST_TERM, Stops
from suppression.store.keys import Partition
from suppression.store.store import Draft, Once, Receipt, new_id

SOON = timedelta(days=7)


class Requests(Stops):
    """Requests: open, list, close."""

    def open_request(  # noqa: PLR0913 -- the facts of a request
        self, contact: Contact, kind: Literal["erasure", "access"], by: str, *, brand: str, via: str, words: str = "",
        key: str = "",
    ) -> Receipt:  # fmt: skip
        """Records a request that came another way (a letter, a call); an erasure opts the person out as well."""
        now = self._clock()
        if kind == "erasure":
            self.opt_out(contact, brand, ALL_CHANNELS, via, key=f"{key}:stop" if key else "", words=words, by=by)

        def make(_facts: Facts, partition: Partition) -> Draft:
            it = Request(new_id("req", partition), kind, brand, now, now + REQUEST_TERM, via)
            answer = {"id": it.id, "kind": kind, "due": rfc3339(it.due)}
            private = {"words": words} if words else None
            return Draft(RequestOpened(now, by, it), answer, private, ids=(it.id,), due={f"request|{it.id}": it.due})

        request = f"request {contact} {kind} {brand} {via} {words}"
        return self._store.change(contact, make, Once(f"request:{key}", request) if key else None)

    def requests(self, due_within: timedelta | None = None) -> list[dict[str, Any]]:
        """What waits for an answer, the most urgent first, contacts masked; only what is due within that time, if given."""
        now = self._clock()
        waiting = self._store.due("request", now + due_within if due_within is not None else None)
        return [found for id_, due in waiting if (found := self._request(id_, due.astimezone(UTC), now))]

    def requests_due_soon(self) -> list[dict[str, Any]]:
        """What is overdue or due within a week: admins are reminded of it."""
        return self.requests(SOON)

    def close_request(self, request_id: str, by: str) -> Receipt:
        """A person's request was answered. Raises NotFound."""
        contact, now = self._store.find(request_id).contact, self._clock()

        def make(facts: Facts, _partition: Partition) -> Draft:
            if not any(it.id == request_id for it in facts.requests):
                raise NotFound(f"request {request_id} is closed already")
            event = RequestClosed(now, by, request_id)
            return Draft(event, {"id": request_id}, dropped=(request_id,), settled=(f"request|{request_id}",))

        return self._store.change(contact, make)

    def _request(self, id_: str, due: datetime, now: datetime) -> dict[str, Any] | None:
        try:
            snapshot = self._store.find(id_)
        except NotFound:
            return None
        it = next((one for one in snapshot.facts.requests if one.id == id_), None)
        if it is None:
            return None
        return {
            "id": id_, "kind": it.kind, "contact": snapshot.contact.masked, "brand": it.brand, "at": it.at, "due": due,
            "overdue": due <= now, "via": it.via,
        }  # fmt: skip
