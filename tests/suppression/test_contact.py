"""What people and programs write around an address."""

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from suppression.contact import _is_settled, _phone, parse
from suppression.errors import InvalidContact


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("tel:+33639980001", "+33639980001"),
        ("TEL:+33-6-39-98-00-01;ext=12", "+33639980001"),  # RFC 3966
        ("tel:0639980001;phone-context=+33", "+33639980001"),
        ("Anna <a@b.fr>", "a@b.fr"),  # RFC 5322
        ('"Petit, Anna" <mailto:Anna@B.fr?subject=STOP>', "anna@b.fr"),
        ("<a@b.fr>", "a@b.fr"),
        ("Anna <tel:+33639980001>", "+33639980001"),
    ],
)
def test_an_address_is_found_in_what_is_around_it(text: str, contact: str) -> None:
    assert str(parse(text)) == contact


@pytest.mark.parametrize(
    "text", ["Anna <>", "Anna <Berta>", "a@b.fr <c@d.fr> e@f.fr", "<a@b.fr><c@d.fr>", "tel:;ext=1"]
)
def test_what_could_be_two_or_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidContact):
        parse(text)


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True), st.sampled_from(("FR", "US", "IT")))
@settings(max_examples=2_000, deadline=None)
@example("+33612345678", "US")
@example("+330612345678", "FR")  # the prefix of home calls
@example("+33692123456", "FR")  # overseas
@example("+390612345678", "FR")
@example("+7812345678", "FR")
def test_what_is_taken_for_settled_is_what_it_would_be_read_as(number: str, region: str) -> None:
    assume(_is_settled(number))
    assert _phone.__wrapped__(number, region) == number
