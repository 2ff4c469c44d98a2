"""Commands for a person's rights: dossier, erase."""

import json

import click

import wiring

BY = "command line"


@click.command()
@click.argument("contact")
def dossier(contact: str) -> None:
    """All that is known of one contact (GDPR art. 15), as JSON."""
    with wiring.running() as program:
        file = program.service.dossier(program.service.contact(contact))
    click.echo(json.dumps(file, ensure_ascii=False, indent=2, default=str))


@click.command()
@click.argument("contact")
@click.confirmation_option(prompt="Everything readable about this contact will be destroyed; the opt-out stays. Go on?")
def erase(contact: str) -> None:
    """Erasure (GDPR art. 17)."""
    with wiring.running() as program:
        program.service.erase(program.service.contact(contact), BY)
    click.echo("erased")
