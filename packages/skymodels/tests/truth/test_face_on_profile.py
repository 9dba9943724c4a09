"""A face-on disk against its analytic radial profile, written out here once more."""

from dataclasses import replace

import numpy as np
import pytest

from skymodels import DiskParams, Grid, draw_catalogue, draw_params, render_disks
from skymodels.structure import RECIPES, Recipe

PIXEL = 0.005
SIZE = 401
NONE = (
    "cavity_depth",
    "wall_fraction",
    "gap_depth",
    "ring_fraction",
    "crescent_factor",
    "centre_fraction",
    "texture_amplitude",
    "halo_fraction",
    "smooth_sigma_arcsec",
    "incl_deg",
    "dx_arcsec",
    "dy_arcsec",
)


def plain(recipe: Recipe, **features: float) -> DiskParams:
    """A face-on disk in the middle of the picture, with the features given and no others."""
    row = replace(draw_catalogue(1, seed=3)[0], rout_arcsec=0.4, rmin_arcsec=0.0)
    params = draw_params([row], recipe=recipe)
    empty = {name: np.zeros_like(getattr(params, name)) for name in NONE}
    return replace(params, **(empty | {k: np.array([v]) for k, v in features.items()}))


def radius() -> np.ndarray:
    steps = (np.arange(SIZE) - SIZE // 2) * PIXEL
    return np.asarray(np.hypot(steps[None, :], steps[:, None]))


def bare(r: np.ndarray, params: DiskParams) -> np.ndarray:
    """Brightness of the smooth disk by the formulas of the recipe."""
    (rc,), (g,), (q,) = params.rc_arcsec, params.gamma, params.q
    floor = params.floor_arcsec[0]
    r = np.maximum(r, floor)

    def density(x: np.ndarray) -> np.ndarray:
        return np.asarray((x / rc) ** -g * np.exp(-((x / rc) ** (2 - g))))

    sigma = density(r)
    if params.recipe == "published":
        sigma = sigma / density(np.array([floor]))
    warmth = np.clip(params.t0_k * (r / params.rref_arcsec) ** -q, 5, 2000)
    return np.asarray(warmth * (1 - np.exp(-params.tau * sigma)))


def tapered(image: np.ndarray, params: DiskParams) -> np.ndarray:
    r = np.maximum(radius(), params.floor_arcsec[0])
    image = image * np.exp(-((r / params.rout_arcsec) ** params.taper_power))
    return np.asarray(image / image.sum() * params.flux_jy)


@pytest.mark.parametrize("recipe", RECIPES)
def test_smooth_disk(recipe: Recipe) -> None:
    params = plain(recipe)
    image = render_disks(params, Grid(SIZE, PIXEL))[0]
    wanted = tapered(bare(radius(), params), params)
    assert abs(image / wanted - 1).max() < 1e-9


@pytest.mark.parametrize("recipe", RECIPES)
def test_halo(recipe: Recipe) -> None:
    params = plain(recipe, halo_fraction=0.03)
    image = render_disks(params, Grid(SIZE, PIXEL))[0]
    disk = bare(radius(), params)
    r = np.maximum(radius(), params.floor_arcsec[0])
    wide = np.exp(-((r / params.halo_scale_arcsec) ** 0.7))
    wanted = tapered(disk + 0.03 * disk.max() * wide, params)
    assert abs(image / wanted - 1).max() < 1e-9


def test_cavity_and_its_wall() -> None:
    """Published: the wall is a fraction of the 90th percentile of the picture."""
    features = {"rmin_arcsec": 0.1, "cavity_depth": 0.9, "cavity_width_arcsec": 0.03}
    params = plain("published", **features, wall_fraction=0.4, wall_width_arcsec=0.02)
    image = render_disks(params, Grid(SIZE, PIXEL))[0]
    r = np.maximum(radius(), params.floor_arcsec[0])
    disk = bare(r, params) * (1 - 0.9 * (1 - (1 + np.tanh((r - 0.1) / 0.03)) / 2))
    disk = disk + 0.4 * np.percentile(disk, 90) * np.exp(-(((r - 0.1) / 0.02) ** 2))
    assert abs(image / tapered(disk, params) - 1).max() < 1e-9


def test_gap_and_ring() -> None:
    params = plain("published")
    gap, ring = ((0.15, 0.01, 0.6), (0.18, 0.008, 0.3))
    changes = {}
    for kind, strength, values in (("gap", "depth", gap), ("ring", "fraction", ring)):
        for name, value in zip(("radius_arcsec", "width_arcsec", strength), values, strict=True):
            column = np.array(getattr(params, f"{kind}_{name}"))
            column[0, 0] = value
            changes[f"{kind}_{name}"] = column
    params = replace(params, **changes)  # type: ignore[arg-type]
    image = render_disks(params, Grid(SIZE, PIXEL))[0]
    r = np.maximum(radius(), params.floor_arcsec[0])
    disk = bare(r, params)
    peak = disk.max()
    disk = disk * (1 - 0.6 * np.exp(-0.5 * ((r - 0.15) / 0.01) ** 2))
    disk = disk + 0.3 * peak * np.exp(-0.5 * ((r - 0.18) / 0.008) ** 2)
    assert abs(image / tapered(disk, params) - 1).max() < 1e-9


def test_crescent_stands_above_the_annulus_by_its_factor() -> None:
    features = {
        "crescent_radius_arcsec": 0.2,
        "crescent_width_arcsec": 0.03,
        "crescent_sigma_rad": 0.6,
        "crescent_angle_rad": 0.0,
        "pa_deg": 90.0,
    }
    without, within = (
        render_disks(plain("published", **features, crescent_factor=f), Grid(SIZE, PIXEL))[0]
        for f in (0.0, 5.0)
    )
    away = np.abs(radius() - 0.2) < 0.03
    taper = np.exp(-((radius() / 0.4) ** plain("published").taper_power))
    # Due west there is no crescent: the brightness there sets the scale of both pictures.
    west = (SIZE // 2, -1)
    difference = within / within[west] - without / without[west]
    row, column = np.unravel_index(np.argmax(difference / taper), difference.shape)
    assert row == SIZE // 2 and column == SIZE // 2 - round(0.2 / PIXEL)  # due east
    level = np.median((without / taper)[away])
    wanted = 5 * level * taper[row, column] / without[west]
    assert difference[row, column] == pytest.approx(wanted, rel=0.01)
