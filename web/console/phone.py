"""The first page: a phone on the left, the verdict on the right; what one does with the phone goes through the real doors.

For the machine on which `stopliste up` runs, and only while no Twilio account is set: `web/app.py` asks `is_offered`.
"""

import re
import secrets
from functools import partial

import phonenumbers
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from suppression.errors import InvalidContact
from suppression.service import Service
from suppression.settings import Settings
from suppression.texts import say
from web.console import nearby, verdicts
from web.console.carrier import Carrier
from web.console.handset import Handset
from web.console.state import Lang, Phone, Seal

# Numbers that belong to nobody: ARCEP, decision 2018-0881, 2.5.12 (films); Ofcom, telephone numbers for drama.
FICTITIOUS = re.compile(r"\+(?:3363998\d{4}|447700900\d{3})\Z", re.ASCII)
NUMBERS = ("+33639980001", "+33639980002", "+33639980003")
NEW_NUMBER = "+33639980000"  # its last four digits are thrown anew
SERVICE_NUMBER = "+33199000001"  # ours, where the brand has none; nobody's as well
TRIED = {
    "fr": ("STOP", "arrêtez svp", "START", "AIDE"),
    "en": ("STOP", "stop texting me", "START", "HELP"),
}
LANGUAGES: tuple[Lang, ...] = ("fr", "en")
EXPIRED = 403


def is_offered(settings: Settings) -> bool:
    """Whether there is a local phone: a token for it, nothing of a Twilio account, and no public address."""
    real = settings.twilio_tokens or settings.twilio_account or settings.given_public_url
    return settings.local_phone_token is not None and not real


def blueprint(service: Service, settings: Settings) -> Blueprint:
    """The page at `/` and its files; to everybody but this machine they do not exist."""
    token = settings.local_phone_token.get_secret_value() if settings.local_phone_token else ""
    seal, handset = Seal(token), Handset(Carrier(settings, token), _service_number(service))
    pages = Blueprint("phone", __name__, template_folder="templates", static_folder="static", static_url_path="/phone")
    pages.before_request(nearby.only_from_here)

    @pages.get("/")
    def show() -> AnyResponse:
        """The page, with a phone that has just been taken in the hand."""
        lang, wanted = _language(request.args.get("lang")), request.args.get("number", "").strip()
        if wanted == "new":
            return redirect(url_for("phone.show", number=_new_number(), lang=lang), 303)
        number = _number(service, wanted) if wanted else NUMBERS[0]
        return answer(Phone(number or NUMBERS[0], lang), "" if number else "not_fictitious")

    @pages.post("/")
    def act() -> AnyResponse:
        """One action of the phone, then the page again."""
        nearby.only_from_the_page(request)
        phone = seal.open(request.form.get("phone", ""))
        if phone is None or not nearby.has_csrf_token(request, token):
            return answer(phone or Phone(NUMBERS[0]), "expired", EXPIRED)
        phone = phone.changed(lang=_language(request.form.get("lang"), phone.lang), next_id=phone.next_id)
        action, _, words = request.form.get("do", "").partition(" ")
        return answer(handset.act(phone, action, words or request.form.get("words", "")))

    def answer(phone: Phone, notice: str = "", status: int = 200) -> Response:
        nonce = nearby.nonce_of(request)
        page = _page(service, phone, notice, sealed=seal.close(phone), csrf=nearby.csrf_token(nonce, token))
        return _for_this_browser(make_response(page, status), nonce)

    return pages


def _page(service: Service, phone: Phone, notice: str, **hidden: str) -> str:
    return render_template(
        "phone/page.html", phone=phone, notice=notice, hidden=hidden, numbers=_choice(phone.number), shown=_readable,
        sms=verdicts.business_sms(service, phone.number, phone.lang),
        voice=verdicts.consumer_call(service, phone.number, phone.lang),
        brand=service.brands[verdicts.brand_of(service)].name, ours=_service_number(service), tried=TRIED[phone.lang],
        t=partial(_text, phone.lang), words_of=partial(verdicts.in_words, lang=phone.lang), languages=LANGUAGES,
    )  # fmt: skip


def _for_this_browser(response: Response, nonce: str) -> Response:
    """With the cookie that its forms are bound to; the page's own forms say where they come from."""
    response.set_cookie(nearby.COOKIE, nonce, httponly=True, samesite="Strict", path="/")
    response.headers["Referrer-Policy"] = "same-origin"  # with no-referrer, browsers send `Origin: null`
    return response


def _text(lang: str, key: str, **values: object) -> str:
    return say("phone", key, lang, **values)


def _language(asked: str | None, otherwise: Lang = "fr") -> Lang:
    return asked if asked in LANGUAGES else otherwise


def _number(service: Service, text: str) -> str | None:
    """The number that a text means, if it belongs to nobody."""
    try:
        address = service.contact(text).address
    except InvalidContact:
        return None
    return address if FICTITIOUS.match(address) else None


def _new_number() -> str:
    return f"{NEW_NUMBER[:-4]}{secrets.randbelow(10_000):04}"


def _choice(current: str) -> tuple[str, ...]:
    """The numbers offered; the current one is always among them."""
    return NUMBERS if current in NUMBERS else (current, *NUMBERS[1:])


def _readable(number: str) -> str:
    """A number as people of its country write it, with its country's code where that is not France."""
    known = phonenumbers.parse(number)
    national = number.startswith("+33")
    form = phonenumbers.PhoneNumberFormat.NATIONAL if national else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(known, form)


def _service_number(service: Service) -> str:
    """The number that the phone writes to and calls: the brand's first, else nobody's."""
    return next(iter(service.brands[verdicts.brand_of(service)].twilio_numbers), SERVICE_NUMBER)
