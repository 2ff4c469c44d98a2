"""Lists that others keep: registries, loaded whole and replaced whole."""

import re
from collections.abc import Iterable, Iterator
from datetime import date

from suppression.contact import Contact, Kind, parse
from suppression.errors import InvalidContact, InvalidRequest
from suppression.service.base import Verbs
from suppression.store.registries import Registry

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}\Z")
LONGEST_LINE = 4096


class Lists(Verbs):
    """Registries in, and what is in force."""

    def load_registry(
        self, name: str, lines: Iterable[bytes], as_of: date, region: str | None = None
    ) -> tuple[Registry, int]:
        """Puts a registry in the place of the one before, in one step; gives it and the number of unreadable lines.

        A line is one number, or CSV with the number in its first readable cell. Raises InvalidRequest for a bad name, a date in
        the future, or a file without any number: an empty list would silently clear everybody.
        """
        if not _NAME.match(name):
            raise InvalidRequest(
                "a registry's name is lower-case letters, digits, - and _", ({"field": "name", "problem": "form"},)
            )
        if as_of > self._clock().date():
            raise InvalidRequest(
                "a registry cannot be dated in the future", ({"field": "as_of", "problem": "in the future"},)
            )
        unread: list[int] = []
        registry = self._registries.replace(name, as_of, self._numbers(lines, region or self._region, unread))
        return registry, len(unread)

    def registries(self) -> list[Registry]:
        """The registries in force."""
        return self._registries.all()

    def _numbers(self, lines: Iterable[bytes], region: str, unread: list[int]) -> Iterator[Contact]:
        for place, line in enumerate(lines):
            text = line[:LONGEST_LINE].decode("utf-8-sig", "replace").strip()
            found = next(filter(None, (_number(cell, region) for cell in re.split(r"[,;\t]", text))), None)
            if found:
                yield found
            elif text and place:  # the first line may be a heading
                unread.append(place)


def _number(cell: str, region: str) -> Contact | None:
    try:
        contact = parse(cell.strip().strip('"'), region)
    except InvalidContact:
        return None
    return contact if contact.kind is Kind.PHONE else None
