"""A caller whose number is withheld types it in, hears it back digit by digit, and confirms: only then it is opted out.

So nobody is opted out by a slip of the finger. The number travels sealed from step to step.
"""

import phonenumbers
from twilio.twiml.voice_response import VoiceResponse

from suppression.contact import Contact, Kind
from suppression.errors import InvalidContact
from webhooks.call import Call, leave_alone
from webhooks.seal import seal, unseal
from webhooks.speech import ask_digits, ask_key, path

MOST_TRIES = 3
CONFIRM, RETYPE = "1", "2"


def ask_number(call: Call, key: str, tries: int) -> VoiceResponse:
    """Asks for the number; after three tries good-bye, with nothing recorded."""
    if tries > MOST_TRIES:
        return call.farewell("give_up")
    return ask_digits(call.lang, call.text(key), path(call.knock.settings, "voice", step="typed", tries=tries))


def read(call: Call) -> VoiceResponse:
    """Reads back what was typed, or asks again where it is no number."""
    tries = call.knock.count("tries")
    contact = number_of(call, call.knock.get("Digits"))
    return read_back(call, contact, tries) if contact else ask_number(call, "no_number", tries + 1)


def confirm(call: Call) -> VoiceResponse:
    """Opts out on 1, asks for the number anew on 2; all else, silence too, has it read back again."""
    tries = call.knock.count("tries")
    number = unseal(call.knock.step("number"), call.knock.settings)
    pressed = call.knock.get("Digits")
    if number is None or pressed == RETYPE:
        return ask_number(call, "type_again", tries + 1)
    contact = Contact(Kind.PHONE, number)
    return leave_alone(call, contact) if pressed == CONFIRM else read_back(call, contact, tries + 1)


def read_back(call: Call, contact: Contact, tries: int) -> VoiceResponse:
    """Says a number digit by digit, and asks whether it is right."""
    if tries > MOST_TRIES:
        return call.farewell("give_up")
    number = seal(contact.address, call.knock.settings)
    action = path(call.knock.settings, "voice", step="confirm", tries=tries, number=number)
    return ask_key(call.lang, call.text("read_back", number=spelled(contact, region_of(call))), action)


def number_of(call: Call, digits: str) -> Contact | None:
    """The number that somebody typed, nationally or with 00; None where it cannot be one."""
    kept = "".join(it for it in digits if it in "0123456789")
    try:
        contact = call.knock.service.contact(kept, region_of(call))
    except InvalidContact:
        return None
    return contact if contact.kind is Kind.PHONE else None


def region_of(call: Call) -> str:
    """The country in whose way numbers are typed: the brand's."""
    brand = call.knock.service.brands.by_key.get(call.brand)
    return brand.country if brand else call.knock.settings.region


def spelled(contact: Contact, region: str) -> str:
    """A number as one dials it from there, digit by digit, with a breath after each."""
    number = phonenumbers.parse(contact.address)
    dialled = phonenumbers.format_out_of_country_calling_number(number, region)
    return ", ".join(it for it in dialled if it.isdigit())
