"""The word of several people who speak at the same time: one sync of the journal and one of Redis for all of them.

Each verb here answers as its single one in stops.py would, each person by itself: what is wrong with one is nobody else's fault.
"""

from collections.abc import Sequence
from dataclasses import replace

from suppression.errors import StoplisteError, StoreUnavailable
from suppression.intent import Certainty, Label
from suppression.service.messages import Message, Understood
from suppression.service.stops import Reading, Stops, stopped
from suppression.store.journal import JournalUnavailable, Stop
from suppression.store.store import Receipt


class Crowd(Stops):
    """Several STOPs at once."""

    def hear_stops(self, messages: Sequence[Message]) -> list[Understood | Exception | None]:
        """As hear, for those that say STOP without doubt; None for any other, with which nothing was done."""
        read = [self._sure(it) for it in messages]
        stops = [
            self._stop_in(replace(said, brand=it.brand), it.channels)
            for it, said in zip(read, messages, strict=True)
            if it
        ]
        receipts = iter(self.opt_out_each(stops))
        return [_told(it, next(receipts)) if it else None for it in read]

    def _sure(self, message: Message) -> Reading | None:
        """What a message says, if it says STOP without doubt; what is wrong with it, `hear` will say."""
        try:
            it = self._understood(message)
        except Exception:
            return None
        sure = message.command or it.intent.certainty is not Certainty.UNSURE
        return it if it.label == Label.STOP and sure else None

    def opt_out_each(self, stops: Sequence[Stop]) -> list[Receipt | Exception]:
        """As opt_out, for STOPs made by stop_of."""
        try:
            rows = self._journal.keep_each(stops) if stops else []
        except JournalUnavailable as full:
            return [full for _ in stops]
        return [self._confirmed_as(*it) for it in zip(rows, stops, self._record_each(stops), strict=True)]

    def _record_each(self, stops: Sequence[Stop]) -> list[Receipt | Exception]:
        patient = not self._one_host
        try:
            found = self._store.change_each([self._wanted(it) for it in stops], patient)
        except StoreUnavailable as away:
            return [away for _ in stops]
        return [self._with_linked(*it, patient) for it in zip(stops, found, strict=True)]

    def _with_linked(self, stop: Stop, found: Receipt | Exception, patient: bool) -> Receipt | Exception:
        if isinstance(found, Exception):
            return found
        try:
            return self._record_linked(stop, found, patient)
        except StoplisteError as why:
            return why

    def _confirmed_as(self, row: int, stop: Stop, found: Receipt | Exception) -> Receipt | Exception:
        def record() -> Receipt:
            if isinstance(found, Exception):
                raise found
            return found

        try:
            return self._confirmed(row, stop, record)
        except Exception as why:  # a fault of one answers that one, not all who wait
            return why


def _told(it: Reading, found: Receipt | Exception) -> Understood | Exception:
    return found if isinstance(found, Exception) else stopped(it, found)
