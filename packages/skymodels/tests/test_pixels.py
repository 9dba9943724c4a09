import math

import numpy as np
import pytest

from skymodels import SyntheticDisks
from skymodels.pixels import look_up, render_means
from skymodels.radial_tables import NODES, radial_brightness, tabulate
from skymodels.views import View

DISKS = SyntheticDisks(200, seed=4)


@pytest.mark.parametrize("index", range(0, 40))
def test_table_against_direct_evaluation(index: int) -> None:
    """Between its nodes the table is within 0.5 % of the peak, at the narrowest ring."""
    scene = DISKS.scene(index)
    disk = scene.structure
    table = tabulate(disk, 1.0)
    first = disk["floor_arcsec"]
    radius = np.geomspace(first, 0.99 * 4 * disk["rout_arcsec"], 50001)
    direct = radial_brightness(radius, disk)[0]
    place = np.log(radius**2 / table.first_px2) * table.nodes_per_log
    node = np.clip(place.astype(int), 0, NODES - 2)
    values, steps = table.bright
    found = values[node] + (place - node) * steps[node]
    # The table tends to 0 over its last step.
    inside = node < NODES - 2
    assert abs(found - direct)[inside].max() < 5e-3 * direct.max()


def test_table_ends_in_nothing() -> None:
    table = tabulate(DISKS.scene(0).structure, 1.0)
    assert table.bright[0][-1] == 0 and table.bright[1][-1] == 0


def test_innermost_radius_is_the_first_node() -> None:
    """The middle of a disk on a pixel's middle: its brightest point, whatever the rounding."""
    for index in range(60):
        scene = DISKS.scene(index)
        table = tabulate(scene.structure, scene.crop_arcsec / 128)
        if table.crescent is None:
            middle = np.zeros((1, 1), np.float32)
            found = look_up(table, View(0.0, 0.0, 0.0, 0.0), middle, middle, middle)
            assert found[0, 0] == table.bright[0][0]


def test_pixel_means_are_means() -> None:
    """Near the middle, against 24 x 24 points a pixel."""
    scene = next(
        s
        for s in (DISKS.scene(i) for i in range(200))
        if s.incl_deg > 75 and not s.structure["crescent_factor"]
    )
    disk, pixel = scene.structure, scene.crop_arcsec / 128
    view = View(scene.incl_deg, scene.pa_deg, 64.2, 63.6)
    table = tabulate(disk, pixel)
    image = render_means(table, view, size=128)
    steps = (np.arange(128 * 24) + 0.5) / 24 - 0.5
    major, minor = view.axes((steps - view.x_px)[None, :], (steps - view.y_px)[:, None])
    radius = np.maximum(np.hypot(major, minor) * pixel, disk["floor_arcsec"])
    line = np.geomspace(disk["floor_arcsec"], 4 * disk["rout_arcsec"], 20001)
    bright = radial_brightness(line, disk)[0]
    fine = np.interp(radius, line, bright, right=0.0)
    means = fine.reshape(128, 24, 128, 24).mean(axis=(1, 3))
    away = image - means
    assert math.sqrt(np.mean(away**2)) < 2e-3 * means.max()
    assert image.sum() == pytest.approx(means.sum(), rel=0.02)
