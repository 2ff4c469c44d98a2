"""Carries a typed number from one step of a call to the next, unreadable in an address, and so in every access log.

The key is made of the tokens that sign; during a rotation all of them open, the first one seals.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from suppression.settings import Settings
from webhooks.signature import tokens_of

A_CALL = 4 * 3600  # Twilio ends calls after four hours: https://www.twilio.com/docs/voice/api/call-resource (TimeLimit)


def seal(text: str, settings: Settings) -> str:
    """The text, sealed, fit for an address."""
    return _ring(settings).encrypt(text.encode()).decode()


def unseal(sealed: str, settings: Settings) -> str | None:
    """What was sealed; None for what is not of ours, or older than any call."""
    try:
        return _ring(settings).decrypt(sealed.encode("utf-8", "replace"), ttl=A_CALL).decode()
    except InvalidToken:
        return None


def _ring(settings: Settings) -> MultiFernet:
    return MultiFernet([Fernet(_key(it)) for it in tokens_of(settings)])


def _key(token: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"typed number|" + token.encode()).digest())
