"""Everybody who talks to the program: Twilio, other programs with a key. Each request is bounded in time and never raises."""

import html
import http.client
import json
import random
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from suppression.texts import say

from .world import TWILIO_TOKEN, World

OURS = "+33162000001"
WHEN = "2026-12-01T10:00:00Z"  # a Tuesday, 11:00 in Paris
NO_ANSWER = 0
STOPPED = say("voice", "stopped", "fr", brand=say("voice", "us", "fr"))
KEPT = [say(door, "kept", "fr", brand=say(door, "us", "fr")) for door in ("sms", "voice")]
FAILED = say("voice", "failed", "fr")


@dataclass(frozen=True, slots=True)
class Answer:
    """A status (0: none came) and a body."""

    status: int
    body: str = ""

    @property
    def json(self) -> dict[str, Any]:
        """The body as JSON; empty if it is none."""
        try:
            return dict(json.loads(self.body))
        except ValueError:
            return {}


class Client:
    """Requests to one world."""

    def __init__(self, world: World, timeout: float) -> None:
        self._worlds = [world, *([world.peer] if world.peer else [])]
        self._timeout = timeout
        self._validator = RequestValidator(TWILIO_TOKEN)

    @property
    def _world(self) -> World:
        """One of the hosts, as a router in front of them would choose."""
        return random.choice(self._worlds)

    def sms(self, sender: str, words: str, sid: str) -> Answer:
        """A text message, as Twilio hands it over."""
        return self._twilio("/sms", {"From": sender, "To": OURS, "Body": words, "MessageSid": sid})

    def key_nine(self, caller: str, sid: str) -> Answer:
        """A caller who presses 9 at the menu."""
        fields = {"From": caller, "To": OURS, "Digits": "9", "CallSid": sid, "Direction": "inbound"}
        return self._twilio("/voice?step=menu&turn=1&quiet=0", fields)

    def opt_out(self, contact: str, key: str = "") -> Answer:
        """`POST /v1/optouts`."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.api("POST", "/v1/optouts", {"contact": contact}, headers)

    def check(self, contact: str) -> Answer:
        """`POST /v1/check`, about a business, so that nothing but an opt-out denies."""
        return self.api("POST", "/v1/check", {"contact": contact, **_terms(contact)})

    def check_many(self, contacts: list[str]) -> Answer:
        """`POST /v1/check/batch`, of contacts of one kind."""
        return self.api("POST", "/v1/check/batch", {"contacts": contacts, **_terms(contacts[0])}, timeout=30)

    def admin(self, path: str) -> Answer:
        """A GET with the admin's key."""
        return self.api("GET", path, None, timeout=30, key=self._world.admin)

    def api(
        self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str] | None = None,
        timeout: float | None = None, key: str = "",
    ) -> Answer:  # fmt: skip
        """A request with a key."""
        given = {"Authorization": f"Bearer {key or self._world.dialer}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body)
        return self._send(method, path, content, given | (headers or {}), timeout)

    def _twilio(self, path: str, fields: dict[str, str]) -> Answer:
        path = f"/webhooks/twilio{path}"
        world = self._world
        url = f"http://127.0.0.1:{world.port}{path}"
        signature = self._validator.compute_signature(url, fields)
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", path, urlencode(fields), headers, world=world)

    def _send(
        self, method: str, path: str, body: str | None, headers: dict[str, str], timeout: float | None = None,
        world: World | None = None,
    ) -> Answer:  # fmt: skip
        port = (world or self._world).port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout or self._timeout)
        try:
            connection.request(method, path, body, headers)
            got = connection.getresponse()
            return Answer(got.status, got.read().decode())
        except (OSError, http.client.HTTPException):
            return Answer(NO_ANSWER)
        finally:
            connection.close()


def hears_that_it_is_done(answer: Answer) -> bool:
    """Whether a caller was told that it is recorded."""
    return answer.status == 200 and STOPPED in html.unescape(answer.body)


def hears_that_it_is_kept(answer: Answer) -> bool:
    """Whether somebody was told "received, not yet in effect": a host that Redis is away from promises no more."""
    return answer.status == 202 or (answer.status == 200 and any(it in html.unescape(answer.body) for it in KEPT))


def hears_that_it_failed(answer: Answer) -> bool:
    """Whether a caller was told that it is not."""
    return answer.status == 200 and FAILED in html.unescape(answer.body)


def verdict(answer: dict[str, Any]) -> str:
    """`open`, `stopped`, or the other reasons of a denial, which none of ours should have."""
    if answer.get("verdict") == "allow":
        return "open"
    reasons = [it.get("code") for it in answer.get("reasons", ())]
    return "stopped" if reasons == ["opted_out"] else f"denied {reasons}"


def _terms(contact: str) -> dict[str, str]:
    channel = "telegram" if contact.startswith("telegram:") else "sms"
    return {"channel": channel, "audience": "business", "at": WHEN}
