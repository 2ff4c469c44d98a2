"""One program for a module's tests, with two brands and a key of every role; each test uses contacts of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import wiring
from suppression.settings import load
from web.app import create_app

TOKEN = "a-token-of-nobody-at-all"
BRANDS = """
[brands.default]
name = "Acme"
[brands.other]
name = "Other"
formerly = ["older"]
"""


class Clock:
    """Starts on a Tuesday at 11:00 in Paris; a test may set it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@dataclass
class Api:
    """The app as its callers know it: `api("POST", "/v1/check", {...}, key="agent")`."""

    program: wiring.Program
    client: FlaskClient
    keys: dict[str, str]
    clock: Clock

    def __call__(
        self,
        method: str,
        path: str,
        json: object = None,
        key: str = "admin",
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> TestResponse:
        sent = {"Authorization": f"Bearer {self.keys.get(key, key)}"} if key else {}
        return self.client.open(path, method=method, json=json, headers={**sent, **(headers or {})}, **more)

    def verdict(self, contact: str, **more: object) -> dict[str, Any]:
        """An agent's check; by SMS to a business, which the law leaves to the person's own word."""
        asked = {"contact": contact, "channel": "sms", "audience": "business", **more}
        found: dict[str, Any] = self("POST", "/v1/check", asked, "agent").json or {}
        return found


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    directory = tmp_path_factory.mktemp("web")
    (directory / "brands.toml").write_text(BRANDS)
    settings = {"STOPLISTE_DATA_DIR": str(directory / "data"), "STOPLISTE_BRANDS": str(directory / "brands.toml")}
    clock = Clock()
    program = wiring.build(load({**settings, "TWILIO_AUTH_TOKEN": TOKEN}), clock)
    make = program.service.create_key
    keys = {role: make(role, role) for role in ("agent", "dialer", "admin")}  # type: ignore[arg-type]
    keys |= {"second admin": make("second admin", "admin"), "other's": make("other's", "agent", ["other"])}
    yield Api(program, create_app(program.service, program.settings).test_client(), keys, clock)
    program.close()


def problem(answer: TestResponse) -> tuple[int, str]:
    """Status and code of a problem document; anything else is a failure."""
    assert answer.content_type == "application/problem+json", answer.get_data(as_text=True)
    document = answer.get_json()
    assert document["status"] == answer.status_code
    return answer.status_code, document["code"]
