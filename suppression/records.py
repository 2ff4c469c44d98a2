"""The frozen facts of the house, in the words of docs/domain.md; what is on file, what is asked, what is answered.

Instants are aware `datetime`s in UTC. Ids are opaque texts with a prefix that names their kind. Nothing here does I/O.
"""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct

from suppression.contact import Contact

ALL_BRANDS = "*"


class Channel(StrEnum):
    """A way to reach a person."""

    VOICE = "voice"
    SMS = "sms"
    WHATSAPP = "whatsapp"
    TELEGRAM = "telegram"
    EMAIL = "email"


ALL_CHANNELS: frozenset[Channel] = frozenset(Channel)
Audience = Literal["consumer", "business"]
Basis = Literal["consent", "contract", "callback_request", "appointment"]
Outcome = Literal["answered", "no_answer", "busy", "voicemail", "failed", "reserved"]


def rfc3339(instant: datetime) -> str:
    """An instant in UTC as the outside reads it, with a Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Fact(Struct, frozen=True, omit_defaults=True):
    """Something on file about one contact."""


class OptOut(Fact, frozen=True):
    """The person's own STOP: brand (`*` = all), channels, since when, how it was said.

    `revision` is the contact's revision at which it was recorded, or last repeated: what reopens must have been recorded later,
    and obtained after `latest`.
    """

    id: str
    brand: str
    channels: frozenset[Channel]
    at: datetime
    revision: int
    via: str
    repeated_at: datetime | None = None

    @property
    def latest(self) -> datetime:
        """When it was last said."""
        return self.repeated_at or self.at


class Reopening(Fact, frozen=True):
    """The person's own later START, for one channel: cancels the opt-outs recorded before it that are not younger."""

    brand: str
    channel: Channel
    at: datetime
    revision: int


class Lift(Fact, frozen=True):
    """Two admins lifted the opt-outs on file with a written reason: asked for by one, in force once another approved.

    `covers` is the contact's revision when it was asked for: a STOP recorded since stands. The reason lies encrypted beside the
    ledger; `reason` is what older events hold of it.
    """

    id: str
    asked_by: str
    at: datetime
    covers: int = 0
    approved_by: str | None = None
    revision: int | None = None
    reason: str = ""


class Block(Fact, frozen=True):
    """An entry that the company made itself, on a named list, for one brand or all (`*`), until an instant or for good.

    Its reason lies encrypted beside the ledger; `reason` is what older events hold of it.
    """

    id: str
    list: str
    brand: str
    channels: frozenset[Channel]
    at: datetime
    reason: str = ""
    until: datetime | None = None
    by: str = ""


class Permission(Fact, frozen=True):
    """A proven reason to contact: its basis, scope and end. The proof itself lies encrypted beside the ledger.

    `appointment` is the agreed instant (basis `appointment`); `purpose` None serves any question; `automated`: it was given for
    automated and AI-voiced calls as well.
    """

    id: str
    basis: Basis
    brand: str
    channels: frozenset[Channel]
    obtained_at: datetime
    recorded_at: datetime
    revision: int
    purpose: str | None = None
    goods: str | None = None
    shared_with: tuple[str, ...] = ()
    source: str | None = None
    valid_until: datetime | None = None
    appointment: datetime | None = None
    withdrawn_at: datetime | None = None
    used_at: datetime | None = None
    automated: bool = False


class Review(Fact, frozen=True):
    """A message that may be an opt-out waits for a human until `due`; until decided the brand does not contact."""

    id: str
    brand: str
    channels: frozenset[Channel]
    at: datetime
    due: datetime
    via: str


class Attempt(Fact, frozen=True):
    """One contact tried, or about to be (`reserved`); `released` ones no longer count."""

    id: str
    brand: str
    channel: Channel
    at: datetime
    outcome: Outcome
    agent: str = ""


class Request(Fact, frozen=True):
    """A right the person invoked (erasure, access): due in one month (GDPR art. 12(3))."""

    id: str
    kind: Literal["erasure", "access"]
    brand: str
    at: datetime
    due: datetime
    via: str


class Facts(Fact, frozen=True):
    """All that is on file about one contact; `revision` counts the events that made it, `erased_at` tells of an erasure."""

    revision: int = 0
    opt_outs: tuple[OptOut, ...] = ()
    reopenings: tuple[Reopening, ...] = ()
    lifts: tuple[Lift, ...] = ()
    blocks: tuple[Block, ...] = ()
    permissions: tuple[Permission, ...] = ()
    reviews: tuple[Review, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    requests: tuple[Request, ...] = ()
    erased_at: datetime | None = None


class Listing(Struct, frozen=True, omit_defaults=True):
    """What one registry says of one contact; `as_of` is the registry's own date, `version` names the load."""

    registry: str
    listed: bool
    as_of: date
    version: str = ""


class Question(Struct, frozen=True, omit_defaults=True):
    """What is asked about a contact: may `brand` reach it by `channel` at `at`, for that purpose?

    `asked_at` is the instant of asking; `at` differs from it when the past or the future is asked about.
    `country` is the brand's own, for contacts without one; `consent_elsewhere`: the brand proves consent in another system.
    `caller` is the third party that makes the contact for the brand, None where the brand does so itself. `automated`: a machine
    dials and speaks, or an AI does; of messages it says nothing.
    """

    contact: Contact
    channel: Channel
    brand: str
    at: datetime
    asked_at: datetime
    audience: Audience = "consumer"
    purpose: str | None = None
    agent: str = ""
    country: str = "FR"
    consent_elsewhere: bool = False
    caller: str | None = None
    automated: bool = False


class Reason(Struct, frozen=True, omit_defaults=True):
    """Why not: a code of docs/domain.md, the rule that says so, since when, and one sentence for the agent."""

    code: str
    rule: str
    text: str
    since: datetime | None = None
    via: str | None = None
    details: dict[str, Any] | None = None


class Verdict(Struct, frozen=True, omit_defaults=True):
    """The answer to a check: `allow` with its basis, or `deny` with every reason, heaviest first.

    `policy` names the rule file and its date of effect, `rules` is the digest of all rule files together; `retry_at` is the
    first instant of an `allow`, None where time alone cannot heal.
    """

    id: str
    verdict: Literal["allow", "deny"]
    question: Question
    reasons: tuple[Reason, ...]
    basis: str | None
    retry_at: datetime | None
    policy: str
    rules: str = ""
    reservation: str | None = None

    @property
    def allowed(self) -> bool:
        """True only for a verdict that says `allow`."""
        return self.verdict == "allow"
