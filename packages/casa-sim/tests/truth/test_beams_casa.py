"""Restoring beams against those that CASA fits to the same point spread functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from casa_sim import ObservationSettings
from casa_sim.native.setup import make_setup
from skytypes import Beam

# Settings, and what CASA's imager tool (fitpsf, which is tclean's) gave: arcsec, arcsec, deg.
CASA: list[tuple[dict[str, Any], tuple[float, float, float]]] = [
    # Cores that are no Gaussians: spiral arms of two arrays, natural weights.
    (
        {"array_cfg": "alma.cycle9.8.cfg", "array_lo": "alma.cycle9.5.cfg"},
        (0.08261276036500931, 0.07045053690671921, 80.87603759765625),
    ),
    (
        {"array_cfg": "alma.cycle9.7.cfg", "array_lo": "alma.cycle9.5.cfg"},
        (0.12876702845096588, 0.11138895899057388, 94.46021270751953),
    ),
    (
        {"array_cfg": "alma.cycle9.6.cfg", "weighting": "natural"},
        (0.20012123882770538, 0.15520881116390228, 97.09476470947266),
    ),
    # Resampled to a half and to a third of the pixel.
    (
        {"array_cfg": "alma.cycle9.6.cfg"},
        (0.17029829323291779, 0.13069285452365875, 96.046142578125),
    ),
    (
        {"array_cfg": "alma.cycle9.5.cfg", "cell_mas": 45.0},
        (0.28346312046051025, 0.26384684443473816, 72.17704772949219),
    ),
]


@pytest.mark.parametrize(("asked", "casa"), CASA)
def test_the_beam_is_casas(asked: dict[str, Any], casa: tuple[float, float, float]) -> None:
    settings = ObservationSettings(time_s=600, imsize_px=512, **asked)
    ours = make_setup(settings, 250.0, -30.0).beam.covariance_arcsec2()
    theirs = Beam(*casa).covariance_arcsec2()
    assert np.linalg.norm(ours - theirs) < 3e-5 * np.linalg.norm(theirs)
