"""The rule files, read once and made ready for deciding; it knows no country, only the form of a file.

A set of files has one canonical text, whose SHA-256 stands in every question; from that text the same rulebook is made again.
`load_rules` is the one function of this room that reads anything. What a file may say stands in `schema.py`.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import chain
from pathlib import Path

import msgspec

from suppression.errors import SettingsError
from suppression.policy.calendar import Holidays, Timetable, midnight, timetable
from suppression.policy.checking import problems_of
from suppression.policy.schema import (
    Ban,
    Cap,
    Country,
    Ground,
    Mode,
    Notice,
    Occasion,
    Place,
    Refusal,
    Regime,
    Registry,
    Retention,
)
from suppression.policy.texts import Phrases
from suppression.records import Audience, Basis, Channel

BEGINNING = datetime.min.replace(tzinfo=UTC)
Key = tuple[str, Channel, Audience, bool]  # territory ("": the whole country), channel, audience, automated


@dataclass(frozen=True, eq=False, slots=True)
class Duties:
    """What the law asks of one channel and audience while one epoch lasts: a regime with its clauses looked up."""

    clause: Regime
    mode: Mode
    refusal: Refusal
    grounds: dict[Basis, Ground]
    hours: Timetable | None
    caps: tuple[Cap, ...]
    registries: dict[str, Registry]
    bans: tuple[Ban, ...]
    sources: dict[str, str]


@dataclass(frozen=True, eq=False, slots=True)
class Epoch:
    """From one date of effect to the next: `policy` names it, `duties` are what holds."""

    since: datetime
    policy: str
    duties: dict[Key, Duties]

    def duties_for(self, territory: str, channel: Channel, audience: Audience, automated: bool = False) -> Duties:
        """What holds there: what is said of the territory, else of the whole country.

        Of automated ones what is said of them; no file does so of messages, which machines always send.
        """
        if automated and (own := self._said_of(territory, channel, audience, True)):
            return own
        return self._said_of(territory, channel, audience, False) or self.duties["", channel, audience, False]

    def _said_of(self, territory: str, channel: Channel, audience: Audience, automated: bool) -> Duties | None:
        narrow = self.duties.get((territory, channel, audience, automated))
        return narrow or self.duties.get(("", channel, audience, automated))


@dataclass(frozen=True, eq=False, slots=True)
class Law:
    """One country's file made ready: its epochs in order; the first begins with time and is the strictest law's."""

    country: Country
    epochs: tuple[Epoch, ...]
    retention: Retention

    def place_in_time(self, at: datetime) -> int:
        """The index of the epoch in which an instant lies."""
        return bisect_right(self.epochs, at, key=lambda epoch: epoch.since) - 1

    def in_force(self, at: datetime) -> Epoch:
        """The epoch in which an instant lies."""
        return self.epochs[self.place_in_time(at)]


@dataclass(frozen=True, eq=False)
class Rulebook:
    """All rule files together; what has no file of its own falls under the strictest.

    `text` is the canonical text of the files and the options chosen; the sentences (`phrases`) are no part of it.
    """

    laws: Mapping[str, Law]
    strictest: Law
    phrases: Mapping[str, Phrases]
    options: frozenset[str] = frozenset()
    text: bytes = b""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical text, in hex: any change of any value gives another one, a comment does not."""
        return hashlib.sha256(self.text).hexdigest()

    def law_of(self, territory: str | None) -> Law:
        """The law of a territory (ISO 3166 alpha-2), the strictest where no file claims it."""
        return self._by_territory.get(territory or "", self.strictest)

    def country_of_registry(self, name: str) -> str | None:
        """The country whose rules name a registry, None for a name that no rule knows."""
        return next((it.country.country for it in self.laws.values() if name in it.country.registries), None)

    def place_named(self, number: str) -> Place | None:
        """The place whose prefix is the longest that the number begins with."""
        lengths = range(min(len(number), self._longest_prefix), 1, -1)
        return next((self._by_prefix[number[:n]] for n in lengths if number[:n] in self._by_prefix), None)

    def holidays_of(self, law: Law, territory: str) -> Holidays:
        """The days off of a territory: the file's own list (else the package's), with the options chosen."""
        extra = (more for more in law.country.extra_holidays if more.option in self.options)
        chosen = tuple(chain(*(more.days for more in extra if territory in (more.territories or (territory,)))))
        own = law.country.holidays
        return Holidays((*own.days, *chosen) if own else chosen, None if own else territory)

    def notice(
        self, country: str, lang: str, controller: str = "", contact: str = "", occasion: Occasion | None = None
    ) -> str:
        """What a collection form (or, on an `occasion`, an agent, a machine or a message) must say under that country's law.

        The country's own text goes before the general one, or is added to it, even where only its English says it; what is not
        given of `controller` and `contact` is left as a blank in brackets, as the agent's name always is.
        """
        own, general = _notice(self.law_of(country), occasion), _notice(self.strictest, occasion)
        assert general, "checked at load"
        spoken = own if own and (lang in own.texts or "en" in own.texts) else general
        tongue = lang if lang in spoken.texts else "en"
        parts = (general.texts[tongue], spoken.texts[tongue]) if spoken.adds else (spoken.texts[tongue],)
        form = self.phrases_in(lang).form
        return "".join(parts).format(
            controller=controller or form["controller"], contact=contact or form["contact"], agent=form["agent"]
        )

    def phrases_in(self, lang: str) -> Phrases:
        """The sentences of a language, English where there are none."""
        return self.phrases.get(lang) or self.phrases["en"]

    @cached_property
    def _by_territory(self) -> dict[str, Law]:
        return {name: law for law in self.laws.values() for name in _territories(law.country)}

    @cached_property
    def _by_prefix(self) -> dict[str, Place]:
        places = (place for law in self.laws.values() for place in law.country.places)
        return {prefix: place for place in places for prefix in place.prefixes}

    @cached_property
    def _longest_prefix(self) -> int:
        return max(map(len, self._by_prefix), default=0)


def load_rules(directory: Path | None = None, options: frozenset[str] = frozenset()) -> Rulebook:
    """The shipped rule files, with those of `directory` added (one of the same name replaces the shipped one).

    `options` are names of further days off (`alsace-moselle`). Raises SettingsError with every problem of every file.
    """
    here = resources.files("suppression.policy")
    files = {file.name: file for file in _tomls(here / "rules")}
    files |= {file.name: file for file in _tomls(directory)} if directory else {}
    raws = {name: _raw(file) for name, file in sorted(files.items())}
    if problems := problems_of(raws, options):
        raise SettingsError(problems)
    countries = [msgspec.convert(raw, Country) for raw in raws.values()]
    phrases = {file.name.removesuffix(".toml"): _phrases(file) for file in _tomls(here / "texts")}
    return rulebook(countries, phrases, options, _canonical(raws, options))


def rules_in(text: bytes, phrases: Mapping[str, Phrases]) -> Rulebook:
    """The rulebook that a canonical text is of. Raises msgspec.MsgspecError if this version cannot read it.

    It was checked when it was new: what is asked of a file since does not make an old one wrong.
    """
    kept = msgspec.json.decode(text, type=_Text)
    countries = [msgspec.convert(raw, Country) for raw in kept.files.values()]
    return rulebook(countries, phrases, frozenset(kept.options), text)


def rulebook(
    countries: list[Country], phrases: Mapping[str, Phrases], options: frozenset[str] = frozenset(), text: bytes = b""
) -> Rulebook:
    """The rulebook of files that were checked."""
    [last] = (country for country in countries if country.unknown_countries)
    strictest = _law(last, (), last)
    laws = {country.country: _law(country, strictest.epochs, last) for country in countries if country is not last}
    return Rulebook(laws, strictest, phrases, options, text)


class _Text(msgspec.Struct, frozen=True):
    """The canonical text of a set: the files as decoded, and the options, as JSON with sorted keys and no spaces."""

    files: dict[str, object]
    options: tuple[str, ...]


def _canonical(raws: Mapping[str, object], options: frozenset[str]) -> bytes:
    return msgspec.json.encode(_Text(dict(raws), tuple(sorted(options))), order="deterministic")


def _tomls(directory: Traversable | Path) -> list[Traversable | Path]:
    return [file for file in directory.iterdir() if file.name.endswith(".toml")]


def _raw(file: Traversable | Path) -> object:
    try:
        return msgspec.toml.decode(file.read_bytes())
    except (OSError, ValueError) as cause:
        return cause


def _phrases(file: Traversable | Path) -> Phrases:
    return msgspec.toml.decode(file.read_bytes(), type=Phrases)


def _notice(law: Law, occasion: Occasion | None) -> Notice | None:
    return law.country.says.get(occasion) if occasion else law.country.notice


def _territories(country: Country) -> Iterator[str]:
    yield from (country.country, *country.territories)
    yield from (place.territory for place in country.places)


def _law(country: Country, before: tuple[Epoch, ...], strictest: Country) -> Law:
    retention = country.retention or strictest.retention
    assert retention, "checked at load"
    own = _epochs(country)
    if not before:
        return Law(country, (_from_the_beginning(own[0]), *own[1:]), retention)
    return Law(country, (*(epoch for epoch in before if epoch.since < own[0].since), *own), retention)


def _from_the_beginning(epoch: Epoch) -> Epoch:
    return Epoch(BEGINNING, epoch.policy, epoch.duties)


def _epochs(country: Country) -> tuple[Epoch, ...]:
    first = min(regime.since for regime in country.regimes)
    dates = sorted({first, *(dated.since for dated in (*country.regimes, *country.bans) if dated.since > first)})
    tables = {name: timetable(clause) for name, clause in country.hours.items()}
    return tuple(_epoch(country, day, tables) for day in dates)


def _epoch(country: Country, day: date, tables: Mapping[str, Timetable]) -> Epoch:
    regimes = sorted((regime for regime in country.regimes if regime.since <= day), key=lambda regime: regime.since)
    bans = tuple(ban for ban in country.bans if ban.since <= day)
    duties = {key: _duties(country, regime, tables, _bans(bans, key)) for regime in regimes for key in keys(regime)}
    return Epoch(midnight(day, country.zone), f"{country.country}/{day.isoformat()}", duties)


def _bans(bans: tuple[Ban, ...], key: Key) -> tuple[Ban, ...]:
    _, channel, audience, _ = key
    return tuple(ban for ban in bans if channel in ban.channels and audience in ban.audiences)


def keys(regime: Regime) -> Iterator[Key]:
    """Every territory (`""`: the whole country), channel and audience that a regime speaks of."""
    for territory in regime.territories or ("",):
        for channel in regime.channels:
            for audience in regime.audiences:
                yield territory, channel, audience, regime.automated


def _duties(country: Country, regime: Regime, tables: Mapping[str, Timetable], bans: tuple[Ban, ...]) -> Duties:
    grounds = [country.grounds[name] for name in regime.grounds]
    return Duties(
        clause=regime,
        mode=regime.mode,
        refusal=country.refusal,
        grounds={ground.basis: ground for ground in grounds},
        hours=tables[regime.hours] if regime.hours else None,
        caps=tuple(country.caps[name] for name in regime.caps),
        registries={name: country.registries[name] for name in regime.registries},
        bans=bans,
        sources=country.sources,
    )
