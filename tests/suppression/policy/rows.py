"""Builders of facts and questions for the tables of this room: wall times of the person, short words, nothing hidden."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from suppression import records
from suppression.contact import Contact, Kind, parse
from suppression.records import ALL_CHANNELS, Channel, Facts, Listing, Question

# Where each contact of the tables lives.
CONTACTS = {
    "FR": ("+33612345678", "Europe/Paris"),
    "RE": ("+262692123456", "Indian/Reunion"),
    "YT": ("+262639123456", "Indian/Mayotte"),
    "262": ("+262939123456", "Indian/Reunion"),
    "GP": ("+590690123456", "America/Guadeloupe"),
    "MQ": ("+596696123456", "America/Martinique"),
    "GF": ("+594694123456", "America/Cayenne"),
    "PM": ("+508551234", "America/Miquelon"),
    "DE": ("+4915123456789", "Europe/Berlin"),
    "ES": ("+34612345678", "Europe/Madrid"),
    "ES-CN": ("+34928123456", "Atlantic/Canary"),
    "IT": ("+393123456789", "Europe/Rome"),
    "BE": ("+32470123456", "Europe/Brussels"),
    "NL": ("+31612345678", "Europe/Amsterdam"),
    "PT": ("+351912345678", "Europe/Lisbon"),
    "AT": ("+436641234567", "Europe/Vienna"),
    "CH": ("+41781234567", "Europe/Zurich"),
    "GB": ("+447400123456", "Europe/London"),
    "US": ("+12125551234", "America/New_York"),
    "US-HI": ("+18085551234", "Pacific/Honolulu"),
    "US-KY": ("+15025551234", "America/New_York"),
    "US-ME": ("+12075551234", "America/New_York"),
    "US-800": ("+18005551234", "America/New_York"),
    "CA": ("+14165551234", "America/Toronto"),
    "AU": ("+61212345678", "Australia/Sydney"),
    "AU-mobile": ("+61412345678", "Australia/Sydney"),
    "JP": ("+81312345678", "Asia/Tokyo"),
    "BR": ("+5511961234567", "America/Sao_Paulo"),
    "world": ("+80012345678", "UTC"),
    "mail": ("jean@example.fr", "Europe/Paris"),
    "telegram": ("telegram:123456", "Europe/Paris"),
    "sender": ("36180", "Europe/Paris"),
}

Made = Callable[[int, ZoneInfo], Any]


@dataclass(frozen=True)
class Row:
    """One line of a table: the article, what it shows, the question, what is on file, the answer expected."""

    article: str
    about: str
    at: str
    answer: str
    facts: tuple[Made, ...] = ()
    to: str = "FR"
    by: str = "voice"
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(CONTACTS[self.to][1])

    @property
    def file(self) -> Facts:
        made = [one(revision, self.zone) for revision, one in enumerate(self.facts, start=1)]
        kinds = {
            "opt_outs": records.OptOut,
            "reopenings": records.Reopening,
            "lifts": records.Lift,
            "blocks": records.Block,
            "permissions": records.Permission,
            "reviews": records.Review,
            "attempts": records.Attempt,
        }
        by_kind = {name: tuple(one for one in made if isinstance(one, kind)) for name, kind in kinds.items()}
        return Facts(len(made), **by_kind)

    @property
    def listings(self) -> tuple[Listing, ...]:
        return tuple(one(0, self.zone) for one in self.more.get("lists", ()))

    @property
    def question(self) -> Question:
        at = instant(self.at, self.zone)
        extra = {name: value for name, value in self.more.items() if name not in ("lists", "asked")}
        asked_at = instant(self.more.get("asked", self.at), self.zone)
        return Question(contact(self.to), Channel(self.by), "acme", at, asked_at, **extra)


def row(
    article: str, about: str, at: str, answer: str, *facts: Made, to: str = "FR", by: str = "voice", **more: Any
) -> Row:
    """A line of a table; `answer` is `allow BASIS` or `deny CODE,CODE`, with `@ INSTANT` where it may be asked again."""
    return Row(article, about, at, answer, facts, to, by, more)


def contact(name: str) -> Contact:
    address = CONTACTS[name][0]
    return Contact(Kind.SENDER, address) if name == "sender" else parse(address)


def instant(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(ZoneInfo("UTC"))


def channels_of(names: str) -> frozenset[Channel]:
    return frozenset(map(Channel, names.split())) if names else ALL_CHANNELS


def permission(
    basis: Any, given: str, on: str, brand: str, times: dict[str, str | None], purpose: str | None, **more: Any
) -> Made:
    def made(revision: int, zone: ZoneInfo) -> records.Permission:
        obtained = instant(given, zone)
        others = {name: instant(text, zone) for name, text in times.items() if text}
        what = records.Permission(
            f"per_{revision}", basis, brand, channels_of(on), obtained, obtained, revision, purpose
        )
        return replace(what, **others, **more)

    return made


def consent(
    given: str, *, on: str = "", brand: str = "acme", until: str = "", withdrawn: str = "", purpose: Any = None,
    shared: tuple[str, ...] = (), automated: bool = False,
) -> Made:  # fmt: skip
    times = {"valid_until": until, "withdrawn_at": withdrawn}
    return permission("consent", given, on, brand, times, purpose, shared_with=shared, automated=automated)


def contract(
    given: str = "2026-01-05", *, on: str = "", brand: str = "acme", until: str = "", purpose: Any = None
) -> Made:
    return permission("contract", given, on, brand, {"valid_until": until}, purpose)


def callback(given: str, *, on: str = "voice", purpose: Any = None, until: str = "") -> Made:
    return permission("callback_request", given, on, "acme", {"valid_until": until}, purpose)


def appointment(when: str, given: str = "2026-11-02", *, on: str = "voice", purpose: Any = None) -> Made:
    return permission("appointment", given, on, "acme", {"appointment": when}, purpose)


def stop(at: str, *, on: str = "", brand: str = "acme", via: str = "sms") -> Made:
    return lambda revision, zone: records.OptOut(
        f"opt_{revision}", brand, channels_of(on), instant(at, zone), revision, via
    )


def start(at: str, *, on: str = "voice", brand: str = "acme") -> Made:
    return lambda revision, zone: records.Reopening(brand, Channel(on), instant(at, zone), revision)


def lift(at: str, *, approved: bool = True) -> Made:
    def made(revision: int, zone: ZoneInfo) -> records.Lift:
        approval = {"approved_by": "bob", "revision": revision} if approved else {}
        return records.Lift(f"lift_{revision}", "ann", instant(at, zone), **approval)

    return made


def block(at: str, *, name: str = "do-not-call", on: str = "", brand: str = "acme", until: str = "") -> Made:
    def made(revision: int, zone: ZoneInfo) -> records.Block:
        end = instant(until, zone) if until else None
        return records.Block(f"blk_{revision}", name, brand, channels_of(on), instant(at, zone), until=end)

    return made


def review(at: str, *, brand: str = "acme", on: str = "") -> Made:
    def made(revision: int, zone: ZoneInfo) -> records.Review:
        opened = instant(at, zone)
        return records.Review(f"rev_{revision}", brand, channels_of(on), opened, opened + timedelta(days=3), "sms")

    return made


def tried(at: str, *, by: str = "voice", brand: str = "acme", outcome: Any = "no_answer") -> Made:
    return lambda revision, zone: records.Attempt(f"att_{revision}", brand, Channel(by), instant(at, zone), outcome)


def listing(registry: str, as_of: str, listed: bool = False) -> Made:
    return lambda _revision, _zone: Listing(registry, listed, date.fromisoformat(as_of))


def on_list(registry: str, as_of: str) -> Made:
    return listing(registry, as_of, listed=True)


# What many rows have in common.
TUE = "2026-11-24 11:00"  # an ordinary working day, inside every window of the day
OCT = "2026-10-01"
YES = consent(OCT)  # a consent on every channel, without purpose
FOUR = tuple(tried(f"2026-11-{day} 11:00") for day in ("03", "10", "17", "20"))
