"""Trains the learnt signals of suppression/intent on the development part of the corpus, and measures what they earn.

    python -m benchmarks.train_intent            writes suppression/intent/weights.bin and network.npz
    python -m benchmarks.train_intent --pieces   chooses the network's pieces first: pieces.npz
    python -m benchmarks.train_intent --compare  rules, linear model, network, all together; every author judged by
                                                 weights that never saw that author

Needs scipy and what benchmarks/network.py needs, none of which the program itself does.
"""

import json
import struct
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from benchmarks import network
from suppression.intent.answer import Certainty, Label
from suppression.intent.deciding import weigh
from suppression.intent.features import BUCKETS, Seen
from suppression.intent.fold import fold, words
from suppression.intent.language import languages_of
from suppression.intent.likelihood import shares, together
from suppression.intent.message import own_words
from suppression.intent.model import FEWEST, LABELS, OFFSET
from suppression.intent.understanding import command_in, read, said_once, signals

ROOT = Path(__file__).parents[1]
DEV = ROOT / "tests" / "corpus" / "dev"
WEIGHTS = ROOT / "suppression" / "intent" / "weights.bin"
_ALL = (*LABELS, Label.NONE)
_STEPS, _STRENGTH = 60, 10.0  # of L-BFGS; how far weights may stray from nothing
_PHRASELESS = 0.3  # what a message counts that is read as if no phrase had matched
_FOLDS = 4  # groups of authors that are left out together


def main(arguments: Sequence[str]) -> None:
    """Trains, or compares."""
    if "--pieces" in arguments:
        network.choose_pieces()
    messages = [message for path in sorted(DEV.glob("*.jsonl")) for message in load(path)]
    if "--compare" in arguments:
        compare(messages)
    else:
        WEIGHTS.write_bytes(packed(*train(messages)))
        vectors = network.starting_vectors()
        network.save(network.train(messages, vectors), vectors)


def load(path: Path) -> list[dict[str, Any]]:
    """One author's messages, as the program reads them."""
    messages = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for message in messages:
        tokens = said_once(words(fold(own_words(message["text"]))))
        message["author"] = path.stem
        network.prepare(message)
        message["command"] = command_in(tokens)
        reading = message["reading"] = read(tokens, languages_of(tokens, None))
        message["signals"] = signals(reading, message["medium"])
        message["unguarded"] = signals(reading, message["medium"], guarded=False)
        message["phraseless"] = signals(reading._replace(hits=()), None)
    return messages


def train(messages: Sequence[dict[str, Any]]) -> tuple[Any, Any]:
    """Weights (places × labels) and biases of a multinomial logistic regression; those of `none` are taken off the rest."""
    seen, labels, counts = _seen(messages)
    rows = sparse(seen)
    used = np.unique(rows.indices)
    table = rows[:, used]
    across = table.T.tocsr()
    wanted = np.zeros((len(labels), len(_ALL)), "f4")
    wanted[np.arange(len(labels)), [_ALL.index(Label(label)) for label in labels]] = 1

    def loss(flat: Any) -> tuple[float, Any]:
        weights = flat.reshape(len(used) + 1, len(_ALL)).astype("f4")
        chances = softmax(table @ weights[:-1] + weights[-1])
        error = (chances - wanted) * counts[:, None]
        slope = np.vstack([across @ error + weights[:-1] / _STRENGTH, error.sum(axis=0)])
        cost = -(counts * np.log(np.maximum((chances * wanted).sum(axis=1), 1e-12))).sum(dtype="f8")
        return float(cost + (weights[:-1].astype("f8") ** 2).sum() / (2 * _STRENGTH)), slope.ravel().astype("f8")

    start = np.zeros((len(used) + 1) * len(_ALL))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS, "maxcor": 6}).x
    found = found.reshape(len(used) + 1, len(_ALL))
    found = found[:, :-1] - found[:, -1:]
    weights = np.zeros((BUCKETS, len(LABELS)))
    weights[used] = found[:-1]
    return weights, found[-1]


def _seen(messages: Sequence[dict[str, Any]]) -> tuple[list[Seen], list[str], Any]:
    """Each message as it is read, and as one would be read whose idioms, or whose phrases, nobody foresaw; what each counts.

    Some phrases were made with these messages in view: taken as they are, they would be trusted too much.
    """
    seen = [(message["signals"], message["label"], 1.0) for message in messages]
    surprising = [message for message in messages if message["unguarded"] != message["signals"]]
    seen += [(message["unguarded"], message["label"], 1.0) for message in surprising]
    seen += [(message["phraseless"], message["label"], _PHRASELESS) for message in messages]
    places, labels, counts = zip(*seen, strict=True)
    return list(places), list(labels), np.array(counts, "f4")


def sparse(seen: Iterable[Seen]) -> Any:
    """Messages × places."""
    places: list[int] = []
    values: list[float] = []
    ends = [0]
    for message in seen:
        for group in ([place for word in message.pieces for place in word], *message.groups):
            places += group
            values += [1 / max(len(group), FEWEST) ** 0.5] * len(group)
        ends.append(len(places))
    table = csr_matrix((np.array(values, "f4"), np.array(places, "i4"), ends), shape=(len(ends) - 1, BUCKETS))
    table.sum_duplicates()
    return table


def softmax(scores: Any) -> Any:
    """Scores as shares, row by row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def packed(weights: Any, biases: Any) -> bytes:
    """Biases, scales, then a byte for each label of each place: the file that model.py reads."""
    scales = np.abs(weights).max(axis=0) / 127
    stored = np.clip(np.rint(weights / scales), -127, 127) + OFFSET
    return struct.pack(f"<{2 * len(LABELS)}f", *biases, *scales) + stored.astype(np.uint8).tobytes()


def compare(messages: Sequence[dict[str, Any]]) -> None:
    """Certain stops, found stops, false stops and unsure, by each way of deciding; in per cent."""
    judge(messages)
    for author in sorted({message["author"] for message in messages}):
        _report(author, [message for message in messages if message["author"] == author])
    _report("all", messages)


def judge(messages: Sequence[dict[str, Any]]) -> None:
    """Adds to each message the scores of its labels, by weights that never saw its author."""
    vectors = network.starting_vectors()
    authors = sorted({message["author"] for message in messages}, key=lambda author: author[::-1])
    for fold_number in range(_FOLDS):
        out = set(authors[fold_number::_FOLDS])
        theirs = [message for message in messages if message["author"] in out]
        others = [message for message in messages if message["author"] not in out]
        weights, biases = train(others)
        scores = sparse([message["signals"] for message in theirs]) @ weights + biases
        read_scores = network.scores(network.train(others, vectors), theirs, vectors)
        for message, linear, reading in zip(theirs, scores, read_scores, strict=True):
            message["linear"], message["network"] = [*map(float, linear), 0.0], list(map(float, reading[: len(_ALL)]))


def _report(name: str, messages: Sequence[dict[str, Any]]) -> None:
    print(
        name,
        *(f"| {way.__name__} {_figures(messages, way)}" for way in (rules, linear, network_alone, both)),
        flush=True,
    )


def rules(message: dict[str, Any]) -> tuple[Label, Certainty]:
    """The phrases alone."""
    return message["reading"].decision.label, message["reading"].decision.certainty


def linear(message: dict[str, Any]) -> tuple[Label, Certainty]:
    """The linear model alone."""
    return _alone(shares(message["linear"]))


def network_alone(message: dict[str, Any]) -> tuple[Label, Certainty]:
    """The network alone."""
    return _alone(shares(message["network"]))


def _alone(likely: Mapping[Label, float]) -> tuple[Label, Certainty]:
    """The likeliest label; a stop is certain from 0.85, unsure from 0.35."""
    if likely[Label.STOP] >= 0.35:
        return Label.STOP, Certainty.CERTAIN if likely[Label.STOP] >= 0.85 else Certainty.UNSURE
    return max(likely, key=lambda label: likely[label]), Certainty.CERTAIN


def both(message: dict[str, Any]) -> tuple[Label, Certainty]:
    """What the program does."""
    reading = message["reading"]
    return weigh(reading.decision, together(message["linear"], message["network"]), reading.hits)[:2]


def _figures(messages: Sequence[dict[str, Any]], way: Any) -> str:
    said = [
        (message["label"], *((message["command"][0], Certainty.CERTAIN) if message["command"] else way(message)))
        for message in messages
    ]

    def share(wanted: str, label: str, *certainties: Certainty) -> float:
        of = [(found, sure) for real, found, sure in said if real == wanted]
        return 100 * sum(found == label and sure in certainties for found, sure in of) / max(len(of), 1)

    certain, unsure = Certainty.CERTAIN, Certainty.UNSURE
    others = " ".join(f"{share(label, label, certain, unsure):.0f}" for label in ("start", "help", "erase"))
    return (
        f"stop {share('stop', 'stop', certain):.1f}/{share('stop', 'stop', certain, unsure):.1f} "
        f"false {share('none', 'stop', certain):.1f} unsure {share('none', 'stop', unsure):.1f} others {others}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
