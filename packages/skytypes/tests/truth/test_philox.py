"""`item_rng` is Philox 4x64-10 of Salmon et al. 2011, run here in whole numbers of Python."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skytypes import item_rng

WORD = 1 << 64
words = st.integers(0, WORD - 1)


def philox(counter: list[int], key: list[int]) -> list[int]:
    """One block of Philox 4x64 of 10 rounds (Salmon et al. 2011, Sect. 3.3 and Table 2)."""
    a, b, c, d = counter
    k, q = key
    for _ in range(10):
        high_a, low_a = divmod(a * 0xD2E7470EE14C6C93, WORD)
        high_c, low_c = divmod(c * 0xCA5A826395121157, WORD)
        a, b, c, d = high_c ^ b ^ k, low_c, high_a ^ d ^ q, low_a
        k, q = (k + 0x9E3779B97F4A7C15) % WORD, (q + 0xBB67AE8584CAA73B) % WORD
    return [a, b, c, d]


def test_the_published_answer() -> None:
    """Known answer of the Random123 distribution for counter 0 and key 0."""
    expected = [0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B]
    assert philox([0, 0, 0, 0], [0, 0]) == expected


@given(seed=words, index=words, stream=st.text(max_size=20))
def test_item_rng_is_philox_with_the_index_on_top(seed: int, index: int, stream: str) -> None:
    digest = hashlib.blake2b(stream.encode(), digest_size=8).digest()
    key = [seed, int.from_bytes(digest, "little")]
    drawn = item_rng(seed, index, stream).bit_generator.random_raw(8)
    # numpy counts up before it makes a block: the first has counter 1.
    assert drawn.tolist() == philox([1, 0, 0, index], key) + philox([2, 0, 0, index], key)


@pytest.mark.parametrize("index", [0, 1, 2**63, WORD - 1])
def test_the_next_item_is_2_to_192_blocks_away(index: int) -> None:
    """The counter below the index has 192 bits: no item can run into the next one's draws."""
    state = item_rng(7, index, "x").bit_generator.state["state"]
    assert state["counter"].tolist() == [0, 0, 0, index]
