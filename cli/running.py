"""Commands that run: up, web, worker."""

import click

import wiring
from cli.supervisor import Supervisor
from suppression.settings import load
from web.serve import serve_web


@click.command()
def up() -> None:
    """Everything on this machine: embedded Redis, web, worker, and the bot if it has a token. Ctrl-C stops it cleanly."""
    Supervisor(load(), click.echo).run()


@click.command()
@click.option("--host", default="0.0.0.0", show_default=True, help="address to listen on")  # noqa: S104 -- a platform's router is in front
def web(host: str) -> None:
    """The web process, as the Procfile starts it."""
    with wiring.running() as program:  # keeps the embedded server, if it is ours, as long as the workers run
        wiring.look_after_store(program)
        serve_web(host, program.settings.port, program.settings.data_dir)


@click.command()
def worker() -> None:
    """The process that does what nobody waits for: overdue reviews, seals, purge."""
    with wiring.running() as program:
        wiring.look_after_store(program)
        wiring.keep_watch(program)
        wiring.work(program)
