"""Commands for whole files: scrub, import, export."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table as Shown

import wiring
from cli import options
from suppression.bulk import importing, scrubbing
from suppression.bulk.columns import contact_column
from suppression.bulk.exporting import export as export_to
from suppression.bulk.importing import Imported, Plan
from suppression.bulk.opening import digest_of, is_contact, open_table
from suppression.bulk.rows import Table
from suppression.bulk.scrubbing import ADDED, Tally, added
from suppression.bulk.writing import sink
from suppression.records import Channel
from suppression.service import Service, Terms

BY = "command line"
TOLD = 20  # refused lines printed; --refused writes all of them
IN = click.Path(exists=True, dir_okay=False, path_type=Path)
OUT = click.Path(dir_okay=False, path_type=Path)
source = click.option("--source", help="where the file comes from; warned about if not given")
column = click.option("--column", help="the column of the contacts, by name or number; guessed if not given")
console = partial(Console, stderr=True)


@click.command()
@click.argument("file", type=IN)
@click.option("-o", "--output", type=OUT, required=True, help="the rows that may be contacted")
@click.option("--rejected", type=OUT, help="the others, with their reasons")
@click.option("--all", "every", type=OUT, help="every row with its verdict")
@column
@options.channel
@options.brand
@click.option("--audience", type=click.Choice(["consumer", "business"]), default="consumer", show_default=True)
@click.option("--purpose")
@options.at
@options.caller
@options.automated
@source
@options.region
def scrub(  # noqa: PLR0913 -- one parameter an option
    file: Path, output: Path, rejected: Path | None, every: Path | None, column: str | None, channel: str, brand: str | None,
    audience: str, purpose: str | None, at: datetime | None, caller: str | None, automated: bool, source: str | None,
    region: str | None,
) -> None:  # fmt: skip
    """Checks a whole file (CSV, TSV, XLSX, JSON Lines) and leaves one event for it."""
    terms = Terms(Channel(channel), brand, audience, purpose, at, BY, region, caller=caller, automated=automated)  # type: ignore[arg-type]
    _refuse_same(file, output, rejected, every)
    _warn(source)
    with wiring.running() as program, _opened(file, program, region) as (table, digest, ticks):
        service, tally = program.service, Tally(program.service.now())
        where = contact_column(table, column, channel, partial(is_contact, region or program.settings.region))
        with ExitStack() as stack:
            allowed = stack.enter_context(sink(output, table))
            denied, told = (stack.enter_context(sink(it, table, ADDED)) for it in (rejected, every))
            for batch in scrubbing.scrub(service, table, where, terms, tally):
                for row, verdict in batch:
                    told(row, added(verdict))
                    allowed(row, ()) if verdict.allowed else denied(row, added(verdict))
                ticks(tally.rows)
            service.scrubbed(digest, terms, tally.began, tally.rows, tally.allowed, by=BY, source=source)
    _show_tally(tally, table.headings[where])


@click.command("import")
@click.argument("file", type=IN)
@click.option("--list", "name", required=True, help="optouts, permissions, or a list of the company's own")
@click.option("--brand", help="whose list it is; * for all brands (of blocks the default)")
@column
@source
@options.region
@click.option("--refused", type=OUT, help="line and reason of what could not be recorded, as CSV")
def import_(  # noqa: PLR0913 -- one parameter an option
    file: Path, name: str, brand: str | None, column: str | None, source: str | None, region: str | None, refused: Path | None
) -> None:  # fmt: skip
    """A list from a file; broken off, it is simply run again. Exit code 1 if lines were refused."""
    _warn(source)
    with wiring.running() as program, _opened(file, program, region) as (table, digest, ticks):
        service = program.service
        where = contact_column(table, column, "voice", partial(is_contact, region or program.settings.region))
        plan = Plan(importing.named(name), _brand_of(service, name, brand), where, digest, BY, source, region)
        found = importing.run(service, table, plan, ticks)
    _show_imported(found, refused)
    sys.exit(1 if found.refusals else 0)


@click.command()
@click.argument("file", type=OUT)
def export(file: Path) -> None:
    """Every opt-out and block in force, as CSV or JSON Lines. The file holds readable numbers: for admins alone."""
    with wiring.running() as program:
        count = export_to(program.service, file)
    click.echo(
        f"{file}: {count} opt-outs and blocks. It holds readable numbers: keep it as you keep the secret.", err=True
    )


def _refuse_same(*paths: Path | None) -> None:
    """One file cannot be two of these at once."""
    given = [it.resolve() for it in paths if it]
    if len(set(given)) < len(given):
        raise click.UsageError("the files must be different ones")


def _brand_of(service: Service, name: str, brand: str | None) -> str:
    if name == importing.PERMISSIONS:
        return service.brands.named(brand)
    return service.brands.named(brand if brand or name == importing.OPT_OUTS else "*", or_all=True)


@contextmanager
def _opened(
    path: Path, program: wiring.Program, region: str | None
) -> Iterator[tuple[Table, str, Callable[[int], None]]]:
    """The file as a table, its digest, and what shows how far it is read."""
    with path.open("rb") as file, Progress(console=console(), disable=not sys.stderr.isatty(), transient=True) as bar:
        digest = digest_of(file)
        task = bar.add_task(path.name, total=path.stat().st_size)

        def ticks(_rows: int) -> None:
            bar.update(task, completed=file.tell())

        yield open_table(path, file, region or program.settings.region), digest, ticks


def _warn(source: str | None) -> None:
    if not source:
        click.echo("warning: no --source given: name where these contacts come from (GDPR art. 14(2)(f))", err=True)


def _show_tally(tally: Tally, heading: str) -> None:
    shown = Shown("", "rows", title=f"contacts from column {heading!r}", title_justify="left")
    shown.add_row("may be contacted", f"{tally.allowed:,}")
    for code, number in tally.reasons.most_common():
        shown.add_row(code, f"{number:,}")
    shown.add_row("all", f"{tally.rows:,}")
    console().print(shown)


def _show_imported(found: Imported, refused: Path | None) -> None:
    shown = Shown("", "rows")
    for name, number in (("recorded", found.recorded), ("on file already", found.known), ("refused", found.refusals)):
        shown.add_row(name, f"{number:,}")
    console().print(shown)
    for line, why in found.refused[:TOLD]:
        click.echo(f"line {line}: {why}", err=True)
    if refused:
        lines = [f'{line},"{why.replace(chr(34), chr(39))}"' for line, why in found.refused]
        refused.write_text("\n".join(["line,reason", *lines, ""]), encoding="utf-8")
