"""Merkle trees as RFC 6962 (section 2.1) defines them: one hash that stands for a list, and short proofs that a line is in it.

Pure: hashes in, hashes out. A leaf and an inner node are hashed with different first bytes, so that neither passes for the other.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

EMPTY = sha256(b"").digest()


def leaf_hash(content: bytes) -> bytes:
    """The hash of one line: SHA-256 of a zero byte and the line."""
    return sha256(b"\0" + content).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """The hash that stands for a list of leaf hashes, in their order; EMPTY for no leaf."""
    while len(hashes) > 1:
        hashes = _level_above(hashes)
    return hashes[0] if hashes else EMPTY


def path(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that lead from the leaf at `index` up to the root, lowest first."""
    steps: list[bytes] = []
    while len(hashes) > 1:
        steps += hashes[index ^ 1 : (index ^ 1) + 1]
        hashes, index = _level_above(hashes), index >> 1
    return steps


def root_over(leaf: bytes, index: int, size: int, steps: Iterable[bytes]) -> bytes:
    """The root of a list of `size` lines that has this leaf hash at `index`, by its path. Raises ValueError if that cannot be."""
    if not 0 <= index < size:
        raise ValueError("no line stands at that index")
    last, rest = size - 1, iter(steps)
    while last:
        if index ^ 1 <= last:
            leaf = _node(*((next(rest, b""), leaf) if index & 1 else (leaf, next(rest, b""))))
        index, last = index >> 1, last >> 1
    if next(rest, None) is not None:
        raise ValueError("the path is longer than the tree is high")
    return leaf


def _level_above(hashes: Sequence[bytes]) -> list[bytes]:
    """Pairs joined from the left; an odd last one moves up as it is, which gives the tree of RFC 6962."""
    pairs = [_node(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
    return [*pairs, *hashes[len(hashes) & ~1 :]]


def _node(left: bytes, right: bytes) -> bytes:
    if not (left and right):
        raise ValueError("the path is shorter than the tree is high")
    return sha256(b"\1" + left + right).digest()
