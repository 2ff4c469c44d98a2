"""From the phrases found in a message, and what was learnt, to what its writer wants.

Decides between labels; which words make a phrase is the phrase files' business, and which channels is scope.py's.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from suppression.intent.answer import Certainty, Label
from suppression.intent.phrasebook import Hit
from suppression.intent.scope import clause_of, sentence_of

STOPS = ("stop_firm", "stop", "threat")
"""The kinds of phrases that ask for no more contact; a firm one is not narrowed by another clause's "later"."""
_POINTING = (*STOPS, "maybe")
_ASKED = (Label.START, Label.HELP, Label.ERASE)
_REPORT = 7  # words after "I had told you to" that still belong to the report
_LIMIT_REACH = 6  # words between a refusal and the time limit that narrows it; speech-to-text writes no full stops
# How likely a label must be, by what was learnt. Chosen on the development part, each author judged by weights that never
# saw that author: see docs/decisions/0003-intent-rules-and-model.md.
_SURE, _UNSURE = 0.82, 0.12  # a stop that the phrases found, to act at once, to be looked at
_SURE_ALONE, _UNSURE_ALONE = 0.91, 0.28  # ... that they did not find
_EXPLAINED = 0.72  # ... to be looked at, where an idiom or a thing of the trade explains its words
_ASKED_CONFIRMS = 0.15  # a start, help or erase that the phrases found, to stand
_ASKED_OVERRULES = 0.5  # ... to overrule a stop that the phrases found ("I had told you to stop, but now")
_ASKED_ALONE = 0.25  # ... where no phrase found it


class Decision(NamedTuple):
    """A label, how sure, and the hits that decided."""

    label: Label
    certainty: Certainty
    hits: tuple[Hit, ...]


def decide(tokens: Sequence[str], hits: Sequence[Hit]) -> Decision:
    """What a message asks for, by its phrases alone."""
    kinds = by_kind(hits)
    stops = [stop for kind in STOPS for stop in standing(tokens, kind, kinds)]
    starts, erases = _starts(kinds, stops), _free(kinds, "erase")
    if starts and all(_reported(stop, kinds, starts) for stop in stops):
        return Decision(Label.START, Certainty.UNSURE, tuple(starts))
    if erases and len(stops) <= len(erases):
        return Decision(Label.ERASE, Certainty.CERTAIN, tuple(erases))
    if stops:
        return Decision(Label.STOP, Certainty.CERTAIN, tuple(stops))
    helps = _free(kinds, "help")
    if helps:
        return Decision(Label.HELP, Certainty.CERTAIN, tuple(helps))
    return Decision(Label.NONE, Certainty.CERTAIN, tuple(kinds.get("guard", ())))


def weigh(rules: Decision, likely: Mapping[Label, float], hits: Sequence[Hit]) -> Decision:
    """The phrases' decision, confirmed, doubted or completed by what was learnt."""
    best = max(_ASKED, key=lambda label: likely[label])
    overruled = likely[best] >= _ASKED_OVERRULES
    if rules.label in _ASKED and likely[rules.label] >= _ASKED_CONFIRMS:
        return rules
    sure, unsure = _levels(rules, hits)
    if likely[Label.STOP] >= unsure and not (overruled and rules.label is Label.STOP):
        deciding = rules.hits if rules.label is Label.STOP else tuple(hit for hit in hits if hit.kind in _POINTING)
        certainty = Certainty.CERTAIN if likely[Label.STOP] >= sure else Certainty.UNSURE
        return Decision(Label.STOP, certainty, deciding)
    if likely[best] >= _ASKED_ALONE:
        return Decision(best, Certainty.UNSURE if best is Label.START else Certainty.CERTAIN, ())
    return Decision(Label.NONE, Certainty.CERTAIN, ())


def _levels(rules: Decision, hits: Sequence[Hit]) -> tuple[float, float]:
    """From where a stop is certain, and from where it is unsure."""
    if rules.label is Label.STOP:
        return _SURE, _UNSURE
    return _SURE_ALONE, _EXPLAINED if any(hit.kind == "guard" for hit in hits) else _UNSURE_ALONE


def marked(tokens: Sequence[str], hits: Sequence[Hit]) -> list[Hit]:
    """The hits, those of a refusal that an idiom or a time limit takes back renamed: what the linear model sees."""
    kinds = by_kind(hits)
    stand = {id(hit) for kind in _POINTING for hit in standing(tokens, kind, kinds)}
    return [
        hit._replace(kind=f"no_{hit.kind}") if hit.kind in _POINTING and id(hit) not in stand else hit for hit in hits
    ]


def by_kind(hits: Sequence[Hit]) -> dict[str, list[Hit]]:
    """The hits, sorted by what they stand for."""
    kinds: dict[str, list[Hit]] = {}
    for hit in hits:
        kinds.setdefault(hit.kind, []).append(hit)
    return kinds


def standing(tokens: Sequence[str], kind: str, kinds: Mapping[str, list[Hit]]) -> list[Hit]:
    """The hits of a kind that no idiom overlaps and no time limit narrows."""
    guards, limits = kinds.get("guard", []), list(kinds.get("limit", []))
    around = sentence_of if kind == "stop" else clause_of
    if kind == "stop":
        limits += kinds.get("later", [])
    return [
        hit
        for hit in kinds.get(kind, ())
        if not any(_overlap(hit, guard) for guard in guards)
        and not any(_near(limit, hit) and _within(limit, around(tokens, hit)) for limit in limits)
    ]


def _starts(kinds: Mapping[str, list[Hit]], stops: Sequence[Hit]) -> list[Hit]:
    """The wishes to hear again that no refusal contains ("never start again")."""
    return [hit for hit in _free(kinds, "start") if not any(_covers(stop, hit) for stop in stops)]


def _reported(stop: Hit, kinds: Mapping[str, list[Hit]], starts: Sequence[Hit]) -> bool:
    """Whether a refusal is only told of: inside the wish to undo it, or after "I had told you to"."""
    if any(_covers(start, stop) or start.first <= stop.first < start.last for start in starts):
        return True
    return any(past.first <= stop.first <= past.last + _REPORT for past in kinds.get("past", ()))


def _free(kinds: Mapping[str, list[Hit]], kind: str) -> list[Hit]:
    """The hits of a kind that no idiom overlaps."""
    guards = kinds.get(f"{kind}_guard", [])
    return [hit for hit in kinds.get(kind, ()) if not any(_overlap(hit, guard) for guard in guards)]


def _covers(one: Hit, other: Hit) -> bool:
    return one.first <= other.first and other.last <= one.last


def _overlap(one: Hit, other: Hit) -> bool:
    return one.first < other.last and other.first < one.last


def _near(one: Hit, other: Hit) -> bool:
    return one.first - other.last <= _LIMIT_REACH and other.first - one.last <= _LIMIT_REACH


def _within(hit: Hit, span: tuple[int, int]) -> bool:
    return span[0] <= hit.first and hit.last <= span[1]
