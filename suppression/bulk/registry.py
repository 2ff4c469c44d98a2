"""A registry's file: one number a line, or columns of which one holds it. What is read wrongly here would be called."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice

import phonenumbers

from suppression.contact import Contact, Kind, calling_code, parse
from suppression.errors import InvalidContact, InvalidRequest

LONGEST_LINE = 4096
SAMPLE = 200  # lines looked at to find the column
TOLERATED = 0.01  # of the lines, and FEW in any case: a remark, a torn end; more is another kind of file
FEW = 10
AREA_AND_NUMBER = -1  # the column that is two: the American lists give the area code apart
_CELLS = re.compile(r"[,;\t]")


class Measured:
    """The lines of a file, measured as they are read: its size in bytes and its SHA-256, once all are."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = lines
        self._hash = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self.size += len(line)
            self._hash.update(line)
            yield line

    @property
    def digest(self) -> str:
        """Of what was read until now, in hex."""
        return self._hash.hexdigest()


class RegistryFile:
    """One reading of one file; `unread` counts the lines without a number of the country, a heading aside."""

    def __init__(self, country: str, force: bool = False) -> None:
        self._country = country
        self._code = phonenumbers.country_code_for_region(country)
        self._force = force
        self.unread = 0

    def numbers(self, lines: Iterable[bytes]) -> Iterator[Contact]:
        """The numbers, in order. Raises InvalidRequest at the end if too much was unreadable, before anything is in force."""
        rows = (_CELLS.split(line[:LONGEST_LINE].decode("utf-8-sig", "replace").strip()) for line in lines)
        head = list(islice(rows, SAMPLE))
        column = self._column(head)
        read = 0
        for place, cells in enumerate(chain(head, rows)):
            found = self._number(_cell(cells, column))
            read += found is not None
            self.unread += found is None and place > 0 and any(cells)
            if found:
                yield found
        if self.unread > max(FEW, TOLERATED * (read + self.unread)) and not self._force:
            raise InvalidRequest(f"{self.unread} of {read + self.unread} lines hold no number: nothing was loaded")

    def _column(self, head: list[list[str]]) -> int:
        """The column that most often holds a number in use in the country, else one that could be: ids and dates look like some."""
        columns = (AREA_AND_NUMBER, *range(max(map(len, head), default=0)))
        in_use: Counter[int] = Counter()
        possible: Counter[int] = Counter()
        for cells in head:
            found = {it: number for it in columns if (number := self._number(_cell(cells, it)))}
            possible.update(found.keys())
            in_use.update(it for it, number in found.items() if _is_in_use(number))
        return max(possible, key=lambda it: (in_use[it], possible[it], -it), default=0)

    def _number(self, text: str) -> Contact | None:
        try:
            contact = parse(text.strip().strip('"'), self._country)
        except InvalidContact:
            return None
        foreign = calling_code(contact.address) != self._code and "+" not in text
        return contact if contact.kind is Kind.PHONE and not foreign else None


def _is_in_use(contact: Contact) -> bool:
    """Only to choose a column: what is listed is never asked whether today's numbering plan knows it."""
    return phonenumbers.is_valid_number(phonenumbers.parse(contact.address))


def _cell(cells: list[str], column: int) -> str:
    if column == AREA_AND_NUMBER:
        return "".join(it.strip().strip('"') for it in cells[:2]) if len(cells) == 2 else ""
    return cells[column] if column < len(cells) else ""
