"""The `stopliste` command; each subcommand's module is imported only when it is called, so that starting stays cheap."""

import importlib
import sys

import click

from suppression.errors import SettingsError, StoplisteError

COULD_NOT_TELL = 2

COMMANDS = {
    "up": "cli.running:up",
    "web": "cli.running:web",
    "bot": "cli.bot:bot",
    "worker": "cli.running:worker",
    "check": "cli.asking:check",
    "intent": "cli.asking:intent",
    "stop": "cli.recording:stop",
    "permit": "cli.recording:permit",
    "registry": "cli.recording:registry",
    "dossier": "cli.people:dossier",
    "erase": "cli.people:erase",
    "keys": "cli.access:keys",
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
        module, _, name = COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(importlib.import_module(module), name)
        return found


@click.group(cls=Lazy)
def stopliste() -> None:
    """Contact suppression: who said STOP is left alone, and every check can prove it."""


def main() -> None:
    """The console script: errors of ours are one line on standard error and exit code 2."""
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


if __name__ == "__main__":
    main()
