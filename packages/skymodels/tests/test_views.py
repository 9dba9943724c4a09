import math

import numpy as np
import pytest

from skymodels.views import View


def test_squared_radius_is_that_of_the_axes() -> None:
    view = View(70.0, 30.0, 10.3, 8.7)
    rng = np.random.default_rng(1)
    west, north = rng.normal(size=(2, 100))
    for turn_rad in (0.0, 1.3):
        major, minor = view.axes(west, north, turn_rad=turn_rad)
        assert view.radius2(west, north) == pytest.approx(major**2 + minor**2)
    major, minor = view.axes(west[None, :], north[:50, None])
    assert view.radius2_of_grid(west, north[:50]) == pytest.approx(major**2 + minor**2)


def test_turned_axes_are_counted_from_the_major_towards_the_minor() -> None:
    view = View(70.0, 30.0, 0.0, 0.0)
    major, minor = view.axes(0.7, -0.4)
    turned = view.axes(0.7, -0.4, turn_rad=0.5)
    angle = math.atan2(turned[1], turned[0])
    assert angle == pytest.approx(math.atan2(minor, major) - 0.5)


@pytest.mark.parametrize("x_px", [-60.0, 3.0, 17.4, 90.0])
def test_box_holds_the_ellipse(x_px: float) -> None:
    view = View(65.0, 20.0, x_px, 20.2)
    rows, columns = view.box(9.0, 40)
    steps = np.arange(40.0)
    inside = view.radius2_of_grid(steps - view.x_px, steps - view.y_px) < 81
    assert inside[rows, columns].sum() == inside.sum()
    assert (inside.any() and inside[rows, columns].mean() > 0.3) or not inside.any()
