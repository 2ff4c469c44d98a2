"""One verified request, as the doors read it: its fields as clean text, and whose number is whose."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import Request, Response
from twilio.twiml import TwiML
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from suppression.contact import Contact, Kind, parse_sender
from suppression.records import ALL_BRANDS, Channel
from suppression.service import Service
from suppression.settings import Settings
from suppression.texts import say

# Twilio's addresses (https://www.twilio.com/docs/messaging/channels): RCS falls back to SMS and shares its opt-outs.
CHANNELS = {"": Channel.SMS, "whatsapp": Channel.WHATSAPP, "rcs": Channel.SMS}
LONGEST_SHORT_CODE = 6  # so "36105" is a sender in every country, and no subscriber in those with short numbers
NO_REGION = "ZZ"
FIELDS = "stopliste.fields"  # their place in the environ
FORM = "application/x-www-form-urlencoded"
FR_OR_EN = ("fr", "en")


@dataclass(frozen=True)
class Knock:
    """A request that Twilio signed (or the local phone: `local`), with what a door needs to answer it."""

    service: Service
    settings: Settings
    fields: MultiDict[str, str]
    args: Mapping[str, str]
    local: bool = False

    def get(self, name: str) -> str:
        """A field without space around it; empty where it is missing. Of a repeated field, the first."""
        return str(self.fields.get(name, "")).strip()

    def step(self, name: str) -> str:
        """A parameter of the address, which we wrote ourselves into an earlier answer."""
        return self.args.get(name, "")

    def count(self, name: str) -> int:
        """A small number of the address; 0 where it is none."""
        text = self.step(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0

    def party(self, name: str) -> tuple[Channel, Contact]:
        """Who stands in an address field, and by which channel: `whatsapp:+33…`, `rcs:…`, `+33…`, a short code, a name."""
        scheme, address = split(self.get(name))
        region = self.settings.region if len(address) > LONGEST_SHORT_CODE else NO_REGION
        return CHANNELS.get(scheme, Channel.SMS), parse_sender(address, region)

    def brand_of(self, name: str) -> str:
        """The brand that claims the number of ours in an address field, or all of them (`*`)."""
        return self.service.brands.of_number(split(self.get(name))[1])

    def brand_name(self, brand: str, door: str, lang: str) -> str:
        """A brand as people hear it; a neutral phrase for all brands, or for one without a name."""
        if brand == ALL_BRANDS:
            return say(door, "everyone", lang)
        return self.service.brands[brand].name or say(door, "us", lang)

    def spoken_language(self, contact: Contact, brand: str) -> str:
        """French for people from French-speaking places, English for all others; the brand's own for numbers from nowhere."""
        lang = self.service.home_language(contact, brand)
        return lang if lang in FR_OR_EN else "en"


def fields_of(asked: Request) -> MultiDict[str, str]:
    """The fields of a form, or of a JSON object, and none of any other body; what is no text (half a character, bytes
    of another encoding) becomes a mark, and the words around it stay. They are read once a request."""
    found: MultiDict[str, str] | None = asked.environ.get(FIELDS)
    if found is None:
        found = asked.environ[FIELDS] = _fields_of(asked)
    return found


def _fields_of(asked: Request) -> MultiDict[str, str]:
    if asked.mimetype == FORM:
        return MultiDict(_pairs(_body(asked), asked.max_form_parts))
    found = asked.get_json(silent=True) if asked.is_json else None
    items = found.items() if isinstance(found, dict) else ()
    return MultiDict((_clean(name), _clean(it)) for name, it in items if isinstance(it, str | int | float))


def _pairs(body: str, most: int | None) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body, keep_blank_values=True, errors="replace", max_num_fields=most)
    except ValueError as many:
        raise RequestEntityTooLarge(f"a form has at most {most} fields") from many


def _body(asked: Request) -> str:
    """The body of a form, within the app's limit for forms, which Flask applies only where it parses them itself."""
    body = asked.get_data()
    if asked.max_form_memory_size is not None and len(body) > asked.max_form_memory_size:
        raise RequestEntityTooLarge
    return body.decode("utf-8", "replace")


def split(address: str) -> tuple[str, str]:
    """The channel's name before an address (empty for plain ones), and the address; an unknown name stays part of it."""
    scheme, colon, rest = address.partition(":")
    return (scheme.lower(), rest) if colon and scheme.lower() in CHANNELS else ("", address)


def is_phone(contact: Contact) -> bool:
    """Whether one can call or text it."""
    return contact.kind is Kind.PHONE


def xml(document: TwiML | str) -> Response:
    """A TwiML document as Twilio wants it."""
    return Response(str(document), content_type="text/xml; charset=utf-8")


def _clean(value: object) -> str:
    return str(value).encode("utf-8", "replace").decode()
