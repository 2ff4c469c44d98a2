"""One program for all fuzz tests, with two brands, Twilio's token, and a key of an admin: what it is sent must not break it."""

from collections.abc import Iterator

import pytest

import wiring
from suppression.settings import load
from tests.webhooks.signed import BRANDS, PUBLIC, TOKEN, Ticking, Twilio, empty, make_app

from . import checks


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twilio]:
    checks.read_phrases()
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "brands.toml").write_text(BRANDS, encoding="utf-8")
    environment = {"STOPLISTE_DATA_DIR": str(folder / "data"), "STOPLISTE_BRANDS": str(folder / "brands.toml")}
    twilio = {"TWILIO_AUTH_TOKEN": TOKEN, "STOPLISTE_PUBLIC_URL": PUBLIC}
    program = wiring.build(load({**environment, **twilio}), Ticking())
    yield Twilio(program, make_app(program))
    program.close()


@pytest.fixture
def twilio(running: Twilio) -> Twilio:
    empty(running)
    return running


@pytest.fixture(scope="session")
def admin_key(running: Twilio) -> str:
    return running.service.create_key("fuzz", "admin")
