"""What the person wrote themselves: quotes, forwarded text and signatures taken off."""

import re

MAX_HEAD, MAX_TAIL = 3000, 1000
"""Characters read of a long message from its beginning and its end: the work is bounded."""

_QUOTE_BELOW = re.compile(
    r"""^[ \t]*(?:
        -{2,}\s*(?:original|forwarded|message|urspr|weitergeleit|messaggio|mensa[jg]e|doorgestuurd|oorspronk).*
      | (?:on|le|el|am|il\ giorno|il|em|op|no\ dia)\b.{4,160}?
        \b(?:wrote|[ée]crit|escribi[óo]|schrieb|ha\ scritto|escreveu|schreef)\b.{0,60}:?
      | (?:from|de|von|da|van|exp[ée]diteur)\ ?:\ .*\n\s*(?:sent|date|to|envoy[ée]|enviado|gesendet|an|inviato|data|a|à|para
        |verzonden|aan|fecha|datum|objet|subject)\ ?:.*
      | _{5,}
      | begin\ forwarded\ message.*
    )[ \t]*$""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_SIGNATURE = re.compile(
    r"^(?:--[ \t]*|(?:sent from|envoy[ée] (?:de|depuis)|enviado desde|enviado d[eo]|gesendet von|inviato da"
    r"|verzonden (?:van|vanaf))\b.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_QUOTES = frozenset('"“”„«»')
_INLINE = re.compile(r"""["“”„«»]([^"“”„«»\n]{12,400})["“”„«»]""")


def own_words(text: str) -> str:
    """The part of a message that its sender wrote, shortened if it is very long."""
    if len(text) > MAX_HEAD + MAX_TAIL:
        text = f"{text[:MAX_HEAD]}\n{text[-MAX_TAIL:]}"
    if "\n" in text or text.lstrip().startswith(">"):
        text = _without_quotes(text)
    return _INLINE.sub(_inline, text) if _QUOTES.intersection(text) else text


def _without_quotes(text: str) -> str:
    for mark in (_QUOTE_BELOW, _SIGNATURE):
        found = mark.search(text)
        if found:
            text = text[: found.start()]
    return _QUOTED_LINE.sub("", text)


def _inline(found: re.Match[str]) -> str:
    """A quoted sentence decides nothing; a quoted word or two may be the person's own ("STOP")."""
    whole = len(found.string.strip()) <= len(found[0]) + 3
    return found[0] if whole or found[1].count(" ") < 2 else ' "..." '
