"""What can go wrong, in the words of the house: each error carries the code that its caller decides by.

It knows no HTTP: the table that turns a code into a status stands in `web/problems.py`.
"""

from typing import ClassVar


class StoplisteError(Exception):
    """Any refusal or failure of ours; `code` is stable and documented in docs/errors.md."""

    code: ClassVar[str] = "internal_error"


class InvalidContact(StoplisteError):
    """The text cannot be a phone number, an e-mail address or a Telegram id."""

    code = "invalid_contact"


class InvalidRequest(StoplisteError):
    """The request is not of the form asked for; `details` names the fields."""

    code = "invalid_request"

    def __init__(self, message: str, details: tuple[dict[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.details = details


class UnknownBrand(InvalidRequest):
    """No brand of that name is configured."""

    code = "unknown_brand"


class ConsentRefused(InvalidRequest):
    """A permission lacks its proof, or claims to be from the future."""

    code = "consent_refused"


class KeyReused(StoplisteError):
    """The idempotency key was used before, for something else."""

    code = "idempotency_key_reused"


class NotFound(StoplisteError):
    """Nothing of that id is on file."""

    code = "not_found"


class Unauthenticated(StoplisteError):
    """No key, or one that is unknown, expired or revoked."""

    code = "unauthenticated"


class Forbidden(StoplisteError):
    """The key is good, but its role or its brand does not reach so far."""

    code = "forbidden"


class TooMany(StoplisteError):
    """More than the limit of the moment; `retry_after` is in seconds."""

    code = "rate_limited"

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StoreUnavailable(StoplisteError):
    """The store did not answer, or cannot be trusted; nobody may be told "allow"."""

    code = "store_unavailable"


class ForeignStore(StoreUnavailable):
    """The store is empty, older, foreign or not durable, where it must not be; nobody is served from it."""

    code = "store_refused"


class Contended(StoreUnavailable):
    """Other writers were faster on this contact, again and again; a retry is safe."""

    code = "contended"


class ArchiveUnavailable(StoplisteError):
    """The archive (seals, old events) cannot be read or written; what is in Redis stays there."""

    code = "archive_unavailable"


class LedgerBroken(StoplisteError):
    """A seal, or what it seals, is not as it was written: changed, missing, reordered or added."""

    code = "ledger_broken"


class KeptNotInEffect(StoplisteError):
    """A STOP is on disk here, but other hosts do not know it yet: received, not yet in effect."""

    code = "kept_not_in_effect"


class SettingsError(StoplisteError):
    """The environment or the brands file is wrong; `problems` lists all of it."""

    code = "settings"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
