"""The `bot` command, in a file of its own: importing aiogram costs seconds."""

import click

import wiring
from bot.runner import serve


@click.command()
def bot() -> None:
    """The Telegram bot: customers, agents, admins."""
    with wiring.running() as program:
        wiring.look_after_store(program)
        wiring.keep_watch(program)
        serve(program.service, program.settings)
