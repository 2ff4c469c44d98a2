"""All that can be wrong with rule files, found at once: form, sources, names, dates, zones, and who claims what."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import chain, product
from typing import Any, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from suppression.policy.calendar import named_day, timetable
from suppression.policy.schema import Clause, Country, Notice, Occasion, Regime
from suppression.records import Audience, Channel

NO_LEAP_YEAR = 2025


def problems_of(raws: Mapping[str, object], options: frozenset[str] = frozenset()) -> list[str]:
    """Every problem of the files (name: decoded TOML, or the error that reading it gave), each with its file."""
    problems = [f"{name}: {problem}" for name, raw in raws.items() for problem in _form(raw)]
    if problems:
        return problems
    countries = {name: msgspec.convert(raw, Country) for name, raw in raws.items()}
    for name, country in countries.items():
        problems += [f"{name}: {problem}" for problem in _inside(country)]
    return problems + list(_between(list(countries.values()), options))


def clauses(country: Country) -> Iterator[tuple[str, Clause]]:
    """Every clause of a file with its path in it."""
    for name in country.__struct_fields__:
        yield from _clauses(name, getattr(country, name))


def _clauses(path: str, value: object) -> Iterator[tuple[str, Clause]]:
    if isinstance(value, Clause):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _clauses(f"{path}.{key}", inner)
    elif isinstance(value, tuple):
        for place, inner in enumerate(value):
            yield from _clauses(f"{path}[{place}]", inner)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _clauses(f"{path}.{name}", getattr(value, name))


def _form(raw: object) -> Iterator[str]:
    if not isinstance(raw, dict):
        yield f"cannot be read: {raw}"
        return
    hints = get_type_hints(Country)
    before = 0
    for key, part in raw.items():
        for path, piece, kind in _pieces(key, part, hints.get(key)):
            if problem := _misfit(piece, kind):
                before += 1
                yield f"{path}: {problem}"
    if not before and (problem := _misfit(raw, Country)):
        yield problem


def _pieces(path: str, part: Any, kind: Any) -> Iterator[tuple[str, Any, Any]]:
    """The parts to be checked each by itself, so that one mistake does not hide the next."""
    inner = get_args(kind)
    if get_origin(kind) is tuple and isinstance(part, list):
        yield from ((f"{path}[{place}]", piece, inner[0]) for place, piece in enumerate(part))
    elif get_origin(kind) is dict and isinstance(part, dict):
        yield from ((f"{path}.{name}", piece, inner[1]) for name, piece in part.items())
    elif kind is not None:
        yield path, part, kind


def _misfit(value: object, kind: Any) -> str | None:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as problem:
        return str(problem)
    return None


def _inside(country: Country) -> Iterator[str]:
    for check in (
        _unknown_sources,
        _unknown_names,
        _never_used,
        _too_young,
        _gaps,
        _no_calls,
        _zones,
        _hours,
        _days,
        _blanks,
    ):
        yield from check(country)


def _unknown_sources(country: Country) -> Iterator[str]:
    for path, clause in clauses(country):
        if clause.source not in country.sources:
            yield f"{path}: source {clause.source!r} is not in [sources]"


def _named(country: Country, regime: Regime) -> Iterator[tuple[str, str, Mapping[str, Clause]]]:
    """Each clause that a regime names: kind, name, and the table in which it should stand."""
    yield from (("hours", name, country.hours) for name in [regime.hours] if name)
    yield from (("caps", name, country.caps) for name in regime.caps)
    yield from (("grounds", name, country.grounds) for name in regime.grounds)
    yield from (("registries", name, country.registries) for name in regime.registries)


def _unknown_names(country: Country) -> Iterator[str]:
    for place, regime in enumerate(country.regimes):
        for kind, name, table in _named(country, regime):
            if name not in table:
                yield f"regimes[{place}]: no [{kind}.{name}]"


def _never_used(country: Country) -> Iterator[str]:
    used = {(kind, name) for regime in country.regimes for kind, name, _ in _named(country, regime)}
    for kind in ("hours", "caps", "grounds", "registries"):
        for name in getattr(country, kind):
            if (kind, name) not in used:
                yield f"{kind}.{name}: no regime names it"


def _too_young(country: Country) -> Iterator[str]:
    for place, regime in enumerate(country.regimes):
        for kind, name, table in _named(country, regime):
            if name in table and table[name].since > regime.since:
                yield f"regimes[{place}]: from {regime.since}, but {kind}.{name} only from {table[name].since}"


def _gaps(country: Country) -> Iterator[str]:
    """Silence is never "allow": from its first date on, a file speaks of every channel and audience."""
    first = min((regime.since for regime in country.regimes), default=date.min)
    said = {
        spoken_of
        for regime in country.regimes
        if regime.since == first and not regime.territories
        for spoken_of in product(regime.channels, regime.audiences, (regime.automated,))
    }
    for channel, audience in product(Channel, get_args(Audience)):
        if (channel, audience, False) not in said:
            yield f"regimes: nothing for {channel}, {audience} from {first} on"
    for audience in get_args(Audience):
        if (Channel.VOICE, audience, True) not in said:
            yield f"regimes: nothing for automated calls, {audience} from {first} on"


def _no_calls(country: Country) -> Iterator[str]:
    for place, regime in enumerate(country.regimes):
        if regime.automated and set(regime.channels) != {Channel.VOICE}:
            yield f"regimes[{place}]: automated speaks of calls (voice) alone"


def _zones(country: Country) -> Iterator[str]:
    named = {country.zone, *country.zones, *chain(*(place.zones for place in country.places))}
    yield from (f"no time zone {zone!r}" for zone in sorted(named) if not _is_zone(zone))


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError):
        return False


def _hours(country: Country) -> Iterator[str]:
    for name, clause in country.hours.items():
        if problem := _refusal_of(timetable, clause):
            yield f"hours.{name}: {problem}"


def _days(country: Country) -> Iterator[str]:
    lists = [*([country.holidays] if country.holidays else []), *country.extra_holidays]
    for day in chain(*(one.days for one in lists)):
        if _refusal_of(named_day, day, NO_LEAP_YEAR):
            yield f"holidays: {day} is not a day of every year"


def _refusal_of(call: Callable[..., object], *args: object) -> str | None:
    try:
        call(*args)
    except ValueError as problem:
        return str(problem)
    return None


def _between(countries: list[Country], options: frozenset[str]) -> Iterator[str]:
    last = [country for country in countries if country.unknown_countries]
    if len(last) != 1 or not (last[0].retention and _speaks_everywhere(last[0])):
        yield "exactly one file must have unknown_countries = true, with [retention], a [notice] and all of [says] in English"
    else:
        yield from _unadded(countries, last[0])
    yield from _claimed_twice("territory", [set(_claims(country)) for country in countries])
    yield from _claimed_twice("prefix", [p.prefixes for country in countries for p in country.places])
    known = {extra.option for country in countries for extra in country.extra_holidays}
    yield from (f"no rule file has the option {option!r}" for option in sorted(options - known))


def _speaks_everywhere(country: Country) -> bool:
    said = [country.notice, *(country.says.get(it) for it in get_args(Occasion))]
    return all(it and "en" in it.texts and not it.adds for it in said)


def _unadded(countries: list[Country], everywhere: Country) -> Iterator[str]:
    """What is added to the general text is said in one of its languages."""
    for country in countries:
        for name, general, own in (
            ("notice", everywhere.notice, country.notice),
            *((f"says.{it}", everywhere.says[it], country.says.get(it)) for it in get_args(Occasion)),
        ):
            if general and own and own.adds and not own.texts.keys() <= general.texts.keys():
                yield f"{country.country}: {name} adds in a language in which nothing is said everywhere"


def _blanks(country: Country) -> Iterator[str]:
    """A text has no other blanks than those that are filled."""
    for path, clause in clauses(country):
        for lang, text in clause.texts.items() if isinstance(clause, Notice) else ():
            try:
                text.format(controller="", contact="", agent="")
            except (KeyError, IndexError, ValueError):
                yield f"{path}.texts.{lang}: the blanks are {{controller}}, {{contact}} and {{agent}}"


def _claims(country: Country) -> Iterator[str]:
    yield from (country.country, *country.territories, *(place.territory for place in country.places))


def _claimed_twice(what: str, claims: list[Any]) -> Iterator[str]:
    counted = Counter(chain(*claims))
    yield from (f"{what} {name} is claimed twice" for name, times in sorted(counted.items()) if times > 1)
