"""The `stopliste` command; each subcommand's module is imported only when it is called, so that starting stays cheap."""

import importlib
import sys
from traceback import format_tb

import click
import structlog

from suppression import logs
from suppression.errors import SettingsError, StoplisteError

COULD_NOT_TELL = 2

# Each with its line of help, so that `--help` imports none of them.
COMMANDS = {
    "up": ("cli.running:up", "Everything on this machine; Ctrl-C stops it cleanly."),
    "web": ("cli.running:web", "The web process."),
    "bot": ("cli.bot:bot", "The Telegram bot."),
    "worker": ("cli.running:worker", "The process that does what nobody waits for."),
    "check": ("cli.asking:check", "May these contacts be reached?"),
    "intent": ("cli.asking:intent", "Labels JSON Lines from standard input."),
    "stop": ("cli.recording:stop", "The person said STOP."),
    "permit": ("cli.recording:permit", "Records a proven reason to contact."),
    "registry": ("cli.recording:registry", "Lists that others keep."),
    "explain": ("cli.rights:explain", "The verdict in plain words, rule by rule."),
    "notice": ("cli.rights:notice", "What a form that takes numbers must say."),
    "scrub": ("cli.files:scrub", "Checks a whole file."),
    "import": ("cli.files:import_", "A list from a file: opt-outs, permissions, blocks."),
    "export": ("cli.files:export", "Opt-outs and blocks into a file, numbers readable."),
    "dossier": ("cli.people:dossier", "All that is known of one contact."),
    "erase": ("cli.people:erase", "Erasure; the opt-out stays."),
    "rectify": ("cli.rights:rectify", "A person's new address."),
    "requests": ("cli.rights:requests", "Open requests of persons, and when they are due."),
    "purge": ("cli.rights:purge", "Drops what is past its term; opt-outs never."),
    "ledger": ("cli.ledger:ledger", "The record of everything, and its seals."),
    "proof": ("cli.ledger:proof", "Proofs of single verdicts."),
    "backup": ("cli.keeping:backup", "Everything, encrypted, into one file."),
    "restore": ("cli.keeping:restore", "A backup back; never weakens what is there."),
    "take-over": ("cli.keeping:take_over", "This data directory replaces the one that served this Redis."),
    "secret": ("cli.keeping:secret", "The installation's secret: rotate."),
    "keys": ("cli.access:keys", "API keys."),
}


class Lazy(click.Group):
    """A group that finds its commands in the table above."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        """In the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- click's signature
        """Imports the one that is called."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        found: click.Command = getattr(importlib.import_module(module), name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- click's signature
        """From the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=Lazy)
def stopliste() -> None:
    """Contact suppression: who said STOP is left alone, and every check can prove it."""


def main() -> None:
    """The console script: errors of ours are one line on standard error and exit code 2."""
    logs.configure()
    try:
        stopliste.main(standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(COULD_NOT_TELL)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except SettingsError as wrong:
        click.echo("\n".join(["these settings are wrong:", *(f"  {it}" for it in wrong.problems)]), err=True)
        sys.exit(COULD_NOT_TELL)
    except StoplisteError as wrong:
        click.echo(f"{wrong.code}: {wrong}", err=True)
        sys.exit(COULD_NOT_TELL)
    except Exception as bug:  # Python's own exit code for it is 1, which `check` promises to mean "some may not"
        structlog.get_logger().error("unhandled_error", error=type(bug).__name__, where=format_tb(bug.__traceback__))
        click.echo(f"internal_error: {type(bug).__name__}: this is a fault of ours", err=True)
        sys.exit(COULD_NOT_TELL)


if __name__ == "__main__":
    main()
