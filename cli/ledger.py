"""Commands that prove: ledger verify, proof verify."""

import sys
from pathlib import Path
from typing import NoReturn

import click

import wiring
from suppression.service import KEY_FILE, LedgerBroken, Proven, Report, Unproven, check_proof, key_in
from suppression.settings import load

NOT_PROVEN = 1
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def ledger() -> None:
    """The record of everything, and its seals."""


@ledger.command()
@click.option(
    "--after", type=click.IntRange(min=0), default=0, help="pass over the lines under the seals up to this number"
)
def verify(after: int) -> None:
    """Recomputes every seal and every contact's facts. Exit code 1, and the first broken place, if the record was changed."""
    with wiring.running() as program:
        report = program.service.verify_ledger(after)
    if report.broken:
        click.echo(f"broken: {report.broken}")
        sys.exit(NOT_PROVEN)
    click.echo("\n".join(_summary(report)))


@ledger.command("accept-loss")
@click.confirmation_option(
    prompt="Events that were sealed are missing and will stay so; STOPs come back from the journal. Go on?"
)
def accept_loss() -> None:
    """Serves from a store that is older than its seals; the loss stays visible in `ledger verify`."""
    with wiring.running(empty_is_meant=True) as program:
        click.echo(f"{program.service.accept_loss()} STOPs came back from the journal")


@click.group()
def proof() -> None:
    """Proofs of single verdicts."""


@proof.command("verify")
@click.argument("file", type=FILE)
@click.option("--key", type=FILE, help="public key (PEM); the one in the data directory if not given")
def verify_proof(file: Path, key: Path | None) -> None:
    """Checks an answer of GET /v1/verdicts/{id}, offline. Exit code 1 if it does not prove what it says."""
    content = file.read_bytes()
    try:
        proven = check_proof(content, key_in(key.read_text() if key else _own_key()))
    except (Unproven, LedgerBroken) as why:
        _not_proven(str(why))
    click.echo("\n".join(_told(proven)))


def _own_key() -> str:
    """The key that sealing left in the data directory."""
    kept = wiring.archive_in(load().data_dir).get(KEY_FILE)
    if kept is None:
        _not_proven("there is no key in the data directory: give the public key with --key")
    return kept.decode()


def _not_proven(why: str) -> NoReturn:
    click.echo(f"not proven: {why}")
    sys.exit(NOT_PROVEN)


def _summary(report: Report) -> list[str]:
    lines = [
        f"{report.sealed['ledger']} events and {report.sealed['questions']} checks in {report.seals} seals: unchanged, in order",
        f"{report.contacts} contacts: their facts are what their events make",
        f"not sealed yet: {report.unsealed['ledger']} events, {report.unsealed['questions']} checks",
    ]
    if report.last:
        lines.append(f"newest seal: {report.last.number} of {report.last.sealed_at}, {report.last.hash}")
    return lines


def _told(it: Proven) -> list[str]:
    asked = it.asked
    about = it.contact or "a contact that was erased since"
    answer = "allow, and an attempt was reserved" if it.reserved else "not in the line; it follows from rules and facts"
    return [
        f"proven: {it.verdict_id}",
        f"  asked     {asked.asked_at.isoformat()} whether {about} may be reached by {asked.channel} for {asked.brand}",
        f"  about     {asked.at.isoformat()}, {asked.audience}, purpose {asked.purpose or 'not given'}",
        *(["  call      automated"] if asked.automated else []),
        f"  by        {asked.agent or 'nobody named'}{f', of {asked.caller}' if asked.caller else ''}",
        f"  rules     {asked.policy}, SHA-256 of the rule files {asked.rules or 'not noted'}",
        f"  facts     revision {it.revision} of the contact's",
        f"  answer    {answer}",
        f"  sealed    by seal {it.seal.number} of {it.seal.sealed_at}, {it.seal.hash}",
    ]
