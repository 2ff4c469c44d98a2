"""Where the person is: the law, the territory and the possible time zones of a contact.

A number says where it was given out, not where its owner stands: where it leaves several zones, all must agree.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

import phonenumbers
from phonenumbers import timezone
from phonenumbers.tzdata import TIMEZONE_DATA

from suppression.contact import Contact, Kind, calling_code, country_of
from suppression.policy.calendar import Holidays
from suppression.policy.rulebook import Law, Rulebook

MOST_ZONES = 5  # toll-free numbers of North America "lie" in 42: that many means unknown


@dataclass(frozen=True, eq=False, slots=True)
class Whereabouts:
    """The law of a contact, the territory within it, the possible time zones (none: unknown) and the days off."""

    law: Law
    territory: str
    zones: tuple[str, ...]
    holidays: Holidays


def whereabouts(contact: Contact, country: str, rules: Rulebook) -> Whereabouts:
    """Where a contact is; `country` speaks for addresses that have none."""
    if contact.kind is Kind.PHONE:
        return _of_number(contact.address, rules)
    return _of_country(country, rules)


@lru_cache(maxsize=65_536)
def _of_number(number: str, rules: Rulebook) -> Whereabouts:
    place = rules.place_named(number)
    territory = place.territory if place else _territory(number)
    law = rules.law_of(territory)
    zones = place.zones if place and place.zones else _zones(number)
    return Whereabouts(law, territory, zones, _days_off(law, territory, rules))


@lru_cache(maxsize=1024)
def _of_country(country: str, rules: Rulebook) -> Whereabouts:
    law = rules.law_of(country)
    return Whereabouts(law, country, law.country.zones, _days_off(law, country, rules))


@lru_cache(maxsize=4096)
def _days_off(law: Law, territory: str, rules: Rulebook) -> Holidays:
    """One object a territory, so that what is worked out for its days serves every number of it."""
    return rules.holidays_of(law, territory)


def _territory(number: str) -> str:
    try:
        return country_of(Contact(Kind.PHONE, number)) or ""
    except phonenumbers.NumberParseException:
        return ""


def _zones(number: str) -> tuple[str, ...]:
    only = _zones_of_code(calling_code(number))
    if only:
        return only
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ()
    zones = _known(timezone.time_zones_for_number(parsed)) or _known(
        timezone.time_zones_for_geographical_number(parsed)
    )
    return zones if len(zones) <= MOST_ZONES else ()


@cache
def _zones_of_code(code: int) -> tuple[str, ...]:
    """The zones of a calling code that is not divided any further; none where the digits behind it matter."""
    prefixes = [it for it in TIMEZONE_DATA if it.startswith(str(code))]
    return _known(TIMEZONE_DATA[prefixes[0]]) if prefixes == [str(code)] else ()


def _known(zones: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(zone for zone in zones if zone != timezone.UNKNOWN_TIMEZONE)
