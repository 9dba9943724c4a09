"""Signs of the five columns: what they decode to, stated by hand, for every disk network."""

import numpy as np
import pytest

from netzoo import DISCONET, DISCONET_COMPACT
from skytypes import Beam, ModelCard, Sample, SkyImage, decode
from skytypes.encoding import encode, window_of
from skytypes.samples import image_sample

CARDS = [pytest.param(f.card, id=f.card.name) for f in (DISCONET, DISCONET_COMPACT)]


def north_east_source() -> Sample:
    """A source 0.2 arcsec north and 0.3 arcsec east of the reference pixel: column 0 is east."""
    side, scale = 200, 0.01
    y, x = np.mgrid[:side, :side]
    data = np.exp(-0.5 * ((x - (100 - 30)) ** 2 + (y - (100 + 20)) ** 2) / 8.0**2)
    return image_sample(SkyImage(data, scale, "Jy/beam", beam=Beam(0.05, 0.05, 0.0)))


@pytest.mark.parametrize("card", CARDS)
def test_zero_offset_is_the_middle_of_the_window(card: ModelCard) -> None:
    sample = north_east_source()
    answers = decode(card, np.array([[0.5, 1.0, 0.0, 0.0, 0.0]]), sample)
    assert answers["incl_deg"][0] == pytest.approx(45.0)
    assert answers["pa_deg"][0] == pytest.approx(45.0)
    # The window is around the source, so its middle is where the source was put.
    assert answers["dx_arcsec"][0] == pytest.approx(0.3, abs=0.02)
    assert answers["dy_arcsec"][0] == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("card", CARDS)
def test_dx_grows_to_the_west_and_dy_to_the_north(card: ModelCard) -> None:
    sample = north_east_source()
    half = float(window_of(card.inputs, sample.as_batch()).half_px[0]) * 0.01
    zero, moved = (decode(card, np.array([[0.0, 0.0, 1.0, d, d]]), sample) for d in (0.0, 1.0))
    assert moved["dx_arcsec"] - zero["dx_arcsec"] == pytest.approx(-0.14 * half, rel=1e-4)
    assert moved["dy_arcsec"] - zero["dy_arcsec"] == pytest.approx(0.14 * half, rel=1e-4)


@pytest.mark.parametrize("card", CARDS)
def test_inclination_stays_within_its_bounds(card: ModelCard) -> None:
    raw = np.array([[-0.2, 0.0, 1.0, 0.0, 0.0]])
    assert decode(card, raw, north_east_source())["incl_deg"][0] == 0.0
    assert decode(card, raw + 2, north_east_source())["incl_deg"][0] == 90.0


def test_published_encoding_keeps_zero_to_one_and_a_unit_beam() -> None:
    image = encode(DISCONET.card.inputs, north_east_source())["image"][0]
    assert image.shape == (3, 128, 128)
    assert image.min() >= 0
    assert image.max() == pytest.approx(1.0)
    assert image[1].max() == pytest.approx(1.0)
    # The third channel is one number: beam over the width of the window.
    assert np.ptp(image[2]) == 0
