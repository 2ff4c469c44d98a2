"""Commands that keep the list: backup, restore, take-over, secret."""

from pathlib import Path

import click

import wiring
from suppression.settings import load


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Everything, encrypted with STOPLISTE_SECRET, into one file; it is read again before it takes its name."""
    if not file.absolute().parent.is_dir():
        raise click.ClickException(f"{file.parent} is no directory: make it first")
    with wiring.running() as program:
        try:
            summary = program.service.backup(file)
        except OSError as cause:
            raise click.ClickException(f"{file} cannot be written: {cause.strerror}") from cause
    click.echo(f"{file}: {sum(summary.lines.values())} lines, verified; without the secret it cannot be read")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """A backup back into the store: into an empty one as it was, else it only ever adds what forbids."""
    with wiring.running(empty_is_meant=True) as program:
        done = program.service.restore(file)
    click.echo(
        f"backup of {done.at:%Y-%m-%d %H:%M}: {done.written} written, {done.merged} merged, {len(done.to_erase)} erased again"
    )


@click.command("take-over")
@click.confirmation_option(
    prompt="STOPs that only the journal of the other data directory holds stay unknown here; is that directory gone?"
)
def take_over() -> None:
    """This data directory takes the place of the one that served this Redis so far."""
    wiring.take_over(load())
    click.echo("this data directory serves it now; the other one is refused")


@click.group()
def secret() -> None:
    """The installation's secret."""


@secret.command()
@click.option(
    "--new-from",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="the new secret, where STOPLISTE_SECRET is set",
)
def rotate(new_from: Path | None) -> None:
    """Puts everything under a new secret, with the service down; run it again if it was broken off."""
    rotated = wiring.rotate_secret(load(), new_from)
    click.echo(
        f"{rotated.contacts} contacts are under the new secret" if rotated else "the new secret was in place already"
    )
    if new_from:
        click.echo("set STOPLISTE_SECRET to it now; the old one opens nothing any more but older backups")
