"""The verbs that every shell calls; a shell knows this room, the records and the errors, and nothing else of the core.

Each verb group stands in a file of its own. No verb here knows HTTP, Telegram or Twilio.
"""

from suppression.errors import LedgerBroken
from suppression.proof import Proven, Unproven
from suppression.proof import check as check_proof
from suppression.seal import KEY_FILE, key_in
from suppression.service.access import require
from suppression.service.base import PERSON, Parts, channels_of
from suppression.service.checks import Terms
from suppression.service.company import Company
from suppression.service.dossier import Dossier
from suppression.service.entry import Caller, Check, Entry, Said
from suppression.service.explaining import Explaining
from suppression.service.exporting import Exporting, Suppression
from suppression.service.keeping import Keeping
from suppression.service.lists import Lists
from suppression.service.messages import Command, Message, Understood
from suppression.service.proofs import PastVerdict, Proofs
from suppression.service.readiness import Readiness
from suppression.service.rectifying import Rectifying
from suppression.service.reminding import Reminder, Reminding
from suppression.service.retention import Purge, Retention
from suppression.store.audit import Report
from suppression.store.credentials import ApiKey
from suppression.store.journal import Stop
from suppression.store.store import Receipt

__all__ = [
    "KEY_FILE",
    "PERSON",
    "ApiKey",
    "Caller",
    "Check",
    "Command",
    "LedgerBroken",
    "Message",
    "Parts",
    "PastVerdict",
    "Proven",
    "Purge",
    "Receipt",
    "Reminder",
    "Report",
    "Said",
    "Service",
    "Stop",
    "Suppression",
    "Terms",
    "Understood",
    "Unproven",
    "channels_of",
    "check_proof",
    "key_in",
    "require",
]


class Service(
    Keeping, Rectifying, Dossier, Reminding, Proofs, Entry, Explaining, Company, Lists, Retention, Exporting, Readiness
):
    """Everything Stopliste can do, over the parts that wiring hands in."""
