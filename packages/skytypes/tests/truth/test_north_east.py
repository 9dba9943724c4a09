"""North is up, east is left: a source drawn to the north-east, from its pixels to its answer."""

import math
from typing import Any

import numpy as np
import pytest

from skytypes import Beam, ModelCard, Sample, SkyImage, decode
from skytypes.decoding import encode_labels
from skytypes.encoding import window_of
from skytypes.samples import image_sample
from skytypes.specs import Channel, Operation, OutputSpec, TensorSpec

PIXEL = 0.02
SIDE = 96
WINDOW = TensorSpec(
    "image",
    (1, 32, 32),
    (Channel("sky", (Operation("crop", {"mode": "source"}), Operation("resample", {"size": 32}))),),
)
CENTRE = (
    OutputSpec("dx_arcsec", "arcsec", "field_fraction", (0,), axis="x"),
    OutputSpec("dy_arcsec", "arcsec", "field_fraction", (1,), axis="y"),
)


def sky_with_a_source(east_arcsec: float, north_arcsec: float) -> SkyImage:
    """A round source, each pixel lit by its distance on the sky from (east, north)."""
    data = np.zeros((SIDE, SIDE))
    for row in range(SIDE):
        for column in range(SIDE):
            east = -(column - SIDE // 2) * PIXEL
            north = (row - SIDE // 2) * PIXEL
            distance = math.hypot(east - east_arcsec, north - north_arcsec)
            data[row, column] = math.exp(-((distance / 0.08) ** 2))
    return SkyImage(data, PIXEL, "Jy/beam", beam=Beam(0.06, 0.05, 20.0))


def test_a_source_to_the_north_east_is_at_a_lower_column_and_a_higher_row() -> None:
    row, column = np.unravel_index(sky_with_a_source(0.3, 0.2).data.argmax(), (SIDE, SIDE))
    assert column == SIDE // 2 - 15
    assert row == SIDE // 2 + 10


@pytest.mark.parametrize(("east", "north"), [(0.3, 0.2), (0.3, -0.2), (-0.3, 0.2), (-0.25, -0.4)])
def test_the_middle_of_its_window_decodes_to_where_it_was_put(east: float, north: float) -> None:
    """A network that answers 0, 0 says: in the middle of the window."""
    sample = image_sample(sky_with_a_source(east, north))
    card = ModelCard("toy", "0", "toy", (WINDOW,), CENTRE)
    answers = decode(card, np.zeros((1, 2), np.float32), sample)
    assert float(answers["dx_arcsec"][0]) == pytest.approx(east, abs=PIXEL)
    assert float(answers["dy_arcsec"][0]) == pytest.approx(north, abs=PIXEL)


def test_a_label_to_the_north_east_of_the_window_lies_at_a_lower_column_and_a_higher_row() -> None:
    sample = image_sample(sky_with_a_source(0.0, 0.0), {"dx_arcsec": 0.1, "dy_arcsec": 0.1})
    column, row = encode_labels([WINDOW], CENTRE, sample)[0]
    half = float(window_of([WINDOW], sample).half_px[0]) * PIXEL
    assert column == pytest.approx(-0.1 / half, abs=PIXEL / half)
    assert row == pytest.approx(0.1 / half, abs=PIXEL / half)


def test_raw_fractions_grow_to_the_west_and_to_the_north() -> None:
    numbers: dict[str, Any] = {"pixel_scale_arcsec": np.float64(PIXEL)}
    sample = Sample({"image": np.zeros((SIDE, SIDE)), **numbers})
    card = ModelCard("toy", "0", "toy", (), CENTRE)
    near, far = (decode(card, np.array([[f, f]]), sample) for f in (0.0, 0.5))
    assert float(far["dx_arcsec"][0]) < float(near["dx_arcsec"][0])
    assert float(far["dy_arcsec"][0]) > float(near["dy_arcsec"][0])
