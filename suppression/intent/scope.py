"""Which channels a person refused, and which they kept.

Does not decide whether a message is a refusal.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from suppression.intent.fold import EDGES, MESSAGE_EDGE, QUESTION, STOP_EDGE
from suppression.intent.phrasebook import Hit

_CHANNELS = ("sms", "voice", "email", "chat")
_OPERATORS = {"stop", "sms"}  # what the French operators tell people to send
_SENTENCE_EDGES = (STOP_EDGE, QUESTION, MESSAGE_EDGE)
_REACH = 6  # words between a refusal and the "of any kind" that belongs to it
_NAMED, _UNNAMED = 3.0, 0.5  # what the phrases count beside what was learnt, in log-odds
_FAR = 99  # words; no cue stands so far away


def scope_of(
    tokens: Sequence[str], hits: Sequence[Hit], stops: Sequence[Hit], medium: str | None = None
) -> frozenset[str]:
    """The channels that a refusal names and does not keep; empty for all channels.

    A message that only says which channels it keeps ("WhatsApp is for friends, email me") refuses the one it came by.
    """
    narrowing = [stop for stop in stops if stop.kind != "threat"]
    refused, soft, kept = _sorted(tokens, hits, narrowing)
    if (stops and not narrowing) or (not kept and _covers_all(tokens, hits, narrowing)):
        return frozenset()
    if refused - kept:
        return frozenset((refused | soft) - kept)
    mentioned = _mentioned(hits)
    if kept - {"voice"} or (kept and mentioned - kept):
        here = {channel for channel in _CHANNELS if channel == medium}
        return frozenset((soft - kept) or (mentioned - kept) or here - kept)
    return _only(mentioned, hits)


def settled(scope: frozenset[str], channels: Mapping[str, float]) -> frozenset[str]:
    """The channels that the phrases found, where what was learnt does not speak louder (log-odds by channel)."""
    return frozenset(name for name, odds in channels.items() if odds + (_NAMED if name in scope else -_UNNAMED) > 0)


def _covers_all(tokens: Sequence[str], hits: Sequence[Hit], stops: Sequence[Hit]) -> bool:
    """Whether a refusal says so, or names calls alone and not as a way: to call is to contact."""
    return _everything(tokens, hits, stops) or (_mentioned(hits) <= {"voice"} and not _by_voice(hits))


def _only(mentioned: set[str], hits: Sequence[Hit]) -> frozenset[str]:
    """The one channel that a message speaks of, if it is one."""
    named_as_way = mentioned if _by_voice(hits) else mentioned - {"voice"}
    return frozenset(named_as_way) if len(mentioned) == 1 else frozenset()


def _mentioned(hits: Sequence[Hit]) -> set[str]:
    return {hit.kind for hit in hits} & set(_CHANNELS)


def _by_voice(hits: Sequence[Hit]) -> bool:
    """Whether the telephone is named as a way ("by phone")."""
    return any(hit.kind == "by_voice" for hit in hits)


def named(tokens: Sequence[str], hits: Sequence[Hit]) -> frozenset[str]:
    """The channels that a bare command names ("no more texts"); the operators' STOP SMS covers everything, as calls do."""
    if set(tokens) >= _OPERATORS:
        return frozenset()
    return frozenset(_mentioned(hits) - {"voice"})


def _sorted(tokens: Sequence[str], hits: Sequence[Hit], stops: Sequence[Hit]) -> tuple[set[str], set[str], set[str]]:
    """The channels refused, those refused by a verb only ("appeler"), and those kept."""
    refused: set[str] = set()
    soft: set[str] = set()
    kept: set[str] = set()
    for first, last in clauses(tokens):
        inside = [hit for hit in hits if first <= hit.first and hit.last <= last]
        refusals = [stop for stop in stops if first <= stop.first < last] or _denials(inside)
        keeps = [hit for hit in inside if hit.kind == "kept"]
        for hit in inside:
            channel = hit.kind.removesuffix("_soft")
            if channel in _CHANNELS:
                away, near = _distance(hit, refusals), _distance(hit, keeps)
                if near < away:
                    kept.add(channel)
                elif away < _FAR:
                    (refused if channel == hit.kind else soft).add(channel)
    return refused, soft, kept


def _denials(inside: Sequence[Hit]) -> list[Hit]:
    return [hit for hit in inside if hit.kind in ("denied", "maybe")]


def _distance(hit: Hit, others: Sequence[Hit]) -> int:
    """Words between a mention and the nearest of the other hits."""
    return min((max(other.first - hit.last, hit.first - other.last, -1) for other in others), default=_FAR)


def _everything(tokens: Sequence[str], hits: Sequence[Hit], stops: Sequence[Hit]) -> bool:
    """Whether a refusal says "of any kind" in its own clause."""
    return any(
        hit.kind == "everything" and _distance(hit, [stop]) <= _REACH and first <= hit.first and hit.last <= last
        for stop in stops
        for first, last in (clause_of(tokens, stop),)
        for hit in hits
    )


def clauses(tokens: Sequence[str]) -> Iterator[tuple[int, int]]:
    """First and last place of every clause, its edges included."""
    edges = [place for place, token in enumerate(tokens) if token in EDGES]
    for first, last in pairwise(edges):
        yield first, last + 1


def sentence_of(tokens: Sequence[str], hit: Hit) -> tuple[int, int]:
    """First and last place of the sentence around a hit, its edges included."""
    first = next((place for place in range(hit.first, -1, -1) if tokens[place] in _SENTENCE_EDGES), 0)
    after = range(max(hit.last - 1, first + 1), len(tokens))
    last = next((place for place in after if tokens[place] in _SENTENCE_EDGES), len(tokens) - 1)
    return first, last + 1


def clause_of(tokens: Sequence[str], hit: Hit) -> tuple[int, int]:
    """First and last place of the clause around a hit, its edges included."""
    for first, last in clauses(tokens):
        if first <= hit.first and hit.last <= last:
            return first, last
    return 0, len(tokens)
