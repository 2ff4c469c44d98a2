"""Mounts Twilio's doors: every request is verified before its route is reached, then parsed, handed over and answered.

A new door is one line of DOORS and its file. Errors of the house pass through to the app, which makes problem documents:
a 503 lets Twilio try again or go to the fallback URL (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
"""

from collections.abc import Callable

from flask import Blueprint, Response, request

from suppression.service import Service
from suppression.settings import Settings
from webhooks import dial, sms, status, voice
from webhooks.knock import Knock, fields_of
from webhooks.local_phone import is_local_phone
from webhooks.signature import guard

DOORS: dict[str, Callable[[Knock], Response]] = {
    "/sms": sms.answer,
    "/voice": voice.answer,
    "/dial": dial.answer,
    "/dial/done": dial.done,
    "/status": status.answer,
}


def twilio_blueprint(service: Service, settings: Settings) -> Blueprint:
    """The blueprint of /webhooks/twilio, its guard at the mount: what is not signed reaches no door."""
    blueprint = Blueprint("twilio", __name__, url_prefix="/webhooks/twilio")
    blueprint.before_request(guard(settings))
    for path, door in DOORS.items():
        endpoint = path.strip("/").replace("/", "_")
        blueprint.add_url_rule(path, endpoint, _view(door, service, settings), methods=["POST"])
    return blueprint


def _view(door: Callable[[Knock], Response], service: Service, settings: Settings) -> Callable[[], Response]:
    def view() -> Response:
        return door(Knock(service, settings, fields_of(request), request.args, is_local_phone(settings)))

    return view
