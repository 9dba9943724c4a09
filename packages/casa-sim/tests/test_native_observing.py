"""The native simulator on a sky: seeds, what spoils visibilities, what is refused."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from casa_sim import NativeSimulator, SetupCache
from casa_sim.native.correlator import observe_visibilities
from casa_sim.native.imaging import clean_image, image_visibilities
from casa_sim.native.observing import observe_natively
from casa_sim.native.routes import ROUTES, Route
from casa_sim.native.setup import make_setup
from casa_sim.settings import ObservationSettings
from skytypes import SkyImage
from skytypes.errors import InputError

SETTINGS = ObservationSettings("alma.cycle9.5.cfg", time_s=60, imsize_px=128, niter=30)


def test_the_seed_decides_every_bit(pair: SkyImage) -> None:
    one = observe_natively(pair, SETTINGS, seed=4)
    again = observe_natively(pair, SETTINGS, seed=4, cache=SetupCache())
    other = observe_natively(pair, SETTINGS, seed=5)
    assert one.image.data.tobytes() == again.image.data.tobytes()
    assert one.image.data.tobytes() != other.image.data.tobytes()
    assert one.image.truth == {"pa_deg": 3.0}
    assert one.image.provenance is not None
    assert one.settings["sigma_jy"][0] == pytest.approx(0.0093, rel=0.05)


def test_what_was_observed_before_changes_nothing(pair: SkyImage) -> None:
    """A setup is kept for observations that differ in niter, stage and weather."""
    kept = SetupCache()
    few, dirty = replace(SETTINGS, niter=3), replace(SETTINGS, stage="dirty", pwv_mm=3.0)
    for settings in (SETTINGS, few, dirty, SETTINGS):
        alone = observe_natively(pair, settings, seed=4)
        after_others = observe_natively(pair, settings, seed=4, cache=kept)
        assert after_others.image.data.tobytes() == alone.image.data.tobytes()
        assert dict(after_others.settings) == dict(alone.settings)
    assert observe_natively(pair, few, seed=4, cache=kept).settings["iterdone"] == 3


def test_arrays_draw_their_own_noise(pair: SkyImage) -> None:
    two = replace(SETTINGS, array_lo="alma.cycle9.4.cfg", cell_mas=20.0)
    seen = observe_visibilities(pair, two, seed=1)
    silent = observe_visibilities(pair, replace(two, noise="none"), seed=1)
    noise = (seen.values - silent.values).reshape(2, -1)
    assert abs(np.vdot(*noise)) < 5 * 0.0066**2 * 2 * math.sqrt(noise.shape[1])
    assert np.std(noise) == pytest.approx(seen.sigma_jy.mean() * math.sqrt(2), rel=0.02)


def test_phases_and_flux_scale(pair: SkyImage) -> None:
    silent = replace(SETTINGS, noise="none")
    true = observe_visibilities(pair, silent, seed=1).values
    wrong = observe_visibilities(pair, replace(silent, phase_rms_deg=30), seed=1).values
    assert np.allclose(np.abs(wrong), np.abs(true), rtol=1e-5)
    kept = np.mean((wrong / true).real)
    assert kept == pytest.approx(math.exp(-(math.radians(30) ** 2)), abs=0.1)
    scaled = observe_visibilities(pair, replace(silent, flux_error_percent=10), seed=1).values
    ratio = scaled / true
    assert np.ptp(ratio.real) < 1e-5
    assert ratio[0].real != pytest.approx(1.0, abs=1e-4)


def test_the_simulator_keeps_its_contract(pair: SkyImage) -> None:
    simulator = NativeSimulator(SETTINGS, keep=("dirty", "psf"))
    seen = simulator.observe(pair, seed=1)
    assert seen.dirty is not None
    assert seen.psf is not None
    assert seen.psf.data[64, 64] == 1.0
    with pytest.raises(InputError, match="keep is 'work'; allowed: dirty, psf"):
        NativeSimulator(SETTINGS, keep=("work",))
    with pytest.raises(InputError, match="stage is 'visibilities'"):
        NativeSimulator(replace(SETTINGS, stage="visibilities"))


WIDE = ObservationSettings("alma.cycle9.1.cfg", time_s=60, imsize_px=256, cell_mas=200, niter=20)
"""51 arcsec, of which the antennas see a circle of 44."""


def _whole_clean(sky: SkyImage) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The dirty image over the whole field, and the CLEAN image that starts from it."""
    setup = make_setup(WIDE, sky.ra_deg, sky.dec_deg)
    whole = image_visibilities(observe_visibilities(sky, WIDE, seed=1), setup)
    return whole, clean_image(whole, setup, niter=WIDE.niter)[0]


def test_what_the_antennas_hardly_see_is_blank_in_every_image(pair: SkyImage) -> None:
    sky = replace(pair, pixel_scale_arcsec=0.2)
    whole, clean = _whole_clean(sky)
    seen = observe_natively(sky, WIDE, seed=1, keep=("dirty", "psf"))
    assert seen.dirty is not None
    inside = np.hypot(*(np.indices((256, 256)) - 128)) * 0.2 < 21.5
    outside = np.hypot(*(np.indices((256, 256)) - 128)) * 0.2 > 22.1
    assert not seen.dirty.data[outside].any()
    assert np.array_equal(seen.dirty.data == 0, seen.image.data == 0)
    assert np.array_equal(seen.dirty.data[inside], whole[inside])
    # CLEAN itself starts from the whole of it.
    assert np.array_equal(seen.image.data, clean)
    dirty = observe_natively(sky, replace(WIDE, stage="dirty"), seed=1)
    assert np.array_equal(dirty.image.data, seen.dirty.data)
    assert seen.psf is not None
    assert seen.psf.data[outside].all()


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("stage", ["dirty", "clean"])
def test_both_routes_leave_the_same_pixels_blank(pair: SkyImage, route: Route, stage: str) -> None:
    sky = replace(pair, pixel_scale_arcsec=0.2)
    image, _ = ROUTES[route](SetupCache()).image(sky, replace(WIDE, stage=stage), seed=1)
    observed = observe_natively(sky, replace(WIDE, stage="dirty"), seed=1).image.data
    assert np.array_equal(image == 0, observed == 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data": np.zeros((64, 64))}, "the sky is empty"),
        ({"unit": "K"}, "the sky is in K"),
        ({"pixel_scale_arcsec": 0.11}, "pixels of 110 mas are too coarse"),
        ({"dec_deg": 60.0}, "the elevation falls to"),
        ({"frequency_hz": 345e9}, "the sky is at 345 GHz but band 6"),
        (
            {"reference_px": (300.0, 32.0)},
            "0 % of the sky's flux is within the image",
        ),
    ],
)
def test_skies_that_are_refused(pair: SkyImage, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        observe_natively(replace(pair, **changes), SETTINGS, seed=1)
    with pytest.raises(InputError, match=message):
        NativeSimulator(SETTINGS).observe(replace(pair, **changes), seed=1)
