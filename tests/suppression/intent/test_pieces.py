"""Words cut into pieces that the vocabulary knows."""

import numpy as np

from suppression.intent.pieces import UNKNOWN, checksum, pieces_of, vocabulary


def numbers(*pieces: str) -> list[int]:
    """The numbers of pieces by their letters; `▁` begins a word."""
    known = vocabulary().checksums
    places = np.searchsorted(known, np.array([checksum(piece) for piece in pieces], np.uint32))
    assert [int(known[place]) for place in places] == [checksum(piece) for piece in pieces], "a piece is not known"
    return [int(place) + 1 for place in places]


def test_a_common_word_is_one_piece_and_a_rare_one_several() -> None:
    assert pieces_of("stop") == numbers("▁stop")
    assert pieces_of("ne m'appelez plus")[0] == numbers("▁ne")[0]
    assert len(pieces_of("unterschreibungsverweigerung")) > 2


def test_accents_count() -> None:
    assert pieces_of("arrêté") != pieces_of("arrete")


def test_repeated_letters_and_signs_count_once() -> None:
    assert pieces_of("stoooop") == pieces_of("stop")
    assert pieces_of("merci !!!!!") == pieces_of("merci !")


def test_a_letter_that_no_piece_has_is_unknown() -> None:
    assert UNKNOWN in pieces_of("ツ")


def test_nothing_has_no_pieces() -> None:
    assert pieces_of("") == pieces_of(" \n\t") == []


def test_the_work_is_bounded() -> None:
    assert len(pieces_of("abc " * 30_000)) == 240
    assert len(pieces_of("".join(chr(0x4E00 + place) for place in range(5_000)))) <= 41


def test_the_vocabulary_is_in_order() -> None:
    known = vocabulary()
    assert (np.diff(known.checksums.astype(np.int64)) > 0).all()
    assert len(known.checksums) == len(known.scores)
