"""What people and programs write around an address."""

import pytest

from suppression.contact import parse
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
