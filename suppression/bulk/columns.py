"""Which column holds what: the contact's by its heading and by what stands in it, the others by their names."""

import re
import unicodedata
from collections.abc import Callable

from suppression.bulk.rows import Table, Unreadable

CONTACT = frozenset({"contact", "contacts", "coordonnee", "coordonnees", "recipient", "destinataire"})
PHONE = frozenset({
    "phone", "telephone", "tel", "mobile", "portable", "cell", "cellphone", "gsm", "msisdn", "fixe", "telefono", "telefon", "handy",
    "movil", "cellulare", "rufnummer", "telefone", "telemovel", "telefoon", "whatsapp", "sms",
})  # fmt: skip
EMAIL = frozenset({"email", "mail", "courriel", "correo", "mel"})
NUMBER = frozenset({"numero", "number", "num", "no", "nummer"})
MOSTLY = 0.5  # of the cells; without a heading that says so, a column must mostly hold contacts


def contact_column(table: Table, wanted: str | None, channel: str, is_contact: Callable[[str], bool]) -> int:
    """The position of the column that holds the contacts: the one wanted, by name or number from 1, else the likeliest.

    Raises Unreadable, naming the columns there are.
    """
    if wanted is not None:
        return _wanted(table, wanted)
    shares = [_share(table, position, is_contact) for position in range(len(table.headings))]
    ranks = [_rank(it, channel) for it in table.headings]
    likely = [n for n in range(len(ranks)) if (shares[n] > 0 and ranks[n]) or shares[n] >= MOSTLY]
    if not likely:
        likely = [n for n, rank in enumerate(ranks) if rank > 1]
    if not likely:
        raise Unreadable(f"no column holds contacts; name one with column: {', '.join(table.headings)[:200]}")
    return max(likely, key=lambda n: (ranks[n], shares[n], -n))


def positions(table: Table, names: dict[str, frozenset[str]]) -> dict[str, int]:
    """The positions of the columns that bear one of these names, by what they hold; those not there are left out."""
    headings = [folded(it) for it in table.headings]
    return {what: n for what, known in names.items() for n, heading in enumerate(headings) if heading in known}


def folded(heading: str) -> str:
    """A heading in lower case, without accents, its words joined by `_`."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", heading.casefold()) if not unicodedata.combining(c))
    return "_".join(re.findall(r"[a-z0-9]+", plain))


def _wanted(table: Table, wanted: str) -> int:
    headings = [folded(it) for it in table.headings]
    if folded(wanted) in headings:
        return headings.index(folded(wanted))
    if wanted.isascii() and wanted.isdigit() and 0 < int(wanted) <= len(headings):
        return int(wanted) - 1
    raise Unreadable(f"there is no column {wanted[:60]!r}; the file has: {', '.join(table.headings)[:200]}")


def _share(table: Table, position: int, is_contact: Callable[[str], bool]) -> float:
    cells = [it.cell(position) for it in table.sample if it.cell(position)]
    return sum(is_contact(it) for it in cells) / len(cells) if cells else 0.0


def _rank(heading: str, channel: str) -> int:
    """How surely a heading names contacts: 4 for the channel's own, 3 and 2 for other contacts, 1 for any number, else 0."""
    words = set(folded(heading).split("_"))
    own, other = (EMAIL, PHONE) if channel == "email" else (PHONE, EMAIL)
    return 4 if words & own else 3 if words & CONTACT else 2 if words & other else 1 if words & NUMBER else 0
