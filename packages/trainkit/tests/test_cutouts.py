from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from netzoo import DISCONET, DISCONET_COMPACT
from skytypes import Beam, Sample, encode
from skytypes.decoding import encode_labels
from trainkit.cutouts import CUT_PX, CutDataset, KeptDataset, cut_out

SPECS = DISCONET_COMPACT.card.inputs


def test_a_cut_is_the_redrawn_picture(gaussian: Callable[..., Sample]) -> None:
    large = gaussian(512, pixel_scale_arcsec=0.01, dx_arcsec=0.5, dy_arcsec=-0.4)
    cut = cut_out(SPECS, large)
    numbers = {k: float(v) for k, v in cut.inputs.items() if k != "image"}
    again = gaussian(
        CUT_PX,
        dx_arcsec=0.5,
        dy_arcsec=-0.4,
        pixel_scale_arcsec=numbers["pixel_scale_arcsec"],
        reference_px=(numbers["reference_x_px"], numbers["reference_y_px"]),
        beam=Beam(numbers["bmaj_arcsec"], numbers["bmin_arcsec"], numbers["bpa_deg"]),
    )
    assert cut.inputs["image"].shape == (CUT_PX, CUT_PX)
    assert np.abs(cut.inputs["image"] - again.inputs["image"]).max() < 0.01


@pytest.mark.parametrize("factory", [DISCONET, DISCONET_COMPACT])
def test_a_network_sees_the_same_in_the_cut(gaussian: Callable[..., Sample], factory: Any) -> None:
    card = factory.card
    large = gaussian(1024, pixel_scale_arcsec=0.008, dx_arcsec=0.3, dy_arcsec=0.2)
    cut = cut_out(card.inputs, large)
    whole, part = (encode(card.inputs, s) for s in (large, cut))
    for name in whole:
        assert np.abs(whole[name] - part[name]).max() < 0.06
    targets = [encode_labels(card.inputs, card.outputs, s) for s in (large, cut)]
    assert np.abs(targets[0] - targets[1]).max() < 0.05


def test_a_cut_never_leaves_the_picture(gaussian: Callable[..., Sample]) -> None:
    corner = gaussian(96, pixel_scale_arcsec=0.04, dx_arcsec=1.5, dy_arcsec=1.5)
    cut = cut_out(SPECS, corner, margin=3.0)
    scale = float(cut.inputs["pixel_scale_arcsec"])
    step = scale / 0.04
    # Where the cut's outer edges lie in the old picture, whose own run from -0.5 to 95.5.
    for name in ("reference_x_px", "reference_y_px"):
        low = 48 - (float(cut.inputs[name]) + 0.5) * step
        assert low >= -0.5 - 1e-3
        assert low + CUT_PX * step <= 95.5 + 1e-3


def test_cuts_of_pictures_of_different_size_make_a_batch(gaussian: Callable[..., Sample]) -> None:
    class Mixed:
        groups = ("a", "b")

        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> Sample:
            return gaussian((64, 96)[index])

    cuts = KeptDataset(CutDataset(Mixed(), SPECS), max_bytes=10**7)
    assert cuts.batch([1, 0]).inputs["image"].shape == (2, CUT_PX, CUT_PX)
    assert cuts.groups == ["a", "b"]
    assert cuts[0].inputs["image"].dtype == np.float32


def test_what_does_not_fit_into_memory_is_made_again_with_the_same_bits() -> None:
    made = []

    class Counted:
        def __len__(self) -> int:
            return 4

        def __getitem__(self, index: int) -> Sample:
            made.append(index)
            return Sample({"x": np.full(8, index, np.float32)})

    kept = KeptDataset(Counted(), max_bytes=2 * 32)
    first, second = kept.batch([0, 1, 2, 3]), kept.batch([3, 2, 1, 0])
    assert made == [0, 1, 2, 3, 2, 3]
    assert (first.inputs["x"] == second.inputs["x"][::-1]).all()
