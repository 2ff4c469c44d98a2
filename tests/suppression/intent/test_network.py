"""The network that reads a message in order, and what it makes with the linear model."""

from itertools import pairwise

import numpy as np
import pytest

from suppression.intent.answer import CHANNELS, Label
from suppression.intent.likelihood import shares
from suppression.intent.network import CHANNELS as ORDER
from suppression.intent.network import MEDIA, scores
from suppression.intent.pieces import pieces_of


@pytest.mark.parametrize("medium", [*MEDIA, "carrier pigeon"])
def test_every_label_and_channel_gets_a_number(medium: str | None) -> None:
    found = scores(pieces_of("please take me off"), medium)
    assert len(found.labels) == len(Label)
    assert len(found.channels) == len(ORDER)
    assert np.isfinite([*found.labels, *found.channels]).all()


def test_the_channels_are_those_of_an_intent() -> None:
    assert set(ORDER) == CHANNELS
    assert all(one < other for one, other in pairwise(ORDER))


@pytest.mark.parametrize("numbers", [[], [0], [1] * 240], ids=["nothing", "unknown", "long"])
def test_any_message_is_read(numbers: list[int]) -> None:
    assert np.isfinite(scores(numbers, None).labels).all()


def test_the_order_of_words_counts() -> None:
    one, other = pieces_of("no more calls please texts are fine"), pieces_of("no more texts please calls are fine")
    assert sorted(one) == sorted(other)
    assert scores(one, "sms") != scores(other, "sms")


def test_the_same_message_is_always_read_the_same() -> None:
    numbers = pieces_of("je ne veux plus rien recevoir")
    assert scores(numbers, "sms") == scores(numbers, "sms")


def test_shares_are_shares_of_one() -> None:
    found = shares([800.0, 0.0, -800.0, 1.0, 2.0])
    assert sum(found.values()) == pytest.approx(1)
    assert found[Label.STOP] == pytest.approx(1)
