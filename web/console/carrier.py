"""Plays Twilio for the local phone: each request is a real one, over HTTP, signed as Twilio signs."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode, urljoin

from twilio.request_validator import SIGNATURE_HEADER, RequestValidator

from suppression.settings import Settings
from web.console.twiml import Unanswered

DOORS = "/webhooks/twilio/"
TIMEOUT_SECONDS = 15  # as long as Twilio waits


class Carrier:
    """Sends signed forms to the doors of this very service, and to nowhere else."""

    def __init__(self, settings: Settings, token: str) -> None:
        self._settings = settings
        self._validator = RequestValidator(token)

    def post(self, address: str, fields: Mapping[str, str]) -> str:
        """The TwiML that a door answers to a form. Raises Unanswered."""
        path = address.removeprefix(self._settings.public_url)
        if not path.startswith(DOORS):
            raise Unanswered("elsewhere")
        status, text = self._exchange(path, fields)
        if status != 200:
            raise Unanswered(f"HTTP {status} {_code(text)}".strip())
        return text

    def absolute(self, base: str, reference: str) -> str:
        """The address that a document at `base` means: relative ones are seen from there, none is the document's own."""
        return urljoin(urljoin(self._settings.public_url, base), reference)

    def _exchange(self, path: str, fields: Mapping[str, str]) -> tuple[int, str]:
        signature = self._validator.compute_signature(f"{self._settings.public_url}{path}", dict(fields))
        headers = {"Content-Type": "application/x-www-form-urlencoded", SIGNATURE_HEADER: signature}
        line = HTTPConnection("127.0.0.1", self._settings.port, timeout=TIMEOUT_SECONDS)
        try:
            line.request("POST", path, urlencode(fields), headers)
            answer = line.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, HTTPException) as cause:
            raise Unanswered(type(cause).__name__) from cause
        finally:
            line.close()


def _code(text: str) -> str:
    """The code of a problem document; nothing where it is none."""
    try:
        return str(json.loads(text).get("code", ""))
    except (ValueError, AttributeError):
        return ""
