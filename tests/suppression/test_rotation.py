"""A new secret: everybody on file stays on file, the erased too; broken off, it goes on."""

from collections.abc import Callable

import pytest

import wiring
from suppression.contact import parse
from suppression.errors import StoreUnavailable
from suppression.keyring import Keyring
from suppression.store import keys
from suppression.store.connect import connect
from suppression.store.embedded import Embedded
from suppression.store.erasures import Erasures
from suppression.store.journal import Journal
from suppression.store.rotation import Rotation
from tests.three_people import ASKED, ONE, THREE, TWO, said, verdicts
from wiring import Program


def a_busy_day(program: Program) -> str:
    said(program, ONE, "arrêtez", "1")
    said(program, TWO, "STOP", "2")
    said(program, TWO, "START", "3")
    said(program, THREE, "STOP", "4")
    program.service.erase(parse(THREE), "alice")
    program.service.add_agent(42, "alice")
    return program.service.create_key("crm", "agent")


def test_everybody_stays_and_the_erased_too(build: Callable[..., Program]) -> None:
    program = build()
    a_busy_day(program)
    before = program.service.check(ONE, ASKED)
    old = program.service.dossier(parse(ONE))["events"][0]["private"]
    program.close()
    for generation in (1, 2):
        rotated = wiring.rotate_secret(program.settings)
        assert rotated
        assert rotated.contacts >= 3
        again = build()
        assert verdicts(again) == "DAD", generation
        said(again, TWO, "START", "3")  # a replay is still known
        said(again, ONE, "arrêtez", "1")
        assert again.service.stats()["opted_out"] == 4  # the erasure made one of its own
        assert again.service.dossier(parse(ONE))["events"][0]["private"] == old
        assert (again.service.is_agent(42), again.service.agents()) == (True, [42])
        assert again.service.past_verdict(before.id) == before
        again.close()


def test_broken_off_nobody_is_served_and_a_second_run_finishes(build: Callable[..., Program]) -> None:
    program = build()
    a_busy_day(program)
    program.close()
    data, secret = program.settings.data_dir, wiring.secret_of(program.settings)
    old = Keyring(secret)
    new = old.next(wiring.kept_secret(data / "secret.next"))
    embedded = Embedded(data)
    embedded.ensure()
    client = connect(embedded.url)
    broken = Rotation(client, old, new)
    broken._finish = lambda: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        broken.run(Journal(data, old), Erasures(data))
    client.close()
    embedded.stop()
    with pytest.raises(StoreUnavailable, match="broken off"):
        build()
    assert wiring.rotate_secret(program.settings) is not None
    assert verdicts(build()) == "DAD"


def test_the_old_secret_opens_nothing_any_more(build: Callable[..., Program]) -> None:
    program = build()
    a_busy_day(program)
    program.close()
    old = wiring.secret_of(program.settings)
    wiring.rotate_secret(program.settings)
    (program.settings.data_dir / "secret").write_text(old)
    with pytest.raises(StoreUnavailable, match="does not belong"):
        build()


def test_a_digest_keeps_its_partition_through_rotations() -> None:
    keyring = Keyring("s" * 40)
    first = keyring.fingerprint(parse(ONE))
    then = keyring.next("t" * 40)
    assert then.fingerprint(parse(ONE)) == then.nested("fingerprint", first)
    assert keys.of_fingerprint(first) == keys.of_fingerprint(then.fingerprint(parse(ONE)))
