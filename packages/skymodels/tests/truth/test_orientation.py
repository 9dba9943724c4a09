"""A disk elongated to the north-east, and one placed there, by the moments of its picture."""

import math
from dataclasses import replace

import numpy as np
import pytest

from skymodels import Grid, SyntheticDisks, draw_catalogue, draw_params, render_disks
from skymodels.canvas import Canvas, render_scene
from skymodels.scenes import Scene
from skytypes import item_rng


def moments(image: np.ndarray, pixel_arcsec: float) -> tuple[float, float, float, float]:
    """Centre (east, north) [arcsec], position angle [deg] and axis ratio."""
    size = image.shape[0]
    steps = (np.arange(size) - size // 2) * pixel_arcsec
    east, north = np.broadcast_arrays(-steps[None, :], steps[:, None])
    weight = image / image.sum()
    e, n = (weight * east).sum(), (weight * north).sum()
    ee, nn = (weight * (east - e) ** 2).sum(), (weight * (north - n) ** 2).sum()
    en = (weight * (east - e) * (north - n)).sum()
    values, vectors = np.linalg.eigh(np.array([[ee, en], [en, nn]]))
    pa = math.degrees(math.atan2(vectors[0, 1], vectors[1, 1])) % 180
    return float(e), float(n), pa, math.sqrt(values[0] / values[1])


def test_elongated_to_the_north_east_and_placed_there() -> None:
    row = replace(
        draw_catalogue(1, seed=1)[0], pa_deg=45.0, incl_deg=60.0, dx_arcsec=0.1, dy_arcsec=0.1
    )
    params = replace(draw_params([row], recipe="physical"), crescent_factor=np.zeros(1))
    pixel = 6 * row.rout_arcsec / 512
    image = render_disks(params, Grid(512, pixel))[0]
    upper_left, upper_right = image[320:, :192].sum(), image[320:, 320:].sum()
    assert upper_left > 3 * upper_right  # north-east is up and to the left
    east, north, pa, ratio = moments(image, pixel)
    assert (east, north) == pytest.approx((0.1, 0.1), abs=0.01)
    assert pa == pytest.approx(45, abs=1)
    assert ratio == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("pa_deg", [0.0, 30.0, 90.0, 135.0, 170.0])
def test_position_angle_of_any_disk(pa_deg: float) -> None:
    row = replace(draw_catalogue(1, seed=2)[0], pa_deg=pa_deg, incl_deg=60.0)
    params = draw_params([row])
    params = replace(params, crescent_factor=np.zeros(1), texture_amplitude=np.zeros(1))
    pixel = 6 * row.rout_arcsec / 256
    _, _, found, _ = moments(render_disks(params, Grid(256, pixel))[0], pixel)
    assert abs((found - pa_deg + 90) % 180 - 90) < 1


def north_eastern(size: int) -> Scene:
    scene = SyntheticDisks(1, seed=1, size=size).scene(0)
    structure = dict(scene.structure) | {"crescent_factor": 0.0}
    scale = 0.12 * scene.crop_arcsec / structure["rout_arcsec"]
    for name in structure:
        if name.endswith("_arcsec"):
            value = structure[name]
            structure[name] = (
                [v * scale for v in value] if isinstance(value, list) else value * scale
            )
    return replace(
        scene,
        incl_deg=60.0,
        pa_deg=45.0,
        dx_arcsec=0.1 * scene.crop_arcsec / 2,
        dy_arcsec=0.05 * scene.crop_arcsec / 2,
        structure=structure,
        beam_sigma_arcsec=0.5 * scene.crop_arcsec / 128,
        peak_over_rms=1e6,
        slow_over_rms=0.0,
    )


@pytest.mark.parametrize("size", [64, 128, 129])
def test_synthetic_disk_to_the_north_east(size: int) -> None:
    scene = north_eastern(size)
    image = render_scene(scene, item_rng(1, 0, "test"), size=size).astype(float)
    pixel = scene.crop_arcsec / size
    east, north, pa, ratio = moments(image, pixel)
    assert (east, north) == pytest.approx((scene.dx_arcsec, scene.dy_arcsec), abs=0.1 * pixel)
    assert abs(pa - 45) < 2
    assert ratio == pytest.approx(0.5, abs=0.05)


def test_beam_is_elongated_to_its_position_angle() -> None:
    scene = replace(
        north_eastern(128),
        beam_pa_deg=45.0,
        beam_ratio=0.5,
        beam_sigma_arcsec=3 / 128,
        crop_arcsec=1.0,
    )
    kernel = Canvas(scene, 128).kernel().astype(float)
    east, north, pa, ratio = moments(kernel, 1.0)
    assert (east, north) == pytest.approx((0, 0), abs=1e-5)
    assert pa == pytest.approx(45, abs=0.01) and ratio == pytest.approx(0.5, abs=1e-3)
