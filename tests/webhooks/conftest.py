"""Programs with a Twilio in front of them: one for the tests of a file, emptied between two of them, and others on demand."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from signed import BRANDS, PUBLIC, TOKEN, Ticking, Twilio, empty, make_app

import wiring
from suppression.settings import load


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Twilio]]:
    """The program with the environment given, the usual one else; the same environment is the same program, emptied."""
    brands = tmp_path_factory.mktemp("brands") / "brands.toml"
    brands.write_text(BRANDS, encoding="utf-8")
    usual = {"TWILIO_AUTH_TOKEN": TOKEN, "STOPLISTE_PUBLIC_URL": PUBLIC, "STOPLISTE_BRANDS": str(brands)}
    running: dict[str, Twilio] = {}

    def make(data: Path | None = None, **changes: str | None) -> Twilio:
        environment = {name: it for name, it in {**usual, **changes}.items() if it is not None}
        name = repr((data, sorted(environment.items())))
        if name not in running:
            directory = data or tmp_path_factory.mktemp("data")
            program = wiring.build(load({"STOPLISTE_DATA_DIR": str(directory), **environment}), Ticking())
            running[name] = Twilio(program, make_app(program))
        elif data is None:
            empty(running[name])
        return running[name]

    yield make
    for it in running.values():
        it.program.close()


@pytest.fixture
def twilio(start: Callable[..., Twilio]) -> Twilio:
    return start()
