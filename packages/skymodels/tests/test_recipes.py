from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from skymodels import Grid, draw_catalogue, draw_params, render_disks
from skymodels.draws import draw_texture
from skymodels.features import middle, smooth
from skymodels.recipes import peak_temperature_k
from skymodels.structure import RECIPES, Recipe
from skymodels.textures import texture, texture_at
from skytypes.errors import InputError

ROWS = draw_catalogue(12, seed=42)
GRID = Grid(96, np.array([row.pixel_mas / 1000 * 1024 / 96 for row in ROWS]))


@pytest.mark.parametrize("recipe", RECIPES)
def test_torch_agrees_with_numpy(recipe: Recipe) -> None:
    params = draw_params(ROWS, recipe=recipe)
    image = render_disks(params, GRID)
    peak = image.max(axis=(1, 2), keepdims=True)
    for dtype, tolerance in ((torch.float64, 1e-10), (torch.float32, 3e-5)):
        tensors = params.to(torch.zeros(1, dtype=dtype))
        pixel = torch.as_tensor(GRID.pixel_arcsec, dtype=dtype)
        other = render_disks(tensors, Grid(96, pixel))
        assert other.dtype == dtype
        assert (abs(other.double().numpy() - image) / peak).max() < tolerance


@pytest.mark.parametrize("recipe", RECIPES)
def test_float32_keeps_its_kind(recipe: Recipe) -> None:
    params = draw_params(ROWS, recipe=recipe)
    image = render_disks(params, GRID)
    single = render_disks(params.to(np.zeros(1, np.float32)), GRID)
    assert single.dtype == np.float32
    assert (abs(single - image) / image.max(axis=(1, 2), keepdims=True)).max() < 3e-5


def test_same_bits_whatever_the_batch() -> None:
    whole = render_disks(draw_params(ROWS), GRID)
    for i in (0, 5, 11):
        alone = render_disks(draw_params([ROWS[i]]), Grid(96, GRID.pixel_arcsec[i]))  # type: ignore[index]
        assert alone[0].tobytes() == whole[i].tobytes()


def test_together_is_the_same_disk() -> None:
    params = draw_params(ROWS)
    one, all_at_once = (render_disks(params, GRID, at_once=n) for n in (1, 12))
    assert abs(one - all_at_once).max() < 1e-12 * one.max()


@pytest.mark.parametrize("recipe", RECIPES)
def test_flux_is_exact_and_nothing_is_negative(recipe: Recipe) -> None:
    params = draw_params(ROWS, recipe=recipe)
    image = render_disks(params, GRID)
    assert image.min() >= 0
    assert abs(image.sum(axis=(1, 2)) / params.flux_jy - 1).max() < 1e-12


def test_physical_does_not_depend_on_the_pixel() -> None:
    row = next(r for r in ROWS if r.incl_deg < 50)
    params = draw_params([row], recipe="physical")
    fine, coarse = (
        render_disks(params, Grid(n, row.pixel_mas / 1000 * 1024 / n))[0] for n in (960, 320)
    )
    # Pixels i of the coarse grid have their centre on pixels 3 i of the fine one.
    away = fine[::3, ::3] * 9 - coarse
    assert abs(away).max() < 0.02 * coarse.max()


def test_physical_is_the_same_at_the_same_places_on_finer_pixels() -> None:
    """Peaks, too, are those of the disk: its rings, centre and halo are fractions of them."""
    for row in ROWS:
        params = draw_params([row], recipe="physical")
        field = row.pixel_mas / 1000 * 1024
        fine, coarse = (render_disks(params, Grid(n, field / n))[0] for n in (288, 96))
        lit = coarse > 1e-6 * coarse.max()
        ratio = fine[::3, ::3][lit] / coarse[lit]
        assert abs(ratio / ratio.mean() - 1).max() < 1e-9


def test_physical_is_the_same_in_a_field_of_another_width_and_place() -> None:
    """But for the one factor that scales the picture's sum to the flux."""
    for row in ROWS:
        params = draw_params([row], recipe="physical")
        pixel = row.pixel_mas / 1000 * 8
        moved = replace(params, dx_arcsec=params.dx_arcsec + 3 * pixel)
        narrow, wide, east = (
            render_disks(p, Grid(n, pixel))[0]
            for p, n in ((params, 128), (params, 256), (moved, 256))
        )
        inner = slice(64, 192)
        lit = narrow > 1e-6 * narrow.max()
        for other in (wide[inner, inner], east[inner, 61:189]):
            ratio = (other[lit] / narrow[lit]) / (other.max() / narrow.max())
            assert abs(ratio - 1).max() < 1e-9


def test_smooth_is_that_of_scipy() -> None:
    image = np.random.default_rng(1).random((1, 48, 48))
    ours = smooth(image, np.full((1, 1, 1), 1.3))
    theirs = gaussian_filter(image[0], 1.3, mode="wrap", truncate=12)
    assert abs(ours[0] - theirs).max() < 1e-12


def test_smooth_leaves_zero_alone() -> None:
    image = np.random.default_rng(1).random((2, 16, 16))
    sigma = np.array([0.0, 1.0])[:, None, None]
    assert smooth(image, sigma)[0].tobytes() == image[0].tobytes()


def test_texture_is_filtered_white_noise() -> None:
    """Its power at wave number k is exp(-4 pi^2 sigma^2 k^2), without the mean."""
    sigma = 0.05
    found = []
    for seed in range(60):
        grain = texture(draw_texture(seed)[None], np.full((1, 1, 1), sigma), 64)[0]
        found.append([np.mean(grain * np.roll(grain, k, axis=0)) / grain.var() for k in (2, 4, 6)])
    k = np.arange(-20, 21)
    power = np.exp(-((2 * np.pi * sigma * k) ** 2))
    lags = [(power * np.cos(2 * np.pi * k * lag / 64)).sum() for lag in (0, 2, 4, 6)]
    expected = [(lags[0] * lag - 1) / (lags[0] ** 2 - 1) for lag in lags[1:]]
    assert np.mean(found, axis=0) == pytest.approx(expected, abs=0.03)


def test_texture_at_the_pixels_of_a_period_is_the_texture_of_a_field() -> None:
    waves, sigma = draw_texture(3)[None], np.full((1, 1, 1), 0.05)
    steps = np.arange(128) / 128
    ours = texture_at(waves, sigma, steps[None, None, :], steps[None, :, None])
    assert abs(ours - texture(waves, sigma, 128)).max() < 1e-12


def test_middle_is_the_median() -> None:
    values = np.random.default_rng(1).random((3, 257))
    assert middle(values)[:, 0] == pytest.approx(np.median(values, axis=1))


def test_brightness_temperature_is_that_of_astropy() -> None:
    from astropy import units as u

    beam = (0.004 * u.arcsec) ** 2
    theirs = (1e-5 * u.Jy / beam).to(u.K, u.brightness_temperature(230 * u.GHz))
    assert peak_temperature_k(1e-5, 0.004, 230e9) == pytest.approx(theirs.value, rel=1e-9)


def test_too_small_a_grid() -> None:
    with pytest.raises(InputError, match="give more than 40"):
        render_disks(draw_params(ROWS[:1]), Grid(40, 0.1))
