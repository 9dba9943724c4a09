"""Imaging weights: Briggs as one would write it down, its limits, the taper."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from casa_sim.antennas import antenna_positions
from casa_sim.constants import SPEED_OF_LIGHT_M_S
from casa_sim.native.setup import make_setup
from casa_sim.native.tracks import uv_track
from casa_sim.native.weights import imaging_weights
from casa_sim.settings import ObservationSettings
from skytypes.errors import InputError

POSITIONS = antenna_positions("alma.cycle9.5.cfg")
SETTINGS = ObservationSettings("alma.cycle9.5.cfg", time_s=60, imsize_px=128, niter=30)


def test_briggs_weights_as_one_would_write_them_down() -> None:
    rng = np.random.default_rng(2)
    uvw = rng.normal(0, 300, (400, 3))
    own = rng.uniform(0.5, 2, 400)
    side, cell, frequency = 64, 0.05, 230e9
    scale = frequency / SPEED_OF_LIGHT_M_S * side * cell * math.pi / 648_000

    def cell_of(u: float, v: float) -> tuple[int, int]:
        return int(u * scale + side / 2), int(v * scale + side / 2)

    density: dict[tuple[int, int], float] = {}
    for (u, v, _), w in zip(uvw, own, strict=True):
        for sign in (1, -1):
            place = cell_of(sign * u, sign * v)
            density[place] = density.get(place, 0) + w
    f2 = (5 * 10**-0.3) ** 2 / (sum(d**2 for d in density.values()) / (2 * own.sum()))
    true = [w / (1 + density[cell_of(u, v)] * f2) for (u, v, _), w in zip(uvw, own, strict=True)]
    options: dict[str, Any] = {"imsize_px": side, "cell_arcsec": cell, "weights": own}
    assert imaging_weights(uvw, frequency, robust=0.3, **options) == pytest.approx(true)
    uniform = imaging_weights(uvw, frequency, weighting="uniform", **options)
    assert uniform == pytest.approx(
        [w / density[cell_of(u, v)] for (u, v, _), w in zip(uvw, own, strict=True)]
    )


def test_robust_goes_from_uniform_to_natural() -> None:
    uvw = uv_track(POSITIONS, 250.0, -30.0, time_s=60).uvw_m
    options: dict[str, Any] = {"imsize_px": 256, "cell_arcsec": 0.03}
    natural = imaging_weights(uvw, 230e9, robust=2, **options)
    assert natural.min() > 0.95 * natural.max()
    nearly = imaging_weights(uvw, 230e9, robust=-2, **options)
    uniform = imaging_weights(uvw, 230e9, weighting="uniform", **options)
    assert np.corrcoef(nearly, uniform)[0, 1] > 0.999


def test_a_taper_alone_makes_its_own_beam() -> None:
    wide = make_setup(replace(SETTINGS, taper_arcsec=0.5, cell_mas=30.0), 250.0, -30.0).beam
    none = make_setup(replace(SETTINGS, cell_mas=30.0), 250.0, -30.0).beam
    assert none.bmaj_arcsec < 0.3
    assert 0.5 < wide.bmin_arcsec < 0.65


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weighting": "heavy"}, "weighting is 'heavy'; allowed: natural, uniform, briggs"),
        ({"robust": 3}, "robust is 3; allowed: -2 to 2"),
        ({"taper_arcsec": -1}, "taper is -1 arcsec"),
        ({"cell_arcsec": 0.5}, "pixels are too coarse for the longest baseline"),
    ],
)
def test_bad_weighting(options: dict[str, Any], message: str) -> None:
    uvw = np.array([[1000.0, 0, 0]])
    with pytest.raises(InputError, match=message):
        imaging_weights(uvw, 230e9, **{"imsize_px": 64, "cell_arcsec": 0.01, **options})
