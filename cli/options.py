"""Options that several commands share."""

from datetime import UTC, datetime
from typing import Any

import click

from suppression.records import Channel

EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Instant(click.ParamType[datetime]):
    """An ISO 8601 instant with its zone."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The instant, or click's own error."""
        if isinstance(value, datetime):
            return value
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no ISO 8601 instant", param, ctx)
        if instant.tzinfo is None:
            self.fail(f"{value!r} has no zone: add Z or +01:00", param, ctx)
        return instant.astimezone(UTC)


CHANNEL = click.Choice([str(it) for it in Channel])
channel = click.option("--channel", type=CHANNEL, default="voice", show_default=True)
channels = click.option(
    "--channel", "channels", type=CHANNEL, multiple=True, help="may be repeated; all channels if not given"
)
brand = click.option("--brand", help="the brand; the only one, or `default`, if not given")
at = click.option("--at", type=Instant(), help="ask about another instant")
caller = click.option(
    "--caller", help="the third party that makes the contact, as a consent names it in its --shared-with"
)
automated = click.option("--automated", is_flag=True, help="a machine dials and speaks, or an AI does")
region = click.option(
    "--region", help="country of nationally written numbers (ISO, two letters); STOPLISTE_REGION if not given"
)
as_json = click.option("--json", "as_json", is_flag=True, help="JSON, one object a line")
