"""The local phone: a page of this machine that plays Twilio while no account is set. It takes fictitious numbers only.

So nobody's real number can be opted out, or in, by a page that any visitor of this machine may open.
"""

import ipaddress
import re

from flask import Request

from suppression.contact import Kind, parse_sender
from suppression.settings import Settings
from webhooks.knock import fields_of, split
from webhooks.withheld import is_withheld

# Numbers that belong to nobody: Arcep, plan national de numérotation (décision 2018-0881: numbers for films);
# NANPA, 555-0100 to 555-0199; Ofcom, telephone numbers for drama.
_FICTITIOUS = re.compile(
    r"\+(?:33(?:63998|19900|26191|35301|46571|53649)\d{4}|1[2-9]\d\d55501\d\d|447700900\d{3})\Z", re.ASCII
)
_FORWARDED = re.compile(r"(?:forwarded|via|x-forwarded-.*|x-real-ip)\Z", re.IGNORECASE)
_PORT = re.compile(r":\d*\Z", re.ASCII)
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
FAR_ENDS = ("To", "Number")  # numbers in these may be ours as well
KEY_PRESS = 2  # more digits than this are a number that was typed


def is_local_phone(settings: Settings) -> bool:
    """Whether it is the local phone that signs: there is one, and no token of Twilio's."""
    return settings.local_phone_token is not None and not settings.twilio_tokens


def is_from_here(asked: Request, settings: Settings) -> bool:
    """Whether a request comes from this machine to this machine, by no proxy, about fictitious numbers, with no account set."""
    public = settings.given_public_url or settings.twilio_account
    near = _is_loopback(asked.remote_addr) and _PORT.sub("", asked.host).lower() in LOOPBACK_HOSTS
    passed_on = any(_FORWARDED.match(it) for it in asked.headers.keys())  # noqa: SIM118 -- iterating headers gives pairs
    return near and not public and not passed_on and _all_fictitious(asked, settings)


def is_fictitious(number: str) -> bool:
    """Whether a number (E.164) is reserved for films and examples."""
    return bool(_FICTITIOUS.match(number))


def _all_fictitious(asked: Request, settings: Settings) -> bool:
    fields = fields_of(asked)
    ours = {it for brand in settings.brands.by_key.values() for it in brand.twilio_numbers}
    caller = split(fields.get("From", "").strip())[1]
    far = [split(fields.get(it, "").strip())[1] for it in FAR_ENDS]
    typed = [it for it in fields.getlist("Digits") if len(it) > KEY_PRESS]
    return (
        (is_fictitious(caller) or caller in ours or is_withheld(caller))
        and all(not it or is_fictitious(it) or it in ours for it in far)
        and all(_is_fictitious_as_typed(it, settings) for it in typed)
    )


def _is_fictitious_as_typed(digits: str, settings: Settings) -> bool:
    """In every country whose national numbers a caller may type; what is no number anywhere harms nobody."""
    regions = {settings.region, *(it.country for it in settings.brands.by_key.values())}
    read = [parse_sender(digits, it) for it in regions]
    return all(it.kind is not Kind.PHONE or is_fictitious(it.address) for it in read)


def _is_loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False
