"""In which language to answer somebody."""

import re

from suppression.contact import Contact, Kind, country_of
from suppression.intent import Intent
from suppression.service.base import Verbs
from suppression.service.messages import Message

LANGUAGE_OF_COUNTRY = {
    **dict.fromkeys(("FR", "BE", "MC", "LU", "RE", "YT", "GP", "MQ", "GF", "NC", "PF", "PM", "BL", "MF", "WF"), "fr"),
    **dict.fromkeys(("ES", "MX", "AR", "CO", "CL", "PE"), "es"), **dict.fromkeys(("DE", "AT", "CH"), "de"),
    **dict.fromkeys(("PT", "BR"), "pt"), "IT": "it", "NL": "nl",
}  # fmt: skip

COMMAND_WORDS = frozenset({"stop", "start", "help", "info", "ok", "unstop", "end"})  # said in every country


class Languages(Verbs):
    """The language of a message, and of a person who said nothing."""

    def language(self, message: Message, intent: Intent | None = None) -> str:
        """The language to answer in: the message's own where it has words, else the one of the person's country and brand."""
        if message.lang:
            return message.lang
        words = [it for it in re.findall(r"[^\W\d_]{2,}", message.text) if it.casefold() not in COMMAND_WORDS]
        if intent and len(words) > 1:
            return intent.lang
        return self.home_language(message.contact, message.brand)

    def home_language(self, contact: Contact, brand: str) -> str:
        """The language of a contact's country; for contacts without one, the first of the brand."""
        country = country_of(contact) if contact.kind is Kind.PHONE else None
        if country:
            return LANGUAGE_OF_COUNTRY.get(country, "en")
        one = next((self.brands[k] for k in (brand, self.brands.only) if k and k in self.brands.by_key), None)
        return one.languages[0] if one and one.languages else "fr"
