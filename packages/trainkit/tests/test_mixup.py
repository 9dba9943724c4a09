import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from netzoo import DISCONET, DISCONET_COMPACT
from trainkit.mixup import blend, blends, draw_mix


@given(seed=st.integers(0, 2**40), count=st.integers(2, 40), alpha=st.floats(0.05, 5))
def test_the_picture_itself_always_dominates(seed: int, count: int, alpha: float) -> None:
    mix = draw_mix(seed, range(count), probability=1.0, alpha=alpha)
    assert (mix.weight >= 0.5).all()
    assert (mix.weight <= 1.0).all()
    assert ((mix.partner >= 0) & (mix.partner < count)).all()


def test_the_share_and_the_distribution_are_those_asked_for() -> None:
    counters = range(8000)
    mix = draw_mix(0, counters, probability=0.5, alpha=0.25)
    assert abs((mix.partner != np.arange(8000)).mean() - 0.5) < 0.02
    # Beta(a, a) has variance 1 / (4 (2 a + 1)); folding about one half keeps it about that point.
    spread = ((draw_mix(0, counters, probability=1.0, alpha=0.25).weight - 0.5) ** 2).mean()
    assert abs(spread - 1 / (4 * 1.5)) < 0.005


def test_nothing_is_blended_with_probability_zero() -> None:
    mix = draw_mix(3, range(50), probability=0.0, alpha=0.25)
    assert (mix.weight == 1).all()


def test_the_sky_is_blended_and_the_beam_is_not() -> None:
    assert blends(DISCONET.card.inputs[0]) == (True, False, False)
    assert [blends(s) for s in DISCONET_COMPACT.card.inputs] == [(True, True), (False,)]
    specs = DISCONET.card.inputs
    own = {"image": torch.zeros(2, 3, 128, 128)}
    others = {"image": torch.ones(2, 3, 128, 128)}
    mixed = blend(specs, own, others, torch.tensor([0.75, 1.0]))["image"]
    assert mixed[:, :, 0, 0].tolist() == [[0.25, 0.0, 0.0], [0.0, 0.0, 0.0]]
