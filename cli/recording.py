"""Commands that record: stop, permit, registry load."""

from datetime import date, datetime
from typing import BinaryIO

import click

import wiring
from cli import options
from suppression.service import channels_of

BY = "command line"


@click.command()
@click.argument("contact")
@options.channels
@click.option("--brand", help="the brand, or * for all")
@click.option("--words", default="", help="what the person said")
def stop(contact: str, channels: tuple[str, ...], brand: str | None, words: str) -> None:
    """The person said STOP; a second one is a success."""
    with wiring.running() as program:
        service = program.service
        named = service.brands.named(brand, or_all=True)
        receipt = service.opt_out(
            service.contact(contact), named, channels_of(channels), "command line", words=words, by=BY
        )
    click.echo(f"stopped since {receipt.answer['since']}")


@click.command()
@click.argument("contact")
@click.option("--basis", type=click.Choice(["consent", "contract", "callback_request", "appointment"]), required=True)
@options.channels
@options.brand
@click.option("--obtained-at", type=options.Instant(), required=True)
@click.option("--valid-until", type=options.Instant())
@click.option("--at", type=options.Instant(), help="the agreed instant of an appointment")
@click.option("--purpose")
@click.option("--goods", help="the goods or services that it is about")
@click.option("--shared-with", multiple=True, help="a partner or third-party caller that it names; may be repeated")
@click.option("--automated", is_flag=True, help="given for automated and AI-voiced calls as well")
@click.option("--source", help="the file or form that it comes from")
@options.region
@click.option("--proof", required=True, help="what was shown, how it was given, where it is kept")
def permit(  # noqa: PLR0913 -- one parameter an option
    contact: str, basis: str, channels: tuple[str, ...], brand: str | None, obtained_at: datetime, valid_until: datetime | None,
    at: datetime | None, purpose: str | None, goods: str | None, shared_with: tuple[str, ...], automated: bool, source: str | None,
    region: str | None, proof: str,
) -> None:  # fmt: skip
    """Records a proven reason to contact."""
    with wiring.running() as program:
        service = program.service
        receipt = service.permit(
            service.contact(contact, region), basis, BY, brand=service.brands.named(brand), channels=channels_of(channels),  # type: ignore[arg-type]
            obtained_at=obtained_at, valid_until=valid_until, appointment=at, purpose=purpose, goods=goods,
            shared_with=shared_with, automated=automated, source=source, proof={"text": proof},
        )  # fmt: skip
    click.echo(receipt.answer["id"])


@click.group()
def registry() -> None:
    """Lists that others keep."""


@registry.command()
@click.argument("name")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), required=True, help="the date that the registry's keeper gives"
)
@click.option(
    "--region", help="country of nationally written numbers; the one whose rules name the registry if not given"
)
@click.option("--force", is_flag=True, help="load it although it is older, or much of it is unreadable")
def load(name: str, file: BinaryIO, as_of: datetime, region: str | None, force: bool) -> None:
    """Puts a registry in the place of the one before, in one step."""
    with wiring.running() as program:
        loaded, unread = program.service.load_registry(
            name, file, date(as_of.year, as_of.month, as_of.day), region, force, by=BY
        )
    click.echo(f"{loaded.numbers} numbers of {name}, {unread} unreadable lines")
