"""Words into what the person wants: a pure function, no clock, no network, its phrases in data files."""

from suppression.intent.answer import CHANNELS, LANGUAGES, Certainty, Intent, Label
from suppression.intent.understanding import understand

__all__ = ["CHANNELS", "LANGUAGES", "Certainty", "Intent", "Label", "understand"]
