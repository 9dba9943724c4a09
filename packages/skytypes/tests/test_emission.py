"""Finding the emission and its reach, on pictures whose source is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from skytypes import item_rng
from skytypes.emission import find_emission, measure_extent

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
    found = find_emission((disk + noise(2))[None])[0]
    inside = found[disk > 0].mean()
    outside = found[disk == 0].mean()
    assert inside > 0.5
    assert outside < 0.15


def test_a_source_that_fills_the_picture_is_emission_everywhere() -> None:
    picture = gaussian(32, 32, 30) + 0.003 * noise(3)
    assert find_emission(picture[None]).mean() > 0.5
    assert measured(picture)[2] > 28


def test_noise_alone_gives_something_to_put_a_window_around() -> None:
    found = find_emission(noise(4)[None])
    assert found.sum() >= 1
    assert all(np.isfinite(v).all() for v in measure_extent(found))


def test_an_empty_picture_gives_its_middle() -> None:
    assert measured(np.zeros((64, 64))) == (31.5, 31.5, 1.0)


def test_the_unit_and_the_level_of_the_picture_do_not_matter() -> None:
    picture = gaussian(30, 33, 4) + 0.02 * noise(5)
    one = find_emission(picture[None])
    assert find_emission(1e-6 * picture[None]) == pytest.approx(one, abs=1e-9)
    assert find_emission(picture[None] + 3.0) == pytest.approx(one, abs=1e-9)


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
    # The round weight of three radii takes a few per cent off.
    assert measure_extent(found[None])[2][0] == pytest.approx(radius, rel=0.06)


def test_a_false_pixel_far_away_loses_its_weight() -> None:
    x, y = grid()
    found = (np.hypot(x - 20, y - 20) <= 4) * 1.0
    clean = measure_extent(found[None])
    found[60, 60] = 1.0
    for a, b in zip(clean, measure_extent(found[None]), strict=True):
        assert float(b[0]) == pytest.approx(float(a[0]), abs=0.3)
