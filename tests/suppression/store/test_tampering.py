"""Every kind of tampering with streams, records, seals and the archive is found, and the place is named."""

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sealed import ANNA, BRUNO, archive_of, broken, filled, move_all, partition

import wiring
from suppression import seal as form
from suppression.contact import Contact
from suppression.errors import LedgerBroken
from suppression.records import Channel
from suppression.service import Terms
from suppression.store import keys, seals


def rewrite(
    program: wiring.Program, stream: str, change: Callable[[list[tuple[bytes, dict[bytes, bytes]]]], Any]
) -> None:
    """Replaces a stream by what `change` makes of its rows: what somebody with the server's files can do."""
    rows = program.client.xrange(stream)
    assert rows
    change(rows)
    program.client.delete(stream)
    for place, fields in rows:
        program.client.xadd(stream, fields, id=place)


def edit_leaf(rows: list[Any]) -> None:
    leaf = rows[0][1][b"leaf"]
    rows[0][1][b"leaf"] = leaf.replace(b"voice", b"email").replace(b"sms", b"api")


def edit_box(rows: list[Any]) -> None:
    rows[0][1][b"box"] = rows[0][1][b"box"][:-1] + bytes([rows[0][1][b"box"][-1] ^ 1])


def swap_leaves(rows: list[Any]) -> None:
    rows[0][1][b"leaf"], rows[1][1][b"leaf"] = rows[1][1][b"leaf"], rows[0][1][b"leaf"]


def add_between(rows: list[Any]) -> None:
    rows.insert(1, (rows[0][0] + b"1", rows[0][1]))


def add_at_the_end(rows: list[Any]) -> None:
    """Where nothing is sealed yet, the facts still tell."""
    rows.append((rows[0][0] + b"1", rows[0][1]))


def of_anna(change: Callable[[list[Any]], Any], stream: str = "ledger") -> Callable[[wiring.Program], None]:
    return lambda program: rewrite(program, getattr(partition(ANNA, program), stream), change)


def cut_out(program: wiring.Program) -> None:
    stream = partition(ANNA, program).questions
    program.client.xdel(stream, program.client.xrange(stream)[0][0])


def cut_last(contact: Contact) -> Callable[[wiring.Program], None]:
    def cut(program: wiring.Program) -> None:
        stream = partition(contact, program).questions
        program.client.xdel(stream, program.client.xrange(stream)[-1][0])

    return cut


def set_facts(**news: Any) -> Callable[[wiring.Program], None]:
    def change(program: wiring.Program) -> None:
        snapshot = program.service._store.read(ANNA)
        facts = msgspec.structs.replace(snapshot.facts, **news)
        name = snapshot.partition.contact(snapshot.fingerprint)
        program.client.hset(name, mapping={"facts": msgspec.json.encode(facts), "rev": facts.revision})

    return change


def drop_stream(program: wiring.Program) -> None:
    program.client.delete(partition(ANNA, program).ledger)


def remember_another(program: wiring.Program) -> None:
    program.client.set(keys.SEALED, f"9:{'0' * 64}")


def drop_record(program: wiring.Program) -> None:
    snapshot = program.service._store.read(ANNA)
    program.client.delete(snapshot.partition.contact(snapshot.fingerprint))


def edit_seal(number: int, **news: Any) -> Callable[[wiring.Program], None]:
    def change(program: wiring.Program) -> None:
        path = archive_of(program) / seals.name_of(number)
        path.write_bytes(
            json.dumps(json.loads(path.read_bytes()) | news, sort_keys=True, separators=(",", ":")).encode()
        )

    return change


def sign_anew(program: wiring.Program) -> None:
    """By somebody who can write everything but does not have the secret."""
    path = archive_of(program) / seals.name_of(2)
    path.write_bytes(form.encode(form.sign(form.decode(path.read_bytes()), b"k" * 32)))


def swap_seals(program: wiring.Program) -> None:
    first, second = (archive_of(program) / seals.name_of(n) for n in (1, 2))
    content = first.read_bytes(), second.read_bytes()
    first.write_bytes(content[1])
    second.write_bytes(content[0])


def drop_seal(number: int) -> Callable[[wiring.Program], None]:
    return lambda program: (archive_of(program) / seals.name_of(number)).unlink()


TAMPERING = {
    "a leaf changed": (of_anna(edit_leaf), "ledger of partition"),
    "a question removed": (cut_out, "2 lines were sealed, 1 are there"),
    "a question added": (of_anna(add_between, "questions"), "2 lines were sealed, 3 are there"),
    "an event added at the end": (of_anna(add_at_the_end), "record of its contact was set back"),
    "questions reordered": (of_anna(swap_leaves, "questions"), "changed, or lines were reordered"),
    "no leaf at all": (of_anna(lambda rows: rows[0][1].update({b"leaf": b"?"})), "changed, or lines were reordered"),
    "a stream dropped": (drop_stream, "1 lines were sealed, 0 are there"),
    "words changed": (of_anna(edit_box), "words beside it"),
    "an opt-out taken out of the facts": (set_facts(opt_outs=()), "not what its events make"),
    "facts set back": (set_facts(opt_outs=(), revision=0), "set back"),
    "a record dropped": (drop_record, "record of its contact is missing"),
    "a seal changed": (edit_seal(2, sealed_at="2020-01-01T00:00:00Z"), "000000002.json: its signature is not right"),
    "a seal grown": (edit_seal(2, more=1), "000000002.json: this is no seal"),
    "a seal signed by another": (sign_anew, "000000002.json: it was signed with a key that is not ours"),
    "seals swapped": (swap_seals, "000000001.json: it has another number"),
    "the first seal gone": (drop_seal(1), "000000001.json is missing"),
    "a seal in the middle gone": (drop_seal(2), "000000002.json is missing"),
    "the last seal gone": (drop_seal(3), "000000003.json is missing"),
    "a seal that only the store remembers": (remember_another, "000000004.json is missing"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_is_found_and_named(program: wiring.Program, name: str) -> None:
    filled(program)
    program.service.check(str(ANNA), Terms(Channel.SMS))
    program.service.seal()
    for n in range(2):
        program.service.check(str(BRUNO), Terms(agent=str(n)))
        program.service.seal()
    assert not broken(program)
    tamper, found = TAMPERING[name]
    tamper(program)
    assert found in broken(program)


def test_what_is_known_to_be_lost_can_be_passed_over(program: wiring.Program) -> None:
    filled(program)
    program.service.seal()
    of_anna(lambda rows: rows.pop(), "questions")(program)
    program.service.check(str(BRUNO), Terms())
    program.service.seal()
    assert broken(program)
    assert program.service.verify_ledger(after=1).broken is None
    cut_last(BRUNO)(program)
    assert "(seal 2 of" in (program.service.verify_ledger(after=1).broken or "")


def edit_segment(change: Callable[[list[bytes]], Any]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        lines = zlib.decompress(path.read_bytes()).split(b"\n")
        change(lines)
        path.write_bytes(zlib.compress(b"\n".join(lines)))

    return write


def reworded(lines: list[bytes]) -> None:
    lines[0] = lines[0].replace(b"voice", b"email")


def swapped(lines: list[bytes]) -> None:
    lines[1], lines[2] = lines[2], lines[1]


OLD_TAMPERING: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a line changed": (edit_segment(reworded), "changed, or lines were reordered"),
    "a line removed": (edit_segment(lambda it: it.pop(1)), "4 lines were sealed, 3 are there"),
    "a line added": (edit_segment(lambda it: it.insert(1, it[1])), "4 lines were sealed, 5 are there"),
    "lines reordered": (edit_segment(swapped), "changed, or lines were reordered"),
    "the last line removed": (edit_segment(lambda it: it.pop()), "other places than its name says"),
    "the first line removed": (edit_segment(lambda it: it.pop(0)), "other places than its name says"),
    "a file gone": (lambda path: path.unlink(), "4 lines were sealed, 0 are there"),
    "a file cut off": (lambda path: path.write_bytes(path.read_bytes()[:-9]), "cannot be read"),
    "a file of garbage": (lambda path: path.write_bytes(b"?"), "cannot be read"),
    "a file renamed": (lambda path: path.rename(path.with_name("1-0_2-0.jsonl.zlib")), "other places than its name says"),
    "a file too many": (lambda path: path.with_name("notes").write_bytes(b""), "no segment of ours"),
}  # fmt: skip


@pytest.mark.parametrize("name", OLD_TAMPERING)
def test_tampering_with_the_archive_is_found(program: wiring.Program, clock: Any, name: str) -> None:
    filled(program)
    for channel in (Channel.SMS, Channel.EMAIL, Channel.WHATSAPP):
        program.service.check(str(ANNA), Terms(channel))
    program.service.seal()
    move_all(program, clock)
    assert not broken(program)
    folder = archive_of(program) / f"events/questions/{partition(ANNA, program).number:02d}"
    tamper, found = OLD_TAMPERING[name]
    tamper(next(folder.iterdir()))
    assert found in broken(program)


def test_the_opt_out_of_an_erased_contact_cannot_vanish(program: wiring.Program) -> None:
    filled(program)
    program.service.erase(ANNA, "boss")
    program.service.seal()
    assert not broken(program)
    drop_record(program)
    assert "of an erased contact is on no record" in broken(program)


def test_what_does_not_match_its_seal_is_not_proven(program: wiring.Program) -> None:
    asked = filled(program)
    program.service.seal()
    of_anna(edit_leaf, "questions")(program)
    with pytest.raises(LedgerBroken, match="not what was sealed"):
        program.service.proven_verdict(asked["anna"])
