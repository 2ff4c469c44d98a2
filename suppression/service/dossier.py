"""The dossier as a page that the person can read and print: plain HTML, every text escaped, no style and no script of its own."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from suppression.contact import Contact
from suppression.policy.calendar import local
from suppression.policy.places import whereabouts
from suppression.policy.texts import Phrases
from suppression.records import ALL_BRANDS, ALL_CHANNELS
from suppression.service.base import PERSON
from suppression.service.rights import Rights
from suppression.settings import Brands
from suppression.texts import languages, say

DOOR = "dossier"
PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title></head>
<body><main>
{body}
</main></body></html>
"""

# Each section of facts: the columns shown, as the names of the fact's own fields.
SECTIONS: dict[str, tuple[str, ...]] = {
    "opt_outs": ("at", "brand", "channels", "via"),
    "permissions": (
        "id", "basis", "brand", "channels", "obtained_at", "valid_until", "withdrawn_at", "purpose", "goods",
        "shared_with", "automated", "source",
    ),
    "blocks": ("at", "list", "brand", "channels", "until", "reason"),
    "reviews": ("at", "brand", "channels", "via"),
    "attempts": ("at", "brand", "channel", "outcome"),
    "requests": ("at", "kind", "brand", "due"),
}  # fmt: skip
HEADINGS = {
    "at": "date", "obtained_at": "date", "valid_until": "until", "withdrawn_at": "withdrawn", "channel": "channels", "id": "number",
    "goods": "details", "shared_with": "details",
}  # fmt: skip
CHECKS = ("asked_at", "brand", "channel", "purpose", "agent", "id")
CHECK_HEADINGS = ("date", "brand", "channels", "purpose", "who", "number")


class Dossier(Rights):
    """The dossier, to be read."""

    def dossier_page(self, contact: Contact, lang: str | None = None) -> str:
        """The dossier in the person's language, French or English, as one HTML document."""
        lang = lang or self._own_language(contact)
        law_zone = whereabouts(contact, self._region, self._rules)
        zone = law_zone.zones[0] if law_zone.zones else law_zone.law.country.zone
        return _Page(lang, self._rules.phrases_in(lang), self.brands, zone, self._clock()).of(self.dossier(contact))

    def _own_language(self, contact: Contact) -> str:
        snapshot = self._store.read(contact)
        own = self._store.private(snapshot).lang if snapshot.card else ""
        lang = own or self.home_language(contact, ALL_BRANDS)
        return lang if lang in languages(DOOR) else "en"


class _Page:
    """One page in one language."""

    def __init__(self, lang: str, phrases: Phrases, brands: Brands, zone: str, now: datetime) -> None:
        self.lang, self.phrases, self.brands, self.zone, self.now = lang, phrases, brands, zone, now

    def of(self, file: Mapping[str, Any]) -> str:
        """The whole page of a dossier."""
        title = self.say("title", contact=file["contact"])
        body = "\n".join(
            (f"<h1>{escape(title)}</h1>", *self._head(file), *self._facts(file["facts"]), *self._record(file))
        )
        return PAGE.format(lang=self.lang, title=escape(title), body=body)

    def say(self, key: str, **values: object) -> str:
        """A text of the page."""
        return say(DOOR, key, self.lang, **values)

    def _head(self, file: Mapping[str, Any]) -> Iterator[str]:
        who = [it.privacy.controller or it.name for it in self.brands.by_key.values()]
        where = " ".join(it.privacy.contact for it in self.brands.by_key.values() if it.privacy.contact)
        controllers = ", ".join(it for it in who if it) or ", ".join(self.brands.by_key)
        yield _p(self.say("made", now=self.phrases.minute(local(self.now, self.zone)), controller=controllers))
        yield _p(self.say("rights", contact=where).strip())
        yield f"<h2>{escape(self.say('linked'))}</h2>"
        yield _p(", ".join(file.get("linked", ())) or self.say("linked_none"))

    def _facts(self, facts: Mapping[str, Any]) -> Iterator[str]:
        for name, columns in SECTIONS.items():
            rows = [[self.cell(it, fact.get(it)) for it in columns] for fact in facts.get(name, ())]
            yield from self._section(name, [self.say(HEADINGS.get(it, it)) for it in columns], rows)

    def _record(self, file: Mapping[str, Any]) -> Iterator[str]:
        events = [
            [self.cell("at", it["at"]), self._told(it), self._by(it["by"]), self._private(it.get("private", {}))]
            for it in file["events"]
        ]
        yield from self._section("events", [self.say(it) for it in ("date", "what", "who", "details")], events)
        checks = [[self.cell(it, one.get(it)) for it in CHECKS] for one in file["checks"]]
        yield from self._section("checks", [self.say(it) for it in CHECK_HEADINGS], checks)

    def _section(self, name: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
        yield f"<h2>{escape(self.say(f'section_{name}'))}</h2>"
        yield _table(headings, rows) if rows else _p(self.say("nothing"))

    def _told(self, event: Mapping[str, Any]) -> str:
        """What an event says, in one sentence."""
        inner = next((it for it in event.values() if isinstance(it, dict)), {})
        told = {**event, **inner, **{n: it for n, it in event.get("private", {}).items() if n == "reason"}}
        if told["type"] == "attempt_closed":
            told.setdefault("outcome", "released")
        names = ("brand", "via", "list", "reason", "basis", "decision", "outcome", "kind")
        words = {name: self.cell(name, told.get(name)) for name in names}
        channels = self.cell("channels", told.get("channels") or [it for it in (told.get("channel"),) if it])
        return self.say(f"event_{told['type']}", channels=channels, **words).strip()

    def cell(self, name: str, value: Any) -> str:
        """One value of a fact or an event, in words."""
        if value is None or value == "":
            return ""
        if name in _CELLS:
            return _CELLS[name](self, value)
        if name.endswith("at") or name in ("until", "due"):
            return self.phrases.minute(local(datetime.fromisoformat(value), self.zone))
        return ", ".join(value) if isinstance(value, list) else str(value)

    def brand(self, key: str) -> str:
        """A brand as people know it."""
        if key == ALL_BRANDS:
            return self.say("all_brands")
        known = self.brands.by_key.get(key)
        return (known.name if known else "") or key

    def channels(self, names: Iterable[str]) -> str:
        """Channels in words."""
        given = sorted(set(names))
        if len(given) == len(ALL_CHANNELS):
            return self.say("all_channels")
        return ", ".join(self.phrases.channels[it] for it in given)

    def _by(self, who: str) -> str:
        return self.say("you") if who == PERSON else who

    def _private(self, private: Mapping[str, Any]) -> str:
        told = [self.say("words", words=private["words"])] if private.get("words") else []
        proof = private.get("proof") or {}
        return "\n".join((*told, *(self.say("proof", name=name, text=it) for name, it in proof.items())))


_CELLS: dict[str, Callable[[_Page, Any], str]] = {
    "brand": _Page.brand,
    "channels": _Page.channels,
    "channel": lambda page, it: page.channels([it]),
    "via": lambda page, it: page.phrases.via.get(it, page.phrases.via["other"]),
    "basis": lambda page, it: page.phrases.bases.get(it, it),
    "automated": lambda page, _it: page.say("yes"),
    "kind": lambda page, it: page.say(f"kind_{it}") if it in ("erasure", "access") else it,
    "outcome": lambda page, it: page.say(f"outcome_{it}"),
    "decision": lambda page, it: page.say(f"decision_{it}"),
}


def _p(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose lines show without any style: `border` is an attribute, which the content policy allows."""
    head = "".join(f'<th scope="col">{escape(it)}</th>' for it in headings)
    lines = "\n".join(f"<tr>{''.join(f'<td>{_lines(it)}</td>' for it in row)}</tr>" for row in rows)
    return f'<table border="1"><thead><tr>{head}</tr></thead>\n<tbody>\n{lines}\n</tbody></table>'


def _lines(text: str) -> str:
    return "<br>".join(escape(it) for it in text.splitlines())
