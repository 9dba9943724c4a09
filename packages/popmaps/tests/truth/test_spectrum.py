"""The power law of the radio spectrum against its own integral, and its limit at index -1."""

from __future__ import annotations

import numpy as np
import pytest

from popmaps.spectrum import flux_density_jy

FLUX = np.array([3e-15])
E_FOLDS = np.log(1e4)


@pytest.mark.parametrize("index", [-3.0, -1.8, -1.0000001, -1.0, -0.5, 0.0])
def test_flux_density_integrates_to_the_flux_of_the_band(index: float) -> None:
    # Integral over ln f from 10 MHz to 100 GHz, Jy to cgs.
    log_f = np.linspace(np.log(1e7), np.log(1e11), 4_001)
    values = [flux_density_jy(FLUX, index, frequency_mhz=f / 1e6)[0] * f for f in np.exp(log_f)]
    assert np.trapezoid(values, log_f) * 1e-23 == pytest.approx(FLUX[0], rel=1e-5)


@pytest.mark.parametrize("off", [0.0, 1e-15, 1e-12, -1e-9, 1e-7])
def test_near_index_minus_one_nothing_cancels(off: float) -> None:
    """To first order in the index: S / (f ln(f2 / f1)) (1 + off ln(f / sqrt(f1 f2)))."""
    limit = FLUX[0] / (1.4e9 * E_FOLDS) / 1e-23
    first_order = limit * (1 + off * np.log(1.4e9 / 1e9))
    density = flux_density_jy(FLUX, -1.0 + off, frequency_mhz=1400.0)[0]
    # (f / f1)^off turns the rounding of the index itself into 1e-15.
    assert density == pytest.approx(first_order, rel=1e-13)


def test_every_star_may_have_an_index_of_its_own() -> None:
    several = flux_density_jy(np.repeat(FLUX, 3), [-1.8, -1.0, 0.5], frequency_mhz=1374.0)
    alone = [flux_density_jy(FLUX, index, frequency_mhz=1374.0)[0] for index in (-1.8, -1.0, 0.5)]
    assert several.tolist() == alone
