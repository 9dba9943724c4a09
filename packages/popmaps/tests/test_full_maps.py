"""The ten maps of a population against numpy and scipy written out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from popmaps.maps.full_maps import FULL_COLUMNS, FullMaps
from popmaps.maps.layout import FULL_MAPS

Floats = NDArray[np.float64]
Stars = dict[str, Floats]


def plain_maps(stars: Stars, dyn: int, ppdot: int) -> dict[str, Floats]:
    """Maps before the filter, each by histograms of its own."""
    kpc, ra = np.linspace(-20, 20, dyn + 1), np.linspace(0, 360, dyn + 1)
    dec = np.linspace(-90, 90, dyn // 2 + 1)
    edges_p, edges_p_dot = np.logspace(-3, 2, ppdot + 1), np.logspace(-21, -9, ppdot + 1)
    with np.errstate(all="ignore"):
        x, y = stars["r"] * np.cos(stars["phi"]), stars["r"] * np.sin(stars["phi"])
        a = stars["spectral_index"]
        band = 1e11 ** (a + 1) - 1e7 ** (a + 1)
        flux = (a + 1) * stars["S_radio_bol"] * 1.429e9**a / band * 1e23
        log_flux = np.log10(flux)
    seen = stars["intercepted_radio"].astype(bool)

    def mean(u: Floats, v: Floats, edges: list[Floats], weight: Floats, empty: float) -> Floats:
        good = np.isfinite(weight)
        number = np.histogram2d(u[good], v[good], bins=edges)[0]
        total = np.histogram2d(u[good], v[good], bins=edges, weights=weight[good])[0]
        return np.where(number > 0, total / np.where(number > 0, number, 1), empty)

    plane, sky, periods = [kpc, kpc], [ra, dec], [edges_p, edges_p_dot]
    p, p_dot = stars["P"], stars["P_dot"]
    maps = [
        np.histogram2d(x, y, bins=plane)[0],
        np.histogram2d(x, stars["z"], bins=plane)[0],
        np.histogram2d(stars["ra"], stars["dec"], bins=sky)[0],
        *(mean(x, y, plane, abs(stars[v]), 0.0) for v in ("v_r", "v_phi", "v_z")),
        *(mean(stars["ra"], stars["dec"], sky, abs(stars[v]), 0.0) for v in ("pm_ra", "pm_dec")),
        np.histogram2d(p, p_dot, bins=periods)[0],
        mean(p[seen], p_dot[seen], periods, log_flux[seen], -7.0),
    ]
    return dict(zip(FULL_MAPS, maps, strict=True))


def odd_stars(stars: Stars) -> Stars:
    """The stars with some on edges and poles, outside, and without numbers."""
    rng = np.random.default_rng(1)
    number = stars["r"].size
    for name, values in (
        ("r", [0.0, 20.0, 1.25, np.nan, np.inf, 1e9]),
        ("phi", [0.0, np.pi / 2, np.pi, np.nan, np.inf]),
        ("z", [-20.0, 20.0, 20.5, np.nan]),
        ("ra", [0.0, 360.0, -0.1, np.nan]),
        ("dec", [90.0, -90.0, 91.0, np.nan]),
        ("v_r", [np.nan, np.inf]),
        ("v_z", [-np.inf]),
        ("pm_dec", [np.nan]),
        ("P", [1e-3, 1e2, 0.0, -1.0, np.nan, np.inf, 1e-4]),
        ("P_dot", [1e-21, 1e-9, 0.0, -1e-15, np.nan, 1e-15]),
        ("S_radio_bol", [0.0, np.nan, np.inf, -1.0]),
    ):
        places = rng.choice(number, 60, replace=False)
        stars[name][places] = rng.choice(values, 60)
    stars["spectral_index"][:50] = -1.0 - np.linspace(0.1, 2, 50)
    return stars


@pytest.mark.parametrize(("dyn", "ppdot"), [(32, 32), (64, 40), (33, 7)])
@pytest.mark.parametrize("odd", [False, True])
def test_maps_are_the_plain_ones(
    random_stars: Callable[..., Stars], dyn: int, ppdot: int, odd: bool
) -> None:
    stars = random_stars(20000, 4)
    if odd:
        stars = odd_stars(stars)
    population = FullMaps(dyn, ppdot)
    population.add(stars)
    raw, maps = population.maps(filtered=False), population.maps()
    expected = plain_maps(stars, dyn, ppdot)
    assert list(maps) == list(expected)
    for name, plain in expected.items():
        if name == "ppdot_map_fluxes":
            # Its weights are computed two ways; counts and empty bins are the same.
            assert np.allclose(raw[name], plain, rtol=1e-13)
        else:
            assert np.array_equal(raw[name], plain), name
        smooth = gaussian_filter(plain, 1)
        assert np.allclose(maps[name], smooth, rtol=0, atol=1e-12 * abs(smooth).max()), name


def test_dropped_stars_are_counted_by_map(random_stars: Callable[..., Stars]) -> None:
    stars = random_stars(1000, 2)
    stars["r"][:] = 1.0
    stars["v_r"][:3] = np.nan
    stars["intercepted_radio"] = np.ones(1000)
    stars["P"][:] = 1.0
    stars["P_dot"][:] = 1e-15
    stars["S_radio_bol"][:7] = 0
    population = FullMaps(32, 32)
    population.add(stars)
    assert population.dropped() == {"velocity_map_xy_vr": 3, "ppdot_map_fluxes": 7}
    assert all(np.isfinite(one).all() for one in population.maps().values())


def test_maps_do_not_depend_on_chunks(random_stars: Callable[..., Stars]) -> None:
    stars = random_stars(40000, 6)
    whole, cut = FullMaps(32, 32), FullMaps(32, 32)
    whole.add(stars)
    for start in range(0, 40000, 12345):
        cut.add({name: stars[name][start : start + 12345] for name in FULL_COLUMNS})
    for name, one in whole.maps().items():
        assert np.array_equal(one, cut.maps()[name])


def test_no_intercepted_star_leaves_the_flux_map_empty(random_stars: Callable[..., Stars]) -> None:
    stars = random_stars(100, 1)
    stars["intercepted_radio"][:] = False
    population = FullMaps(32, 32)
    population.add(stars)
    assert np.allclose(population.maps()["ppdot_map_fluxes"], -7.0, rtol=1e-15)
