"""Commands for API keys."""

from datetime import datetime

import click

import wiring
from cli import options


@click.group()
def keys() -> None:
    """API keys."""


@keys.command()
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(["agent", "dialer", "admin"]), required=True)
@click.option("--brand", "brands", multiple=True, help="may be repeated; every brand if not given")
@click.option(
    "--network", "networks", multiple=True, help="address range that may use it, such as 10.0.0.0/8; may be repeated"
)
@click.option("--expires-at", type=options.Instant())
def create(
    name: str, role: str, brands: tuple[str, ...], networks: tuple[str, ...], expires_at: datetime | None
) -> None:
    """Prints a new key, alone, on standard output; it is never shown again."""
    with wiring.running() as program:
        click.echo(program.service.create_key(name, role, brands, networks, expires_at))  # type: ignore[arg-type]


@keys.command("list")
def list_() -> None:
    """Every key's id, name, role, age and last use; never the key."""
    with wiring.running() as program:
        found = program.service.keys()
    for record, used in found:
        click.echo(
            f"{record.id}  {record.role:6}  {record.created_at:%Y-%m-%d}  last used {used or 'never'}  {record.name}"
        )


@keys.command()
@click.argument("id_or_name")
def revoke(id_or_name: str) -> None:
    """Ends a key at once."""
    with wiring.running() as program:
        program.service.revoke_key(id_or_name)
    click.echo("revoked")
