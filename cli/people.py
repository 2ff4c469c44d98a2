"""Commands for a person's rights: dossier, erase."""

import json
from pathlib import Path

import click

import wiring

BY = "command line"


@click.command()
@click.argument("contact")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="a page to read and print, into this file"
)
@click.option("--lang", type=click.Choice(["fr", "en"]), help="of the page; the person's own if not given")
def dossier(contact: str, html: Path | None, lang: str | None) -> None:
    """All that is known of one contact (GDPR art. 15), as JSON, or as a page for the person."""
    with wiring.running() as program:
        service, who = program.service, program.service.contact(contact)
        if html:
            html.touch(0o600)
            html.write_text(service.dossier_page(who, lang), encoding="utf-8")
        else:
            click.echo(json.dumps(service.dossier(who), ensure_ascii=False, indent=2, default=str))


@click.command()
@click.argument("contact")
@click.confirmation_option(prompt="Everything readable about this contact will be destroyed; the opt-out stays. Go on?")
def erase(contact: str) -> None:
    """Erasure (GDPR art. 17)."""
    with wiring.running() as program:
        program.service.erase(program.service.contact(contact), BY)
    click.echo("erased")
