"""The verbs that every shell calls; a shell knows this room, the records and the errors, and nothing else of the core.

Each verb group stands in a file of its own. No verb here knows HTTP, Telegram or Twilio.
"""

from suppression.service.access import Access, require
from suppression.service.base import PERSON, Parts, channels_of
from suppression.service.checks import Checks, Terms
from suppression.service.company import Company
from suppression.service.lists import Lists
from suppression.service.rights import Rights
from suppression.service.stops import Message, Stops, Understood

__all__ = ["PERSON", "Message", "Parts", "Service", "Terms", "Understood", "channels_of", "require"]


class Service(Stops, Checks, Company, Lists, Rights, Access):
    """Everything Stopliste can do, over the parts that wiring hands in."""

    def ready(self) -> None:
        """Raises StoreUnavailable, with its reason, unless checks can be answered truly right now."""
        self._store.ping()
