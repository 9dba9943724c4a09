"""Drawing the disks of a catalogue, each from the generator of its own row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from skytypes import item_rng
from skytypes.errors import InputError

from .alma import find_band, table_beam_mas
from .catalogue_rows import CatalogueRow
from .feature_draws import draw_extras, draw_structure
from .structure import (
    ARRAYS_OF_PARAMS,
    RECIPES,
    TEXTURE_WAVES,
    DiskParams,
    Recipe,
)

STREAM = "skymodels.disks"
TEXTURE_STREAM = "skymodels.texture"


def draw_params(rows: Sequence[CatalogueRow], *, recipe: Recipe = "published") -> DiskParams:
    """The structure of the disks of a catalogue.

    Parameters
    ----------
    rows : sequence of CatalogueRow
    recipe : "published" or "physical"

    Returns
    -------
    DiskParams
        numpy float64, arrays of shape (batch,) in row order; a disk depends on its own row alone.
        Angles [deg], lengths [arcsec].

    Raises
    ------
    InputError
        If there is no row, or no such recipe.

    Examples
    --------
    >>> from skymodels import draw_catalogue
    >>> len(draw_params(draw_catalogue(3, seed=42)))
    3
    """
    if recipe not in RECIPES:
        raise InputError(f"recipe {recipe!r}; allowed: {', '.join(RECIPES)}")
    if not rows:
        raise InputError("no rows to draw disks for; give at least one")
    drawn = [_draw_one(row, recipe) for row in rows]
    arrays = {k: np.array([d[k] for d in drawn], dtype=np.float64) for k in ARRAYS_OF_PARAMS}
    return DiskParams(recipe=recipe, **arrays)


def _draw_one(row: CatalogueRow, recipe: Recipe) -> dict[str, Any]:
    rng = item_rng(row.seed, 0, STREAM)
    drawn: dict[str, Any] = {
        "incl_deg": row.incl_deg,
        "pa_deg": row.pa_deg % 180.0,
        "dx_arcsec": row.dx_arcsec,
        "dy_arcsec": row.dy_arcsec,
        "flux_jy": row.flux_jy,
    }
    drawn |= draw_structure(rng, row.rout_arcsec, row.rmin_arcsec)
    drawn["tau"] *= find_band(row.band).opacity_factor
    drawn |= draw_extras(rng, row.rout_arcsec, row.rmin_arcsec)
    drawn["texture"] = draw_texture(row.seed)
    return drawn | _inner_lengths(row, recipe, drawn.pop("centre_sigma_px"))


def _inner_lengths(row: CatalogueRow, recipe: Recipe, centre_sigma_px: float) -> dict[str, float]:
    """Lengths that only the published recipe counts in pixels [arcsec]."""
    pixel = row.pixel_mas / 1000
    rref = 0.05 * row.rout_arcsec
    if recipe == "physical":
        return {
            "floor_arcsec": 0.01 * row.rout_arcsec,
            "rref_arcsec": rref,
            "centre_sigma_arcsec": centre_sigma_px * 0.5 * rref,
            "smooth_sigma_arcsec": 0.0,
        }
    smooth = table_beam_mas(row.array_cfg, row.band) / 6000
    return {
        "floor_arcsec": 0.3 * pixel,
        "rref_arcsec": max(rref, 2 * pixel),
        "centre_sigma_arcsec": centre_sigma_px * pixel,
        "smooth_sigma_arcsec": smooth if smooth > 0.5 * pixel else 0.0,
    }


def draw_texture(seed: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Waves of the white noise behind a disk's texture.

    Parameters
    ----------
    seed : int
        Of the catalogue row.

    Returns
    -------
    array of shape (41, 21, 2), dimensionless
        Real and imaginary parts at wave numbers (-20..20, 0..20); the column of wave number 0 is
        Hermitian, as the transform of a real picture is, and the mean is 0.

    Examples
    --------
    >>> draw_texture(1).shape
    (41, 21, 2)
    """
    k = TEXTURE_WAVES
    waves = item_rng(seed, 0, TEXTURE_STREAM).normal(size=(2 * k + 1, k + 1, 2))
    waves[:k, 0] = waves[:k:-1, 0] * np.array([1.0, -1.0])
    waves[k, 0] = 0.0
    return waves
