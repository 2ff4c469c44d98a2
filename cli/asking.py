"""Commands that answer: check, intent."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click
import msgspec

import wiring
from cli import options
from suppression.intent import understand
from suppression.records import Channel, Verdict
from suppression.service import Terms
from suppression.service.showing import shown


@click.command()
@click.argument("contacts", nargs=-1, required=True)
@options.channel
@options.brand
@click.option("--purpose")
@click.option("--audience", type=click.Choice(["consumer", "business"]), default="consumer", show_default=True)
@options.at
@options.caller
@options.automated
@options.region
@options.as_json
def check(  # noqa: PLR0913 -- one parameter an option
    contacts: tuple[str, ...],
    channel: str,
    brand: str | None,
    purpose: str | None,
    audience: str,
    at: datetime | None,
    caller: str | None,
    automated: bool,
    region: str | None,
    as_json: bool,
) -> None:
    """May these contacts be reached? Exit code 0: all may, 1: some may not, 2: could not tell."""
    terms = Terms(
        Channel(channel), brand, audience, purpose, at, "command line", region, caller=caller, automated=automated,  # type: ignore[arg-type]
    )  # fmt: skip
    with wiring.running() as program:
        verdicts = program.service.check_many(contacts, terms)
    for verdict in verdicts:
        click.echo(msgspec.json.encode(shown(verdict)).decode() if as_json else _line(verdict))
    sys.exit(0 if all(it.allowed for it in verdicts) else 1)


@click.command()
@click.option("--explain", is_flag=True, help="add the words that decided")
@click.option(
    "--changed-from",
    type=click.File("r", encoding="utf-8"),
    help="only the lines that an earlier output decided otherwise",
)
def intent(explain: bool, changed_from: Any) -> None:
    """Labels JSON Lines (`text`, optional `lang`, `medium`) from standard input, in order."""
    earlier: Iterator[dict[str, Any]] | None = map(json.loads, changed_from) if changed_from else None
    for row in _rows():
        labelled = row | _labels(row, explain)
        before = next(earlier, {}) if earlier else None
        if before is None or any(before.get(it) != labelled[it] for it in ("label", "scope", "certainty")):
            shown = (
                labelled
                if before is None
                else labelled | {"was": {it: before.get(it) for it in ("label", "scope", "certainty")}}
            )
            sys.stdout.write(json.dumps(shown, ensure_ascii=False) + "\n")


def _rows() -> Iterator[dict[str, Any]]:
    for number, line in enumerate(sys.stdin.buffer, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8", "replace"))
        except ValueError as cause:
            raise click.ClickException(f"line {number} is not JSON") from cause
        yield row if isinstance(row, dict) else {"text": str(row)}


def _labels(row: dict[str, Any], explain: bool) -> dict[str, Any]:
    found = understand(str(row.get("text") or ""), row.get("lang"), row.get("medium"))
    labels = {"label": str(found.label), "scope": found.scope_text, "certainty": str(found.certainty)}
    more = {"brands": "all" if found.all_brands else "this", "found_lang": found.lang, "why": list(found.why)}
    return labels | more if explain else labels


def _line(it: Verdict) -> str:
    if it.allowed:
        return f"ALLOW {it.question.contact} {it.basis}"
    reasons = "; ".join(f"{one.code} ({one.text})" for one in it.reasons)
    return f"DENY {it.question.contact} {reasons}"
