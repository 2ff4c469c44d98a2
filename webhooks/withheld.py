"""What Twilio writes in `From` where a caller's number is withheld: a word, or that word spelled on a keypad.

Sources: Twilio's changelog of 16 November 2022 (withheld caller ids as words), its help page on calls from +266696687 and the like.
"""

WORDS = ("anonymous", "restricted", "unavailable", "unknown", "blocked", "private", "withheld")
_KEYS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_SPELLED = frozenset(f"+{it.translate(_KEYS)}" for it in WORDS)


def is_withheld(sender: str) -> bool:
    """Whether a caller hid the number: nothing, a word that says so, or the word in keypad digits (+266696687)."""
    return not sender or sender.lower() in WORDS or sender in _SPELLED
