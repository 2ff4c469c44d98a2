"""Twilio, as the webhooks see it: requests signed by Twilio's own library, sent through a real Flask app."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from twilio.request_validator import SIGNATURE_HEADER, SIGNATURE_SETTINGS_HEADER, RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

import wiring
from suppression.records import Channel, Verdict
from suppression.service import Service, Terms
from web.app import create_app

TOKEN = "0123456789abcdef0123456789abcdef"
PUBLIC = "https://stop.example"
OURS, OTHERS = "+33162000001", "+33162000002"
ANNA = "+33612345678"
BRANDS = f"""
[brands.acme]
name = "Acme SAS"
languages = ["fr", "en"]
twilio_numbers = ["{OURS}"]
privacy = {{ contact = "dpo@acme.example" }}

[brands.zenith]
name = "Zénith & Co"
country = "GB"
languages = ["en"]
twilio_numbers = ["{OTHERS}"]
"""


class Ticking:
    """A Tuesday at 11:00 in Paris, a millisecond later at each look: inside every calling window, no holiday."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


def make_app(program: wiring.Program) -> Flask:
    return create_app(program.service, program.settings)


@dataclass
class Twilio:
    """Posts to our webhooks as Twilio does."""

    program: wiring.Program
    app: Flask
    token: str = TOKEN

    @property
    def service(self) -> Service:
        return self.program.service

    @property
    def public(self) -> str:
        return self.program.settings.public_url

    def post(
        self, path: str, fields: Any = (), *, token: str | None = None, algorithm: str | None = None,
        headers: Mapping[str, str] | None = None, signature: str | None = None, **sent: Any,
    ) -> TestResponse:  # fmt: skip
        """One signed request; `signature` overrides what is right."""
        form = MultiDict(fields)
        url = f"{self.public}/webhooks/twilio{path}" if path.startswith("/") else path
        right = RequestValidator(token or self.token).compute_signature(url, form, algorithm)
        named = {SIGNATURE_SETTINGS_HEADER: f"key=webhooks_sharedkey_1,algorithm={algorithm}"} if algorithm else {}
        all_headers = {SIGNATURE_HEADER: right if signature is None else signature, **named, **(headers or {})}
        local = url.removeprefix(self.public)
        return self.app.test_client().post(local, data=form, headers=all_headers, **sent)

    def raw(self, path: str, body: bytes, signed: Mapping[str, str]) -> TestResponse:
        """A form body as bytes, signed over what its sender meant by them."""
        right = RequestValidator(self.token).compute_signature(
            f"{self.public}/webhooks/twilio{path}", MultiDict(signed)
        )
        kind = "application/x-www-form-urlencoded"
        return self.app.test_client().post(
            f"/webhooks/twilio{path}", data=body, content_type=kind, headers={SIGNATURE_HEADER: right}
        )

    @contextmanager
    def outage(self) -> Iterator[None]:
        """While it lasts there is no Redis."""
        assert self.program.embedded
        self.program.embedded.stop()
        try:
            yield
        finally:
            self.program.embedded.ensure()

    @contextmanager
    def lost_journal(self) -> Iterator[None]:
        """While it lasts the journal's file cannot take a row."""
        with closing(sqlite3.connect(self.program.settings.data_dir / "journal.db", isolation_level=None)) as file:
            file.execute("create trigger full before insert on stops begin select raise(abort, 'disk full'); end")
            try:
                yield
            finally:
                file.execute("drop trigger full")

    def sms(self, body: str, sid: str = "SM1", **fields: str) -> TestResponse:
        """An SMS as Twilio tells of it."""
        return self.post("/sms", message(body, sid, **fields))


def message(body: str, sid: str = "SM1", **fields: str) -> dict[str, str]:
    """The real form of an inbound SMS."""
    base = {
        "ToCountry": "FR", "SmsMessageSid": sid, "NumMedia": "0", "SmsSid": sid, "SmsStatus": "received", "Body": body,
        "FromCountry": "FR", "To": OURS, "NumSegments": "1", "MessageSid": sid, "AccountSid": "AC0", "From": ANNA,
        "ApiVersion": "2010-04-01",
    }  # fmt: skip
    return {**base, **fields}


def verdict(twilio: Twilio, contact: str = ANNA, channel: Channel = Channel.SMS, brand: str = "acme") -> Verdict:
    """What an agent who asks is told: by SMS, to a business, which no law forbids on a weekday morning."""
    return twilio.service.check(contact, Terms(channel, brand, "business"))


def denied(twilio: Twilio, contact: str = ANNA, channel: Channel = Channel.SMS, brand: str = "acme") -> bool:
    """Whether the person's own word stands against it."""
    return "opted_out" in {it.code for it in verdict(twilio, contact, channel, brand).reasons}


def events(twilio: Twilio, contact: str = ANNA) -> list[str]:
    """The types of a contact's events, oldest first."""
    return [it["type"] for it in twilio.service.dossier(twilio.service.contact(contact))["events"]]


def words(twilio: Twilio) -> list[str]:
    """The types of all events there are, whoever's."""
    return [it["type"] for it in twilio.service.feed(None, 100)[0]]


def empty(twilio: Twilio) -> None:
    """Forgets all contacts, in the journal as well; what the store knows of itself stays."""
    journal = twilio.program.journal
    journal.drop([it.number for it in journal.rows()])
    journal.unmark()
    found = twilio.program.client.scan_iter("{p*", count=1000)
    names = [it for it in found if not it.endswith(b":present")]  # by this mark a partition knows that it lost nothing
    if names:
        twilio.program.client.delete(*names)
