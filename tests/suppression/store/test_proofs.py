"""Proofs of single verdicts: each leads to its own seal, and none of the ways to forge one does."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from sealed import ANNA, BRUNO, CLARA, filled, seals_of

import wiring
from suppression import proof as proofs
from suppression import seal as form
from suppression.service import Terms


def test_every_verdict_is_proven_by_its_own_seal(program: wiring.Program) -> None:
    asked = []
    for n in range(12):
        asked.append(program.service.check(str((ANNA, BRUNO, CLARA)[n % 3]), Terms(agent=f"agent {n}")).id)
        if n % 2:
            program.service.seal()
    for n, id_ in enumerate(asked):
        past = program.service.proven_verdict(id_)
        proven = proofs.check(msgspec.json.encode(past.shown), seals_of(program).key)
        assert (proven.seal.number, proven.asked.agent, proven.verdict_id) == (n // 2 + 1, f"agent {n}", id_)
        assert proven.contact == str((ANNA, BRUNO, CLARA)[n % 3])


def test_there_is_no_proof_before_the_seal(program: wiring.Program) -> None:
    asked = filled(program)
    assert program.service.proven_verdict(asked["anna"]).shown["proof"] is None
    program.service.seal()
    late = program.service.check(str(ANNA), Terms()).id
    assert program.service.proven_verdict(late).proof is None


def test_a_reservation_is_proven_with_its_answer(program: wiring.Program) -> None:
    asked = filled(program)
    program.service.seal()
    past = program.service.proven_verdict(asked["clara"])
    proven = proofs.check(msgspec.json.encode(past.shown), seals_of(program).key)
    assert (proven.reserved, proven.revision, past.shown["verdict"]) == (True, 1, "allow")


FORGERIES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another contact": lambda it: it.update(contact=str(BRUNO)),
    "another contact in the opening": lambda it: it["proof"]["opening"].update(address=str(BRUNO)),
    "another salt": lambda it: it["proof"]["opening"].update(salt="00" * 16),
    "no opening, but a contact": lambda it: it["proof"].update(opening=None),
    "another instant": lambda it: it.update(checked_at="2026-11-24T12:00:00Z"),
    "another brand": lambda it: it.update(brand="other"),
    "another id": lambda it: it.update(id="vrd_001-1"),
    "another line": lambda it: it["proof"].update(leaf=it["proof"]["leaf"].replace("voice", "email")),
    "another place": lambda it: it["proof"].update(place="1-1"),
    "another partition": lambda it: it["proof"].update(partition=(it["proof"]["partition"] + 1) % 64),
    "another index": lambda it: it["proof"].update(index=1),
    "a longer path": lambda it: it["proof"]["path"].append("00" * 32),
    "a path that is no hex": lambda it: it["proof"]["root_path"].append("?"),
    "a shorter way to the root": lambda it: it["proof"]["root_path"].pop(),
    "another seal": lambda it: it["proof"]["seal"].update(number=7),
    "another root": lambda it: it["proof"]["seal"].update(root="00" * 32),
    "another signature": lambda it: it["proof"]["seal"].update(signature="AAAA"),
    "more in the seal": lambda it: it["proof"]["seal"].update(note="trust me"),
    "no proof": lambda it: it.update(proof=None),
    "another form": lambda it: it["proof"].update(format="stopliste-proof/2"),
}  # fmt: skip


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    """An answer with its proof, and the key."""
    settings = wiring.load({"STOPLISTE_DATA_DIR": str(tmp_path_factory.mktemp("proof") / "data")})
    program = wiring.build(settings)
    try:
        asked = program.service.check(str(ANNA), Terms())
        program.service.seal()
        return msgspec.json.encode(program.service.proven_verdict(asked.id).shown), seals_of(program).key
    finally:
        program.close()


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_proof_is_refused(answer: tuple[bytes, str], name: str) -> None:
    document = json.loads(answer[0])
    assert proofs.check(json.dumps(document, indent=2).encode(), answer[1])
    FORGERIES[name](document)
    with pytest.raises(proofs.Unproven):
        proofs.check(json.dumps(document).encode(), answer[1])


def test_another_key_proves_nothing(answer: tuple[bytes, str]) -> None:
    with pytest.raises(proofs.Unproven, match="another key"):
        proofs.check(answer[0], form.key_of(b"k" * 32))
    assert form.key_in(form.pem_of(answer[1])) == answer[1]
