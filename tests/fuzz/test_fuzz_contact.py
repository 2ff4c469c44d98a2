"""Whatever is typed where an address belongs: a contact that stays the same however often it is read, or a refusal."""

from typing import Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppression.contact import parse, parse_sender
from suppression.errors import InvalidContact

from . import checks
from .effort import tries
from .found import inputs
from .texts import ADDRESSES, ANY_TEXT

COUNTRIES = sorted(phonenumbers.SUPPORTED_REGIONS)
REGIONS = st.sampled_from([*COUNTRIES, "ZZ", "001", "fr", ""]) | ANY_TEXT


@pytest.mark.parametrize("found", inputs("contact"), ids=lambda it: it["text"])
def test_what_was_found_once(found: dict[str, Any]) -> None:
    checks.contact(found["text"], found["region"])


@tries(1500)
@given(ADDRESSES, REGIONS)
def test_a_contact_is_itself_again_or_none(text: str, region: str) -> None:
    checks.contact(text, region)


@tries(400)
@given(st.sampled_from(COUNTRIES), st.integers(0, 10**12), st.sampled_from(["", "0", "00", "1", "8"]))
def test_a_number_means_the_same_in_every_form(region: str, digits: int, before: str) -> None:
    """As dialled there, with the country, as a link: one fingerprint, or a STOP would not be found again."""
    try:
        contact = parse(f"{before}{digits}", region)
    except InvalidContact:
        return
    number = phonenumbers.parse(contact.address)
    for form in (phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.RFC3966):
        assert parse(phonenumbers.format_number(number, form), "ZZ") == contact


@tries(40)
@given(ADDRESSES, st.integers(1, 30_000))
def test_a_very_long_sender_is_kept_short(text: str, times: int) -> None:
    assert len(parse_sender(text * times).address) <= 320
