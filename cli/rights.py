"""Commands about a verdict's reasons and a person's rights: explain, notice, rectify, requests, purge."""

from datetime import datetime

import click

import wiring
from cli import options
from suppression.records import Channel
from suppression.service import Terms

BY = "command line"
lang = click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True)


@click.command()
@click.argument("contact")
@options.channel
@options.brand
@click.option("--purpose")
@click.option("--audience", type=click.Choice(["consumer", "business"]), default="consumer", show_default=True)
@options.at
@options.caller
@options.automated
@lang
def explain(  # noqa: PLR0913 -- one parameter an option
    contact: str, channel: str, brand: str | None, purpose: str | None, audience: str, at: datetime | None,
    caller: str | None, automated: bool, lang: str,
) -> None:  # fmt: skip
    """The verdict in plain words, rule by rule; it leaves no question on record."""
    terms = Terms(Channel(channel), brand, audience, purpose, at, lang=lang, caller=caller, automated=automated)  # type: ignore[arg-type]
    with wiring.running() as program:
        click.echo(program.service.explain(contact, terms))


@click.command()
@click.option("--lang", type=click.Choice(["fr", "en", "de", "es", "it", "nl", "pt"]), default="fr", show_default=True)
@click.option("--country", help="whose law speaks; the brand's own if not given")
@click.option(
    "--for",
    "where",
    type=click.Choice(["form", "call", "automated", "message"]),
    default="form",
    show_default=True,
    help="a form that takes numbers, an agent in a call, an automated call, a message",
)
@options.brand
def notice(lang: str, country: str | None, where: str, brand: str | None) -> None:
    """What must be said, ready-made, with the brand's controller and contact."""
    occasion = None if where == "form" else where
    with wiring.running() as program:
        click.echo(program.service.notice(lang, country and country.upper(), brand, occasion))  # type: ignore[arg-type]


@click.command()
@click.argument("old")
@click.argument("new")
def rectify(old: str, new: str) -> None:
    """A person's new address in the place of the old one (GDPR art. 16); nothing that forbids is lost."""
    with wiring.running() as program:
        service = program.service
        carried = service.rectify(service.contact(old), service.contact(new), BY).answer["carried"]
    click.echo("moved: " + ", ".join(f"{number} {name.replace('_', '-')}" for name, number in carried.items()))


@click.group(invoke_without_command=True)
@click.pass_context
def requests(context: click.Context) -> None:
    """Open requests of persons (erasure, access), the most urgent first; each is due in one month."""
    if context.invoked_subcommand is None:
        with wiring.running() as program:
            found = program.service.requests()
        for it in found:
            late = "OVERDUE" if it["overdue"] else "due"
            click.echo(f"{it['id']}  {late} {it['due']:%Y-%m-%d}  {it['kind']:7}  {it['brand']}  {it['contact']}")


@requests.command()
@click.argument("request_id")
def close(request_id: str) -> None:
    """The request was answered."""
    with wiring.running() as program:
        program.service.close_request(request_id, BY)
    click.echo("closed")


@click.command()
@click.option("--dry-run", is_flag=True, help="only count")
def purge(dry_run: bool) -> None:
    """Drops what is past its term of keeping; opt-outs never. The worker does the same, a part at a time, once a day."""
    with wiring.running() as program:
        done = program.service.purge(dry_run)
    would = "would go" if dry_run else "gone"
    click.echo(
        f"{would}: {done.proofs} proofs, {done.attempts} attempts, {done.blocks} blocks, {done.prospects} prospects"
    )
