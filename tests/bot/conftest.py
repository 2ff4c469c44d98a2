"""The real bot between a real store and a small Bot API server: one town for dialogues, worlds apart where a test breaks things."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from world import ADMIN, NOW, Person, World, environment, new_id

import wiring
from suppression.intent import understand
from suppression.settings import load


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, wiring.Program]]:
    """Starting and ending a bot costs half a second, so that dialogues share one; people are new in each test."""
    understand("stop")  # the phrase files take seconds to read, once a process
    world = World()
    settings = load({"STOPLISTE_DATA_DIR": str(tmp_path_factory.mktemp("town")), **environment(world)})
    program = wiring.build(settings, lambda: datetime.fromtimestamp(NOW, UTC))
    world.start_bot(program)
    yield world, program
    world.close()
    program.close()


@pytest.fixture
def world(town: tuple[World, wiring.Program]) -> World:
    return town[0]


@pytest.fixture
def program(town: tuple[World, wiring.Program]) -> wiring.Program:
    return town[1]


@pytest.fixture
def apart(build: Callable[..., wiring.Program]) -> Iterator[Callable[..., tuple[World, wiring.Program]]]:
    """Starts a world and a program of the test's own; variables as given, the usual ones else."""
    worlds: list[World] = []

    def make(**more: str) -> tuple[World, wiring.Program]:
        worlds.append(World())
        program = build(**environment(worlds[-1]), **more)
        worlds[-1].start_bot(program)
        return worlds[-1], program

    yield make
    for it in worlds:  # before their stores close
        it.close()


@pytest.fixture
def customer(world: World) -> Person:
    return Person(world, new_id())


@pytest.fixture
def agent(world: World, program: wiring.Program) -> Person:
    person = Person(world, new_id())
    program.service.add_agent(person.id, "tests")
    return person


@pytest.fixture
def admin(world: World) -> Person:
    return Person(world, ADMIN)


@pytest.fixture
def phone() -> str:
    """A fictitious number (ARCEP: 06 39 98) that nobody has used yet."""
    return f"+3363998{new_id() % 10_000:04}"
