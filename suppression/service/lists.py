"""Lists that others keep: registries, loaded whole and replaced whole."""

import re
from collections.abc import Iterable
from datetime import date

from suppression.bulk.registry import Measured, RegistryFile
from suppression.errors import InvalidRequest
from suppression.history import RegistryLoaded
from suppression.service.base import INSTALLATION, Verbs
from suppression.store.registries import Registry
from suppression.store.store import Draft

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}\Z")


class Lists(Verbs):
    """Registries in, and what is in force."""

    def load_registry(  # noqa: PLR0913 -- the facts of a load
        self, name: str, lines: Iterable[bytes], as_of: date, region: str | None = None, force: bool = False, *, by: str
    ) -> tuple[Registry, int]:
        """Puts a registry in the place of the one before, in one step; gives it and the number of unreadable lines.

        It leaves an event: who loaded which file (its SHA-256 and size), of which date, with how many numbers.

        A line is one number, or CSV with the number in one column (or area code and number in two). Numbers written nationally
        are of `region`, else of the country whose rules name the registry; those of other countries are unreadable. Raises
        InvalidRequest for a bad name, a date in the future, a file without any number, and, unless `force`, for one with more
        unreadable lines than a few or older than the one in force: what is not listed may be called.
        """
        self._refuse_misnamed(name, as_of, force)
        country = region or self._rules.country_of_registry(name) or self._region
        reading, file = RegistryFile(country.upper(), force), Measured(lines)

        def note(it: Registry) -> None:
            event = RegistryLoaded(self._clock(), by, name, it.version, as_of, it.numbers, file.size, file.digest)
            self._store.change(INSTALLATION, lambda _facts, _partition: Draft(event))

        registry = self._registries.replace(name, as_of, reading.numbers(file), note)
        return registry, reading.unread

    def registries(self) -> list[Registry]:
        """The registries in force."""
        return self._registries.all()

    def _refuse_misnamed(self, name: str, as_of: date, force: bool) -> None:
        if not _NAME.match(name):
            raise InvalidRequest(
                "a registry's name is lower-case letters, digits, - and _", ({"field": "name", "problem": "form"},)
            )
        if as_of > self._clock().date():
            raise InvalidRequest(
                "a registry cannot be dated in the future", ({"field": "as_of", "problem": "in the future"},)
            )
        newest = max((it.as_of for it in self._registries.all() if it.name == name), default=as_of)
        if as_of < newest and not force:
            raise InvalidRequest(
                f"the registry in force is newer ({newest})",
                ({"field": "as_of", "problem": "older than what is loaded"},),
            )
