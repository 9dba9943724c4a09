"""Maps of what surveys detect: many samples at once as each alone, and as plain numpy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from popmaps.maps.layout import FLUX_SAMPLE, SURVEY_MAPS, SURVEYS, map_grid, survey_map_name
from popmaps.maps.survey_maps import flux_sample, survey_maps

Stars = dict[str, NDArray[np.float64]]
MakeStars = Callable[..., Stars]


def sample_of(random_stars: MakeStars, seed: int) -> dict[str, Stars]:
    sizes = {"PMPS": 1045, "SMPS": 160 + 10 * seed, "HTRU": 900}
    return {s: random_stars(sizes[s], 10 * seed + k) for k, s in enumerate(SURVEYS)}


@pytest.mark.parametrize(("dyn", "ppdot"), [(32, 32), (20, 48)])
def test_maps_are_the_plain_ones(random_stars: MakeStars, dyn: int, ppdot: int) -> None:
    numbers = [0, 3, 17]
    samples = [sample_of(random_stars, k) for k in range(3)]
    samples[1]["PMPS"]["S_radio_obs_mean_1400"][:] = 0
    samples[2]["HTRU"]["pm_ra"][4] = np.nan
    make = partial(
        survey_maps, samples, numbers=numbers, resolution_dyn=dyn, resolution_ppdot=ppdot, seed=5
    )
    maps, dropped = make(filtered=False)
    smooth, _ = make()
    assert tuple(maps) == SURVEY_MAPS
    for row, (number, sample) in enumerate(zip(numbers, samples, strict=True)):
        for survey, stars in sample.items():
            for kind, expected in plain(stars, survey, number, dyn, ppdot).items():
                name = survey_map_name(survey, kind)
                assert np.array_equal(maps[name][row], expected), (number, name)
                filtered = gaussian_filter(expected, 1)
                limit = 1e-12 * abs(filtered).max()
                assert np.allclose(smooth[name][row], filtered, rtol=0, atol=limit)
    assert dropped[0] == {}
    assert dropped[1] == {"survey_PMPS_ppdot_map_fluxes": 640}
    assert dropped[2] == {"survey_HTRU_velocity_map_vra": 1}


def plain(
    stars: Stars, survey: str, number: int, dyn: int, ppdot: int
) -> dict[str, NDArray[np.float64]]:
    sky = [np.linspace(0, 360, dyn + 1), np.linspace(-90, 90, dyn // 2 + 1)]
    periods = [np.logspace(-3, 2, ppdot + 1), np.logspace(-21, -9, ppdot + 1)]
    chosen = flux_sample(stars["ra"].size, survey, seed=5, sample=number)
    p, p_dot, flux = (stars[n][chosen] for n in ("P", "P_dot", "S_radio_obs_mean_1400"))
    maps = {"position_map_radec": np.histogram2d(stars["ra"], stars["dec"], bins=sky)[0]}
    weighted = [
        ("velocity_map_vra", stars["ra"], stars["dec"], sky, abs(stars["pm_ra"]), 0.0),
        ("velocity_map_vdec", stars["ra"], stars["dec"], sky, abs(stars["pm_dec"]), 0.0),
    ]
    positive = flux > 0
    weighted.append(
        (
            "ppdot_map_fluxes",
            p[positive],
            p_dot[positive],
            periods,
            np.log10(flux[positive]),
            -7.0,
        )
    )
    for name, x, y, edges, weight, empty in weighted:
        good = np.isfinite(weight)
        count = np.histogram2d(x[good], y[good], bins=edges)[0]
        total = np.histogram2d(x[good], y[good], bins=edges, weights=weight[good])[0]
        maps[name] = np.where(count > 0, total / np.where(count > 0, count, 1), empty)
    maps["ppdot_map"] = np.histogram2d(stars["P"], stars["P_dot"], bins=periods)[0]
    return maps


def test_a_sample_has_the_same_bits_alone_and_among_others(random_stars: MakeStars) -> None:
    samples = [sample_of(random_stars, k) for k in range(4)]
    together, _ = survey_maps(samples, numbers=range(4))
    alone, _ = survey_maps(samples[2:3], numbers=[2])
    for name, values in together.items():
        assert np.array_equal(values[2], alone[name][0])
        assert values.shape[1:] == map_grid(name, 64, 64).shape


@pytest.mark.parametrize("survey", SURVEYS)
def test_flux_sample_is_as_large_as_what_meerkat_measured(survey: str) -> None:
    size = FLUX_SAMPLE[survey]
    drawn = flux_sample(size + 200, survey, seed=1, sample=3)
    assert drawn.sum() == size
    assert flux_sample(size, survey, seed=1, sample=3).all()
    assert np.array_equal(drawn, flux_sample(size + 200, survey, seed=1, sample=3))
    assert not np.array_equal(drawn, flux_sample(size + 200, survey, seed=1, sample=4))
    assert not np.array_equal(drawn, flux_sample(size + 200, survey, seed=2, sample=3))


def test_flux_sample_takes_every_star_as_often() -> None:
    drawn = [flux_sample(340, "SMPS", seed=0, sample=s) for s in range(400)]
    share = np.mean(drawn, axis=0)
    # Half of the stars each time: the mean of 400 draws has a deviation of 0.025.
    assert abs(share - 0.5).max() < 5 * 0.025
