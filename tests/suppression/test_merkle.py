"""The tree of RFC 6962: its published vectors, and every path in trees of all small sizes."""

from hashlib import sha256

import pytest

from suppression import merkle

# The leaves and roots of the reference implementation (google/certificate-transparency, merkle_tree_test.cc).
LEAVES = [bytes.fromhex(it) for it in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
HASHES = [merkle.leaf_hash(it) for it in LEAVES]


def by_the_book(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word: split at the largest power of two below the size."""
    if len(leaves) < 2:
        return sha256(b"\0" + leaves[0]).digest() if leaves else sha256(b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\1" + by_the_book(leaves[:split]) + by_the_book(leaves[split:])).digest()


def test_no_leaf_has_the_hash_of_nothing() -> None:
    assert merkle.root([]) == merkle.EMPTY == sha256(b"").digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_roots(size: int) -> None:
    assert merkle.root(HASHES[:size]).hex() == ROOTS[size - 1]


@pytest.mark.parametrize("size", [*range(1, 34), 100, 127, 128, 129])
def test_every_path_leads_to_the_root(size: int) -> None:
    leaves = [str(n).encode() for n in range(size)]
    hashes = [merkle.leaf_hash(it) for it in leaves]
    root = merkle.root(hashes)
    assert root == by_the_book(leaves)
    for index, leaf in enumerate(hashes):
        assert merkle.root_over(leaf, index, size, merkle.path(hashes, index)) == root


def test_the_published_path() -> None:
    """The first audit path of the reference implementation's test, leaf 1 of 8 (counted from 1)."""
    assert [it.hex() for it in merkle.path(HASHES, 0)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 12])
def test_no_other_leaf_place_or_path_leads_there(size: int) -> None:
    hashes = [merkle.leaf_hash(bytes([n])) for n in range(size)]
    root = merkle.root(hashes)
    for index in range(size):
        steps = merkle.path(hashes, index)
        assert merkle.root_over(merkle.leaf_hash(b"other"), index, size, steps) != root
        for other in set(range(size)) - {index}:
            assert not leads_there(hashes[index], other, size, steps, root)
        assert not leads_there(hashes[index], index, size, [*steps, hashes[0]], root)
        assert not steps or not leads_there(hashes[index], index, size, steps[:-1], root)


@pytest.mark.parametrize("index", [-1, 3, 99])
def test_a_place_outside_the_tree_is_refused(index: int) -> None:
    with pytest.raises(ValueError, match="no line"):
        merkle.root_over(HASHES[0], index, 3, [])


def leads_there(leaf: bytes, index: int, size: int, steps: list[bytes], root: bytes) -> bool:
    try:
        return merkle.root_over(leaf, index, size, steps) == root
    except ValueError:
        return False
