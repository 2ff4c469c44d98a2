"""Doors that other machines knock on: Twilio's sms, voice, dial and status webhooks."""

from webhooks.together import Together
from webhooks.twilio import twilio_blueprint

__all__ = ["Together", "twilio_blueprint"]
