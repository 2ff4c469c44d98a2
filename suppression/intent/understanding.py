"""The door: a message in, what the person wants out."""

from collections.abc import Sequence
from typing import NamedTuple

from suppression.intent.answer import Intent, Label
from suppression.intent.deciding import Decision, by_kind, decide, marked, weigh
from suppression.intent.features import Seen, seen_in
from suppression.intent.fold import EDGES, clean, unaccented, variants, words
from suppression.intent.language import languages_of
from suppression.intent.lexicon import commands, lexicon, polite_words
from suppression.intent.likelihood import likely
from suppression.intent.message import own_words
from suppression.intent.phrasebook import Hit
from suppression.intent.pieces import pieces_of
from suppression.intent.scope import named, scope_of, settled
from suppression.intent.spelling import spell
from suppression.intent.typos import corrected

_MOST_COMMAND_WORDS = 12
_FEW_WORDS = 3  # that no phrase knows ask for nothing, and never open a review
_SILENT = frozenset({"kept", "denied", "everything", "other_matter"})  # phrases that ask for nothing alone
_MOST_BARE, _LONGEST_BARE = 500, 20  # commands that are remembered as they were typed, and their letters
_bare_commands: dict[tuple[str, str | None], Intent] = {}  # most who say STOP say just that; nobody's own words
_WEIGHT = {Label.STOP: 4, Label.ERASE: 3, Label.START: 3, Label.HELP: 1, Label.NONE: 0}


class Reading(NamedTuple):
    """A message as one language reads it, and what its phrases say."""

    lang: str
    tokens: Sequence[str]
    hits: Sequence[Hit]
    decision: Decision


def understand(text: str, lang: str | None = None, medium: str | None = None) -> Intent:
    """What the message asks for; any text gets an answer, never an exception."""
    known = _bare_commands.get((text, lang))
    return known if known is not None else _understood(text, lang, medium)


def _understood(text: str, lang: str | None, medium: str | None) -> Intent:
    plain = clean(own_words(text))
    tokens = said_once(words(unaccented(plain)))
    command = command_in(tokens)
    languages = languages_of(tokens, lang)
    reading = read(tokens, languages)
    if command:
        label, said = command
        scope = named(reading.tokens, reading.hits) if label is Label.STOP else frozenset()
        intent = Intent(label, scope, lang=languages[0], why=(said,))
        if len(_bare_commands) < _MOST_BARE and len(text) <= _LONGEST_BARE:
            _bare_commands[text, lang] = intent
        return intent
    if says_nothing(reading):
        return Intent(Label.NONE, lang=languages[0])
    learnt = likely(signals(reading, medium), pieces_of(plain), medium)
    decision = weigh(reading.decision, learnt.labels, reading.hits)
    if decision.label is not Label.STOP:
        return _answer(decision, reading, languages[0], frozenset())
    scope = scope_of(reading.tokens, reading.hits, decision.hits, medium)
    return _answer(decision, reading, languages[0], settled(scope, learnt.channels))


def said_once(tokens: Sequence[str]) -> list[str]:
    """The words without what only repeats the one before: a hundred smileys, "bla bla bla" must not drown the one that counts."""
    return [token for place, token in enumerate(tokens) if not place or token != tokens[place - 1]]


def command_in(tokens: Sequence[str]) -> tuple[Label, str] | None:
    """The bare command that a message is, politeness around it set aside."""
    plain = [token for token in tokens if token not in EDGES]
    if len(plain) > _MOST_COMMAND_WORDS:
        return None
    kept = [token for token in plain if token not in polite_words()]
    for said in (plain, kept, [token for token in kept if any(map(str.isalnum, token))]):
        joined = "".join(dict.fromkeys(said))
        for spelled in (joined, *variants(joined)):
            if spelled in commands():
                return commands()[spelled], joined
    return None


def says_nothing(reading: Reading) -> bool:
    """Whether a message is a word or two that no phrase knows: signs, a number, a greeting, thanks."""
    plain = sum(token not in EDGES for token in reading.tokens)
    return plain <= _FEW_WORDS and all(hit.kind in _SILENT for hit in reading.hits)


def read(tokens: Sequence[str], languages: Sequence[str]) -> Reading:
    """The reading that says most, of the languages that a message may be written in; typos only where none says a thing."""
    readings = [_read(spell(tokens, lexicon(lang)), lang) for lang in languages]
    best = max(readings, key=lambda reading: _WEIGHT[reading.decision.label])
    if best.decision.label is Label.NONE and not best.decision.hits:
        mended = corrected(best.tokens, best.lang)
        return _read(mended, best.lang) if mended != best.tokens else best
    return best


def signals(reading: Reading, medium: str | None, *, guarded: bool = True) -> Seen:
    """What the linear model sees of a reading; unguarded, as if nobody had foreseen its idioms."""
    hits = marked(reading.tokens, reading.hits) if guarded else reading.hits
    return seen_in(reading.tokens, reading.lang, hits, medium)


def _read(tokens: Sequence[str], lang: str) -> Reading:
    hits = lexicon(lang).book.find(tokens)
    return Reading(lang, tokens, hits, decide(tokens, hits))


def _answer(decision: Decision, reading: Reading, lang: str, scope: frozenset[str]) -> Intent:
    kinds = by_kind(reading.hits)
    stop = decision.label is Label.STOP
    return Intent(
        label=decision.label,
        scope=scope,
        all_brands=stop and "all_brands" in kinds,
        certainty=decision.certainty,
        lang=lang,
        not_now=decision.label is Label.NONE and "not_now" in kinds,
        wrong_number="wrong_number" in kinds,
        why=tuple(dict.fromkeys(_words(hit, reading.tokens) for hit in decision.hits)),
    )


def _words(hit: Hit, tokens: Sequence[str]) -> str:
    return " ".join(token for token in tokens[hit.first : hit.last] if token not in EDGES)
