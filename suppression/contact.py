"""A contact: a person's address, parsed once at the door into a canonical, comparable value.

It does not say whether a number is in service: metadata moves with each release, and a suppression must not.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

import phonenumbers

from suppression.errors import InvalidContact

LONGEST = 320  # an e-mail address at its longest (RFC 3696 erratum 1690); numbers are far shorter
_EMAIL = re.compile(
    r"[^@\s<>()\[\],;:\\\"]{1,64}@(?=.{4,253}\Z)([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}\Z"
)
# ARCEP's numbering plan: what follows 0 in the overseas departments, by their calling code. 0639 98 is for fiction, everywhere.
OVERSEAS = {
    "262": ("692", "693", "262", "263", "639", "269"),
    "590": ("590", "690", "691"),
    "594": ("594", "694"),
    "596": ("596", "696", "697"),
}
_AFTER_ZERO = "|".join(it for digits in OVERSEAS.values() for it in digits)
_FRENCH_OVERSEAS = re.compile(rf"\+33((?!63998)(?:{_AFTER_ZERO}))\d{{6}}\Z")
_TELEGRAM = re.compile(r"telegram:([1-9][0-9]{0,15})\Z")
_PHONE_SHAPE = re.compile(r"([+＋]?[\d\s().\-/‐-―·  ]{2,40})(?:\s*(?:ext|x|poste)\.?\s*\d{1,6})?\Z", re.IGNORECASE)
_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")
_NAMED = re.compile(r"[^<>]*<([^<>]+)>\Z")
_MOST_READINGS = 6  # of one number; two or three do


class Kind(StrEnum):
    """What sort of address it is; `SENDER` is one that wrote to us but cannot be called back (a short code, a name)."""

    PHONE = "phone"
    EMAIL = "email"
    TELEGRAM = "telegram"
    SENDER = "sender"


@dataclass(frozen=True, slots=True, repr=False)
class Contact:
    """A canonical address: E.164 for phones, lower case for e-mail, digits for Telegram ids."""

    kind: Kind
    address: str

    def __str__(self) -> str:
        return self.address if self.kind in (Kind.PHONE, Kind.EMAIL) else f"{self.kind}:{self.address}"

    def __repr__(self) -> str:
        return f"Contact({self.masked})"

    @property
    def masked(self) -> str:
        """The address with its middle hidden: enough to recognise one's own, useless to a thief."""
        if self.kind is Kind.PHONE:
            return f"{self.address[:3]}{'*' * max(len(self.address) - 5, 4)}{self.address[-2:]}"
        if self.kind is Kind.EMAIL:
            local, _, domain = self.address.partition("@")
            return f"{local[:1]}***@{domain[:1]}***.{domain.rpartition('.')[2]}"
        return f"{self.kind}:***{self.address[-2:] if len(self.address) > 5 else ''}"


def parse(text: str, region: str = "FR") -> Contact:
    """The contact that a text means: a phone number in any format, an e-mail address or `telegram:ID`.

    `region` (ISO 3166 alpha-2) is the country of numbers written nationally. Raises InvalidContact.
    """
    if not isinstance(text, str) or len(text) > LONGEST:
        raise InvalidContact("not a phone number, an e-mail address or telegram:ID")
    if _E164.match(text) and _is_settled(text):
        return Contact(Kind.PHONE, text)
    bare = _bare(text)
    if found := _TELEGRAM.match(bare.lower()):
        return Contact(Kind.TELEGRAM, found[1])
    if "@" in bare:
        return Contact(Kind.EMAIL, _email(bare))
    return Contact(Kind.PHONE, _phone(bare, region.upper()))


def parse_sender(text: str, region: str = "FR") -> Contact:
    """Like `parse`, for somebody who wrote to us: what is no address is kept as a `SENDER`, so that no word is lost."""
    try:
        return parse(text, region)
    except InvalidContact:
        kept = _bare(text[:LONGEST])[:64].strip() or "anonymous"
        return Contact(Kind.SENDER, kept.encode("utf-8", "replace").decode())


def country_of(contact: Contact) -> str | None:
    """ISO country of a phone contact, or None where the number has none (toll-free world numbers, other kinds)."""
    if contact.kind is not Kind.PHONE:
        return None
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(calling_code(contact.address), ())
    if len(regions) == 1:
        return regions[0] if regions[0] != "001" else None
    code = phonenumbers.region_code_for_number(phonenumbers.parse(contact.address))
    if code and code != "001":
        return code
    return regions[0] if regions and regions[0] != "001" else None


def calling_code(number: str) -> int:
    """The calling code of an E.164 number, by the prefixes in use; 0 where none is."""
    codes = (int(number[1 : 1 + digits]) for digits in (1, 2, 3))
    return next((it for it in codes if it in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), 0)


def _bare(text: str) -> str:
    """Without marks that do not show (zero width, bidi), in compatibility form, without `tel:`, `mailto:` or a name around it."""
    shown = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) not in ("Cf", "Cc", "Cs"))
    bare = shown.strip()
    if named := _NAMED.match(bare):  # Anna <a@b.fr>, as mail programs write it
        bare = named[1].strip()
    for scheme, end in (("tel:", ";"), ("mailto:", "?")):  # RFC 3966: ;ext=, ;phone-context=; RFC 6068: ?subject=
        if bare.lower().startswith(scheme):
            return bare[len(scheme) :].partition(end)[0].partition("?")[0].strip()
    return bare


def _email(text: str) -> str:
    local, _, domain = text.lower().rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode() if domain else ''}"
    except UnicodeError as cause:
        raise InvalidContact("the e-mail domain cannot exist") from cause
    if not _EMAIL.match(address):
        raise InvalidContact("not an e-mail address")
    return address


def _is_settled(number: str) -> bool:
    """Whether a number in E.164's form is one already, by its plan's lengths and prefixes; where not, it is read in full."""
    code = calling_code(number)
    lengths, prefix = _plan(code)
    national = number[1 + len(str(code)) :]
    return (
        len(national) in lengths
        and national[0] != "0"
        and not (prefix and prefix.match(national))
        and not _FRENCH_OVERSEAS.match(number)
    )


@cache
def _plan(code: int) -> tuple[frozenset[int], re.Pattern[str] | None]:
    """How long the numbers of a calling code are, and what some write before them; no length where nobody knows."""
    region = phonenumbers.region_code_for_country_code(code)
    known = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region) if code else None
    if known is None or known.general_desc is None:
        return frozenset(), None
    lengths = frozenset(known.general_desc.possible_length) - frozenset(known.general_desc.possible_length_local_only)
    return lengths, re.compile(known.national_prefix_for_parsing) if known.national_prefix_for_parsing else None


@lru_cache(maxsize=4096)
def _phone(text: str, region: str) -> str:
    """The number as E.164, read again until it stays: some plans take a leading digit for a prefix more than once."""
    shape = _PHONE_SHAPE.match(text)
    if not shape:
        raise InvalidContact("not a phone number")
    number = shape[1]  # without its extension, whose letters would be dialled as digits
    for _ in range(_MOST_READINGS):
        before, number = number, _e164(number, region)
        if number == before:
            return number
    raise InvalidContact("not a phone number")


def _e164(text: str, region: str) -> str:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as cause:
        raise InvalidContact("not a phone number") from cause
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise InvalidContact("no phone number has that many digits there")
    return _overseas(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _overseas(number: str) -> str:
    """A French number as it is dialled from abroad: overseas the trunk prefix is the same, and the calling code another."""
    found = _FRENCH_OVERSEAS.match(number)
    return f"+{next(code for code, digits in OVERSEAS.items() if found[1] in digits)}{number[3:]}" if found else number
