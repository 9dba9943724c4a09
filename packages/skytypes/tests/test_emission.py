"""Finding the emission and its reach, on pictures whose source is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from skytypes import item_rng
from skytypes.emission import Emission, find_emission
from skytypes.extent import measure_extent

Picture = NDArray[np.float64]


def grid(side: int = 64) -> tuple[Picture, Picture]:
    y, x = np.mgrid[:side, :side].astype(float)
    return x, y


def gaussian(x0: float, y0: float, sigma: float) -> Picture:
    x, y = grid()
    return np.asarray(np.exp(-0.5 * ((x - x0) ** 2 + (y - y0) ** 2) / sigma**2))


def ring(x0: float, y0: float, radius: float, width: float) -> Picture:
    x, y = grid()
    return np.asarray(np.exp(-0.5 * ((np.hypot(x - x0, y - y0) - radius) / width) ** 2))


def marked(found: NDArray[Any], x_px: float, y_px: float) -> Emission:
    """One picture's pixels as emission that stands out at a place."""
    return Emission(found[None], *(np.array([v]) for v in (x_px, y_px, 2.0)))


def noise(index: int) -> Picture:
    return item_rng(3, index, "skytypes.tests.emission").normal(size=(64, 64))


def measured(picture: Picture) -> tuple[float, float, float]:
    x, y, radius = (float(v[0]) for v in measure_extent(find_emission(picture[None])))
    return x, y, radius


def test_a_faint_ring_around_a_bright_centre_counts() -> None:
    picture = gaussian(30, 33, 1.2) + 0.05 * ring(30, 33, 18, 1.5) + 0.01 * noise(0)
    x, y, radius = measured(picture)
    assert (x, y) == pytest.approx((30, 33), abs=1)
    assert 18 < radius < 28


def test_a_bright_point_does_not_grow_with_the_smoothing() -> None:
    picture = gaussian(40, 20, 1.0) + 0.002 * noise(1)
    x, y, radius = measured(picture)
    assert (x, y) == pytest.approx((40, 20), abs=0.5)
    assert radius < 5


def test_a_disk_below_the_noise_of_a_pixel_is_found_by_smoothing() -> None:
    x, y = grid()
    disk = ((x - 34) ** 2 + (y - 28) ** 2 <= 12**2) * 1.5
    found = find_emission((disk + noise(2))[None]).found[0]
    inside = found[disk > 0].mean()
    outside = found[disk == 0].mean()
    assert inside > 0.5
    assert outside < 0.15


def test_a_source_that_fills_the_picture_is_emission_everywhere() -> None:
    picture = gaussian(32, 32, 30) + 0.003 * noise(3)
    assert find_emission(picture[None]).found.mean() > 0.5
    assert measured(picture)[2] > 28


def test_noise_alone_gives_something_to_put_a_window_around() -> None:
    emission = find_emission(noise(4)[None])
    assert emission.found.sum() >= 1
    assert all(np.isfinite(v).all() for v in measure_extent(emission))


def test_an_empty_picture_gives_its_middle() -> None:
    assert measured(np.zeros((64, 64))) == (31.5, 31.5, 1.0)


def test_the_unit_and_the_level_of_the_picture_do_not_matter() -> None:
    picture = gaussian(30, 33, 4) + 0.02 * noise(5)
    one = find_emission(picture[None]).found
    assert find_emission(1e-6 * picture[None]).found == pytest.approx(one, abs=1e-9)
    assert find_emission(picture[None] + 3.0).found == pytest.approx(one, abs=1e-9)


def test_each_picture_of_a_batch_is_measured_alone() -> None:
    pictures = np.stack([gaussian(20, 40, 3), 0.01 * gaussian(44, 12, 6), ring(32, 32, 15, 2)])
    together = measure_extent(find_emission(pictures))
    for item in range(3):
        alone = measure_extent(find_emission(pictures[item : item + 1]))
        for a, b in zip(alone, together, strict=True):
            assert float(a[0]) == pytest.approx(float(b[item]), abs=1e-9)


@pytest.mark.parametrize(("shape", "radius"), [("circle", 15.0), ("ring", 15 * 3**0.25)])
def test_radius_is_that_of_the_circle_with_the_same_fourth_moment(
    shape: str, radius: float
) -> None:
    x, y = grid()
    distance = np.hypot(x - 31, y - 33)
    inner = 0.0 if shape == "circle" else 14.5
    found = ((distance <= 15.3) & (distance >= inner)) * 1.0
    assert measure_extent(marked(found, 31, 33))[2][0] == pytest.approx(radius, rel=0.03)


def test_a_false_pixel_far_away_loses_its_weight() -> None:
    x, y = grid()
    found = (np.hypot(x - 20, y - 20) <= 4) * 1.0
    clean = measure_extent(marked(found, 20, 20))
    found[60, 60] = 1.0
    for a, b in zip(clean, measure_extent(marked(found, 20, 20)), strict=True):
        assert float(b[0]) == pytest.approx(float(a[0]), abs=0.3)


def test_false_islands_far_away_are_not_part_of_a_compact_source() -> None:
    # Three islands of together 80 % of the source's pixels: what faint noise gives now and then.
    x, y = grid()
    source = np.hypot(x - 31, y - 33) <= 4
    islands = (np.hypot(x - 8, y - 12) <= 2) | (np.hypot(x - 50, y - 10) <= 2)
    islands |= np.hypot(x - 12, y - 56) <= 2
    alone = measure_extent(marked(source.astype(np.float64), 31, 33))
    among = measure_extent(marked((source | islands).astype(np.float64), 31, 33))
    for a, b in zip(alone, among, strict=True):
        assert float(b[0]) == pytest.approx(float(a[0]), abs=0.5)


def test_a_ring_is_whole_though_its_brightest_place_is_on_its_edge() -> None:
    x, y = grid()
    found = (np.abs(np.hypot(x - 31, y - 33) - 20) <= 1.5).astype(np.float64)
    west, north, radius = (float(v[0]) for v in measure_extent(marked(found, 51, 33)))
    assert (west, north) == pytest.approx((31, 33), abs=0.5)
    assert radius == pytest.approx(20 * 3**0.25, rel=0.06)


@pytest.mark.parametrize("index", range(8))
def test_a_faint_source_is_found_where_it_is_and_noise_elsewhere_is_not(index: int) -> None:
    # Five times the noise at the peak: half the peak is passed by many pixels of noise alone.
    picture = 5 * gaussian(26, 36, 3.0) + noise(20 + index)
    x, y, radius = measured(picture)
    assert (x, y) == pytest.approx((26, 36), abs=3)
    assert radius < 12
