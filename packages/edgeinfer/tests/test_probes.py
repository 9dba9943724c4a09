from __future__ import annotations

import numpy as np
import pytest

from edgeinfer.probes import (
    PICTURE_INPUTS,
    noise_tensors,
    probe_pictures,
    probe_tensors,
    reads_pictures,
)
from skytypes import Beam, ModelCard, SkyImage
from skytypes.samples import image_sample
from skytypes.specs import Channel, TensorSpec

WHOLE = ModelCard("m", "0", "m", (TensorSpec("image", (1, 8, 12), (Channel("sky"),)),), ())
CURVE = ModelCard("m", "0", "m", (TensorSpec("curve", (20,), (Channel("c", (), "curve"),)),), ())


def test_an_item_does_not_depend_on_its_batch() -> None:
    from edgeinfer_moments import CARD

    few, many = (probe_pictures(CARD, n, seed=4).inputs for n in (2, 5))
    for name in few:
        assert np.array_equal(few[name], many[name][:2])
    assert np.array_equal(
        noise_tensors(CURVE, 1, seed=4)["curve"][0], noise_tensors(CURVE, 3, seed=4)["curve"][0]
    )


def test_pictures_differ_between_items_and_seeds() -> None:
    from edgeinfer_moments import CARD

    a, b = probe_pictures(CARD, 2, seed=1).inputs["image"]
    c = probe_pictures(CARD, 1, seed=2).inputs["image"][0]
    assert not np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_the_inputs_of_a_picture_are_those_of_skytypes() -> None:
    image = SkyImage(np.ones((4, 4)), 0.01, "Jy/beam", beam=Beam(0.05, 0.04, 0.0))
    assert frozenset(image_sample(image).inputs) == PICTURE_INPUTS


def test_a_card_that_does_not_resample_gets_its_own_size() -> None:
    assert probe_tensors(WHOLE, 3, seed=1)["image"].shape == (3, 1, 8, 12)


@pytest.mark.parametrize(("card", "pictures"), [(WHOLE, True), (CURVE, False)])
def test_reads_pictures(card: ModelCard, pictures: bool) -> None:
    assert reads_pictures(card) is pictures
    assert all(v.dtype == np.float32 for v in probe_tensors(card, 2, seed=1).values())
