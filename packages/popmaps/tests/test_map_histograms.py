"""Histograms, weighted sums and filters against numpy and scipy, on awkward numbers too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from popmaps.maps.axes import (
    DEC_DEG,
    PERIOD_DERIVATIVE,
    PERIOD_S,
    RA_DEG,
    X_KPC,
    Axis,
    Grid,
    plane_grid,
    ppdot_grid,
    radec_grid,
    require_resolution,
)
from popmaps.maps.histograms import axis_bins, density_map, flux_map, plane_bins, star_cells
from popmaps.maps.smoothing import smooth
from popmaps.maps.sums import CellSums
from skytypes.errors import InputError

Floats = NDArray[np.float64]
AXES = (X_KPC, RA_DEG, DEC_DEG, PERIOD_S, PERIOD_DERIVATIVE)
ODD = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 5e-324, -1e-300, 1e300, -1e300])


def awkward(axis: Axis, bins: int, seed: int, number: int = 300) -> Floats:
    """Values in and around the range: on edges, one step beside them, and no numbers."""
    rng = np.random.default_rng(seed)
    edges = axis.edges(bins)
    if axis.log:
        low, high = np.log10(axis.low), np.log10(axis.high)
        spread = 10 ** rng.uniform(low - 1, high + 1, number)
    else:
        spread = rng.uniform(axis.low - 5, axis.high + 5, number)
    beside = np.concatenate([np.nextafter(edges, -np.inf), np.nextafter(edges, np.inf)])
    values = np.concatenate([edges, beside, spread, -spread, ODD])
    return np.asarray(rng.permutation(values))


def plain_bins(values: Floats, edges: Floats) -> Floats:
    """Bins by numpy's one-dimensional histogram, one value at a time."""
    bins = np.full(values.size, -1)
    for i, value in enumerate(values):
        if np.isfinite(value):
            counts = np.histogram(value, edges)[0]
            bins[i] = counts.argmax() if counts.any() else -1
    return bins


@settings(deadline=None, max_examples=60)
@given(axis=st.sampled_from(AXES), bins=st.integers(2, 70), seed=st.integers(0, 999))
def test_bins_are_numpys(axis: Axis, bins: int, seed: int) -> None:
    values = awkward(axis, bins, seed, number=30)
    expected = plain_bins(values, axis.edges(bins))
    assert axis_bins(axis, bins, values).tolist() == expected.tolist()


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("bins", [2, 127, 2048])
def test_counts_are_numpys_at_every_resolution(axis: Axis, bins: int) -> None:
    values = awkward(axis, bins, seed=7)
    made = axis_bins(axis, bins, values)
    finite = values[np.isfinite(values)]
    expected = np.histogram(finite, axis.edges(bins))[0]
    assert np.bincount(made[made >= 0], minlength=bins).tolist() == expected.tolist()


def edges_of(grid: Grid) -> list[Floats]:
    return [grid.x.edges(grid.bins_x), grid.y.edges(grid.bins_y)]


@settings(deadline=None, max_examples=60)
@given(
    grid=st.sampled_from([plane_grid, radec_grid, ppdot_grid]),
    bins=st.integers(2, 40),
    seed=st.integers(0, 999),
)
def test_counts_and_weighted_sums_are_numpys_bit_for_bit(grid: Any, bins: int, seed: int) -> None:
    made_on = grid(bins)
    rng = np.random.default_rng(seed)
    x = awkward(made_on.x, made_on.bins_x, seed)
    y = rng.permutation(np.resize(awkward(made_on.y, made_on.bins_y, seed + 1), x.size))
    weights = rng.normal(0, 100, (3, x.size))
    weights[:, rng.integers(0, x.size, 20)] = rng.choice([np.nan, np.inf, -np.inf], 20)
    sums = CellSums(made_on, weights=3)
    cells = star_cells(made_on, x, y)
    sums.add(cells, list(weights), absolute=True)
    maps = sums.maps(empty=-7.0)[0]
    edges = edges_of(made_on)
    assert np.array_equal(maps[0], np.histogram2d(x, y, bins=edges)[0])
    for k, weight in enumerate(weights):
        good = np.isfinite(weight)
        number = np.histogram2d(x[good], y[good], bins=edges)[0]
        total = np.histogram2d(x[good], y[good], bins=edges, weights=abs(weight[good]))[0]
        expected = np.where(number > 0, total / np.where(number > 0, number, 1), -7.0)
        assert np.array_equal(maps[k + 1], expected)
        lost = np.histogram2d(x[~good], y[~good], bins=edges)[0].sum()
        assert sums.dropped(k).tolist() == [lost]


@pytest.mark.parametrize("weights", [1, 2, 3])
def test_signs_are_kept_unless_sizes_are_asked_for(weights: int) -> None:
    grid = radec_grid(2)
    sums = CellSums(grid, weights=weights)
    cells = np.zeros(2, dtype=np.int32)
    sums.add(cells, [np.array([-1.0, 3.0])] * weights)
    assert sums.maps()[0, 1:, 0, 0].tolist() == [1.0] * weights
    sums.add(cells, [np.array([-1.0, 3.0])] * weights, absolute=True)
    assert sums.maps()[0, 1:, 0, 0].tolist() == [1.5] * weights


def test_chunks_give_the_same_bits() -> None:
    rng = np.random.default_rng(3)
    grid = plane_grid(8)
    x, y, w = rng.normal(0, 8, (3, 5000))
    cells = star_cells(grid, x, y)
    whole, cut = CellSums(grid, weights=1), CellSums(grid, weights=1)
    whole.add(cells, [w])
    for start in range(0, 5000, 77):
        cut.add(cells[start : start + 77], [w[start : start + 77]])
    assert np.array_equal(whole.maps(), cut.maps())


def polar_cases(seed: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    r = rng.exponential(8, 4000)
    phi = rng.uniform(-10, 10, 4000)
    turns = np.arange(-8, 9) * (np.pi / 4)
    on_axes = np.repeat(np.arange(0, 21, 1.25), turns.size), np.tile(turns, 17)
    odd = np.array([np.nan, np.inf, -np.inf, 1e300, 1e17, -3.0, 0.0])
    odd_r, odd_phi = (a.ravel() for a in np.meshgrid(odd, [*odd, np.pi / 2, 1e5]))
    return np.concatenate([r, on_axes[0], odd_r]), np.concatenate([phi, on_axes[1], odd_phi])


@pytest.mark.parametrize("bins", [2, 32, 33, 2048])
def test_polar_bins_are_those_of_numpys_sine_and_cosine(bins: int) -> None:
    grid = plane_grid(bins)
    r, phi = polar_cases(bins)
    with np.errstate(all="ignore"):
        x, y = r * np.cos(phi), r * np.sin(phi)
    bins_x, bins_y = plane_bins(grid, r, phi)
    assert np.array_equal(bins_x, axis_bins(grid.x, bins, x))
    assert np.array_equal(bins_y, axis_bins(grid.y, bins, y))


@settings(deadline=None, max_examples=40)
@given(shape=st.tuples(st.integers(1, 40), st.integers(1, 40)), seed=st.integers(0, 99))
def test_filter_is_scipys(shape: tuple[int, int], seed: int) -> None:
    maps = np.random.default_rng(seed).normal(0, 50, (3, *shape))
    expected = np.stack([gaussian_filter(one, 1) for one in maps])
    scale = abs(expected).max()
    assert np.allclose(smooth(maps), expected, rtol=0, atol=1e-12 * scale)


def test_filter_keeps_the_sum_and_takes_any_order_in_memory() -> None:
    maps = np.random.default_rng(0).random((20, 30))
    assert smooth(maps).sum() == pytest.approx(maps.sum(), rel=1e-14)
    assert np.array_equal(smooth(maps.T), smooth(np.ascontiguousarray(maps.T)))


def test_density_and_flux_maps_against_the_plain_ones() -> None:
    rng = np.random.default_rng(5)
    p, p_dot = 10 ** rng.normal(0, 0.6, 800), 10 ** rng.normal(-15, 1.2, 800)
    flux = 10 ** rng.normal(-3, 1, 800)
    flux[:5] = [0.0, -1.0, np.nan, np.inf, -np.inf]
    grid = ppdot_grid(32)
    edges = [np.logspace(-3, 2, 33), np.logspace(-21, -9, 33)]
    good = np.isfinite(flux) & (flux > 0)
    number = np.histogram2d(p[good], p_dot[good], bins=edges)[0]
    total = np.histogram2d(p[good], p_dot[good], bins=edges, weights=np.log10(flux[good]))[0]
    mean = np.where(number > 0, total / np.where(number > 0, number, 1), -7.0)
    made, dropped = flux_map(grid, p, p_dot, flux)
    assert dropped == 5
    assert np.allclose(made, gaussian_filter(mean, 1), rtol=0, atol=1e-12 * abs(mean).max())
    counts = gaussian_filter(np.histogram2d(p, p_dot, bins=edges)[0], 1)
    assert np.allclose(density_map(grid, p, p_dot), counts, rtol=0, atol=1e-12 * counts.max())


@pytest.mark.parametrize("value", [-1, 0, 1, 2049, 10**6])
def test_a_resolution_that_makes_no_map_is_refused(value: int) -> None:
    with pytest.raises(InputError, match=f"is {value}; give 2 to 2048"):
        require_resolution(value)


def test_a_logarithmic_axis_lies_above_zero() -> None:
    with pytest.raises(InputError, match="above zero where bins are logarithmic"):
        Axis("P", "s", 0.0, 1.0, log=True)
