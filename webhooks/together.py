"""Messages that arrive at the same time: those that are short and signed, and say STOP without doubt, are recorded together.

Each is answered as its route would answer it. Whatever else comes is left to the route, with nothing done: other words, a signature
that does not fit, the local phone.
"""

from collections.abc import Sequence
from typing import NamedTuple

from flask import Request, Response

from suppression.errors import KeptNotInEffect
from suppression.service import Message, Service, Understood
from suppression.settings import Settings
from webhooks import sms
from webhooks.knock import FORM, Knock, fields_of
from webhooks.local_phone import is_local_phone
from webhooks.signature import is_signed, tokens_of

LONGEST = 40  # characters; longer messages are understood once, by their route


class Together:
    """The SMS door for several at a time."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self._service = service
        self._settings = settings
        self._tokens = () if is_local_phone(settings) else tokens_of(settings)

    def answers(self, requests: Sequence[Request]) -> list[Response | Exception | None]:
        """The answer to each, or what went wrong with it; None where the route must look at it."""
        read = [self._read(it) for it in requests]
        heard = iter(self._service.hear_stops([it.message for it in read if it]))
        return [_answer(it, next(heard)) if it else None for it in read]

    def _read(self, asked: Request) -> "_Read | None":
        try:
            if asked.mimetype != FORM or not is_signed(asked, self._settings.public_url, self._tokens):
                return None
            knock = Knock(self._service, self._settings, fields_of(asked), asked.args)
            plain = knock.get("From") and 0 < len(knock.get("Body")) <= LONGEST
            return _Read(knock, sms.parse(knock)) if plain else None
        except Exception:  # whatever is wrong with this one, its route says so, to nobody else
            return None


class _Read(NamedTuple):
    """A signed request, and the message in it."""

    knock: Knock
    message: Message


def _answer(it: _Read, found: Understood | Exception | None) -> Response | Exception | None:
    if not isinstance(found, Understood | KeptNotInEffect):
        return found
    try:
        return sms.reply(it.knock, it.message, *sms.said(it.knock, it.message, found))
    except Exception as why:  # as above; it is recorded, and Twilio may send it again
        return why
