"""The form of a rule file: one country, every value with its rule, its source and its date of effect.

Decoded strictly: an unknown key, a missing source or a wrong type stops the start. What the words mean when a verdict
is made stands in `checks.py`; how to write such a file, in docs/adding-a-country.md.
"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from suppression.records import Audience, Basis, Channel

Text = Annotated[str, Meta(min_length=1)]
Positive = Annotated[int, Meta(ge=1)]
Natural = Annotated[int, Meta(ge=0)]
# "mon-fri 10:00-13:00 14:00-20:00": weekdays, then half-open windows of wall time.
Windows = Annotated[str, Meta(pattern=r"^[a-z]{3}(-[a-z]{3})?( \d\d:\d\d-\d\d:\d\d)+$")]
# "12-25", or days from Easter Sunday: "easter+1".
Day = Annotated[str, Meta(pattern=r"^(\d\d-\d\d|easter[+-]\d+)$")]
Mode = Literal["opt_in", "opt_out"]
Occasion = Literal["call", "automated", "message"]


class Clause(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every value carries: the id in docs/rules.md, a key of the file's `[sources]`, and the date of effect."""

    rule: Text
    source: Text
    since: date = field(name="from")


class Hours(Clause, frozen=True, kw_only=True):
    """When people may be reached, in their own time; `lifted_by` names the permissions that free from it."""

    windows: tuple[Windows, ...]
    holidays: Literal["off", "on"]
    eves: Windows | None = None
    lifted_by: tuple[Basis, ...] = ()


class Cap(Clause, frozen=True, kw_only=True):
    """At most `attempts` of one brand in any rolling `hours`, counted on `channels` (none named: on the one asked)."""

    attempts: Positive
    hours: Annotated[int, Meta(ge=1, le=2400)]  # attempts stay on file for 100 days (suppression/history.py)
    channels: tuple[Channel, ...] = ()


class Ground(Clause, frozen=True, kw_only=True):
    """A permission that this law accepts, and how long: days of 24 hours, working days, minutes around an instant.

    `automated`: only one that was given for automated calls. `days_after_end`: it serves so many days more than its own end
    says, unless it was taken back.
    """

    basis: Basis
    automated: bool = False
    days: Positive | None = None
    working_days: Positive | None = None
    working_week: Literal["mon-fri", "mon-sat"] = "mon-sat"
    days_after_end: Natural = 0
    minutes_before: Natural = 0
    minutes_after: Natural = 0


class Registry(Clause, frozen=True, kw_only=True):
    """A list kept by others; `listed` says what being on it means.

    `outranked_by` weighs more than being listed (`later_consent_only`: a consent only if younger than the list's date);
    `waived_by` makes the look-up itself needless.
    """

    days: Positive
    listed: Literal["deny", "allow"] = "deny"
    outranked_by: tuple[Basis, ...] = ()
    later_consent_only: bool = False
    waived_by: tuple[Basis, ...] = ()


class Ban(Clause, frozen=True, kw_only=True):
    """Purposes forbidden on some channels, unless one of these permissions stands."""

    purposes: tuple[Text, ...]
    channels: tuple[Channel, ...]
    audiences: tuple[Audience, ...]
    unless: tuple[Basis, ...] = ()


class Regime(Clause, frozen=True, kw_only=True):
    """What holds for some channels and audiences from a date on; names the clauses that apply.

    `territories` narrows it to some places of the file; such a regime goes before a general one. `automated`: what holds for
    calls that a machine makes or an AI speaks.
    """

    channels: tuple[Channel, ...]
    audiences: tuple[Audience, ...]
    mode: Mode
    grounds: tuple[str, ...] = ()
    hours: str | None = None
    caps: tuple[str, ...] = ()
    registries: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    automated: bool = False


class Place(Clause, frozen=True, kw_only=True):
    """Numbers that begin so belong to this territory; without `zones`, the numbering plan says which."""

    prefixes: tuple[Annotated[str, Meta(pattern=r"^\+\d+$")], ...]
    territory: Text
    zones: tuple[str, ...] = ()


class Days(Clause, frozen=True, kw_only=True):
    """The public holidays that the law means; without it, those of the `holidays` package."""

    days: tuple[Day, ...]


class ExtraDays(Days, frozen=True, kw_only=True):
    """Further days off that an installation may choose by the name of the `option`."""

    option: Text
    territories: tuple[str, ...] = ()


class Keep(Clause, frozen=True, kw_only=True):
    """How many years something is kept, counted from the latest of these instants."""

    years: Positive
    after: tuple[Literal["obtained", "end", "use", "objection", "last_contact", "attempt"], ...]


class Retention(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Terms of keeping: proofs, prospects, attempts and ended blocks go at the end of the term, opt-outs never before it."""

    proofs: Keep
    opt_outs: Keep
    prospects: Keep | None = None
    attempts: Keep | None = None
    blocks: Keep | None = None


class Refusal(Clause, frozen=True, kw_only=True):
    """The article that makes an opt-out binding."""


class Notice(Clause, frozen=True, kw_only=True):
    """What must be said, by language; `{controller}`, `{contact}` and `{agent}` are filled in.

    `adds`: it stands below what is said everywhere; else in its place.
    """

    texts: dict[str, Text]
    adds: bool = False


class Country(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule file. `zone` is where its dates begin; `zones` is where people may live whose address has no country.

    `notice` is what a collection form must say; `says` what an agent, an automated call or a message must.
    """

    country: Text
    name: dict[str, Text]
    zone: str
    zones: tuple[str, ...]
    sources: dict[str, Text]
    refusal: Refusal
    territories: tuple[str, ...] = ()
    unknown_countries: bool = False
    places: tuple[Place, ...] = ()
    holidays: Days | None = None
    extra_holidays: tuple[ExtraDays, ...] = ()
    hours: dict[str, Hours] = {}
    caps: dict[str, Cap] = {}
    grounds: dict[str, Ground] = {}
    registries: dict[str, Registry] = {}
    bans: tuple[Ban, ...] = ()
    regimes: tuple[Regime, ...]
    retention: Retention | None = None
    notice: Notice | None = None
    says: dict[Occasion, Notice] = {}
