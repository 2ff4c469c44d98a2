"""What the API takes, field by field; each model is also its own documentation in /openapi.json."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import msgspec
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from suppression.records import Channel

EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
MOST_CONTACTS = 10_000
LONGEST_PROOF = 32_768  # as JSON


def _instant(given: Any) -> Any:
    if isinstance(given, datetime):
        return given
    if not isinstance(given, str):
        raise ValueError("an instant is an RFC 3339 text")
    try:
        instant = datetime.fromisoformat(
            given.strip().replace(" ", "+") if given.count(" ") == 1 and "T" in given else given.strip()
        )
    except ValueError:
        raise ValueError("no RFC 3339 instant, such as 2026-11-23T10:05:00+01:00") from None
    if instant.tzinfo is None:
        raise ValueError("an instant needs its zone, such as Z or +01:00")
    if not EARLIEST < instant < LATEST:
        raise ValueError("an instant between 1990 and 2200")
    return instant.astimezone(UTC)


def _proof(given: dict[str, Any]) -> dict[str, Any]:
    try:
        size = len(msgspec.json.encode(given))
    except (OverflowError, RecursionError, TypeError) as cause:
        raise ValueError("a proof holds texts and ordinary numbers") from cause
    if size > LONGEST_PROOF:
        raise ValueError(
            f"a proof has at most {LONGEST_PROOF} bytes; keep the document itself elsewhere, and say where"
        )
    return given


Instant = Annotated[datetime, BeforeValidator(_instant)]
Text = Annotated[str, Field(max_length=500)]
Name = Annotated[str, Field(max_length=100)]
ContactText = Annotated[
    str, Field(max_length=1000, description="a phone number in any format, an e-mail address or telegram:ID")
]
Channels = Literal["all"] | Annotated[list[Channel], Field(min_length=1)]
Region = Annotated[str, Field(pattern=r"^[A-Za-z]{2}$", description="ISO country of a nationally written number")]
Outcome = Literal["answered", "no_answer", "busy", "voicemail", "failed"]


Caller = Annotated[
    str,
    Field(
        max_length=100,
        min_length=1,
        description="the third party that contacts for the brand, as `shared_with` names it",
    ),
]
Automated = Annotated[bool, Field(description="a machine dials and speaks, or an AI does; says nothing of messages")]
Lang = Annotated[
    Literal["fr", "en"], Field(description="language of the reasons; else that of Accept-Language, else French")
]


class Strict(BaseModel):
    """An unknown field is an error: a misspelt `channel` must not become a silent default."""

    model_config = ConfigDict(extra="forbid")


class _Terms(Strict):
    channel: Channel = Channel.VOICE
    brand: Name | None = None
    audience: Literal["consumer", "business"] = "consumer"
    purpose: Name | None = None
    at: Instant | None = None
    agent: Name | None = None
    region: Region | None = None
    lang: Lang | None = None
    caller: Caller | None = None
    automated: Automated = False


class CheckBody(_Terms):
    """May this contact be reached?"""

    contact: ContactText
    reserve: bool = False


class BatchBody(_Terms):
    """The same about up to 10,000 contacts; a bad one is a deny, never a failed batch."""

    contacts: list[Any] = Field(max_length=MOST_CONTACTS)


class OptOutBody(Strict):
    """The person said STOP."""

    contact: ContactText
    brand: Name | None = None
    channels: Channels = "all"
    via: Annotated[str, Field(max_length=40)] = "api"
    words: Annotated[str, Field(max_length=20_000)] = ""
    occurred_at: Instant | None = None
    region: Region | None = None


class PermissionBody(Strict):
    """A proven reason to contact."""

    contact: ContactText
    brand: Name | None = None
    basis: Literal["consent", "contract", "callback_request", "appointment"]
    channels: Channels
    obtained_at: Instant
    valid_until: Instant | None = None
    at: Instant | None = Field(None, description="the agreed instant of an appointment")
    purpose: Name | None = None
    goods: Text | None = None
    shared_with: Annotated[list[Name], Field(max_length=50)] = Field(default_factory=list)
    source: Name | None = None
    automated: bool = Field(False, description="given for automated and AI-voiced calls as well")
    proof: Annotated[dict[str, Any], AfterValidator(_proof)] | None = None
    region: Region | None = None


class BlockBody(Strict):
    """The company's own entry on a list of that name."""

    contact: ContactText
    list: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    brand: Name = "*"
    channels: Channels = "all"
    until: Instant | None = None
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    region: Region | None = None


class AttemptBody(Strict):
    """A contact tried elsewhere, answered or not."""

    contact: ContactText
    brand: Name | None = None
    channel: Channel = Channel.VOICE
    at: Instant | None = None
    outcome: Outcome
    agent: Name | None = None
    region: Region | None = None


class ConfirmBody(Strict):
    """How the reserved call ended."""

    outcome: Outcome = "answered"


class LiftBody(Strict):
    """Asks for an opt-out to be lifted; another admin must approve."""

    contact: ContactText
    reason: Annotated[str, Field(min_length=1, max_length=2000)]
    region: Region | None = None


class DecisionBody(Strict):
    """What a human makes of a doubtful message."""

    decision: Literal["stop", "none"]


class PastQuery(Strict):
    """How to word a past verdict."""

    lang: Lang | None = None


class FeedQuery(Strict):
    """Where to go on in the change feed."""

    after: Annotated[str, Field(max_length=4000)] | None = None
    limit: int = Field(100, ge=1, le=1000)


class RegistryQuery(Strict):
    """The date that the registry's keeper gives."""

    as_of: date
    region: Region | None = None
    force: bool = Field(False, description="load it although it is older, or much of it is unreadable")
