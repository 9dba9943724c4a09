"""Drawing the catalogue of disks.

Row ``i`` depends on the seed and on ``i`` alone, so a longer catalogue begins with the shorter one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from skytypes import item_rng
from skytypes.errors import InputError

from .alma import sky_pixel_mas
from .catalogue_rows import MAX_ROWS, CatalogueRow

STREAM = "skymodels.catalogue"
SEEDS = 1 << 48
"""Seeds of rows are below this: of a million rows two agree once in 560 catalogues, and a seed
keeps its digits in a spreadsheet, which has 15."""
_ARRAY_CHOICES = {
    6: ("alma.cycle9.6.cfg", "alma.cycle9.7.cfg", "alma.cycle9.8.cfg"),
    8: ("alma.cycle9.5.cfg", "alma.cycle9.6.cfg", "alma.cycle9.7.cfg"),
}
_ARRAY_SHARES = (0.20, 0.35, 0.45)
_ROUT_BRANCHES = ((0.35, 0.10, 0.50), (0.35, 0.60, 1.80), (0.30, 0.35, 0.90))
_FLUX_JY = {6: (0.005, 0.080), 8: (0.005, 0.040)}
_PWV_MM = {6: (0.8, 2.5), 8: (0.4, 1.2)}
_TIMES_S = (1200, 1800, 2400, 3600)
_OFFSET_ARCSEC = 0.010


def draw_rmin_arcsec(rng: np.random.Generator, rout_arcsec: float) -> float:
    """Radius of the cavity [arcsec]: with probability 0.3 uniform in [0.05, 0.55 rout], else 0.

    Where 0.55 rout is below 0.05 arcsec the disk is too small for a cavity, and has none. Three
    numbers are drawn in every case.

    Parameters
    ----------
    rng : numpy.random.Generator
    rout_arcsec : float
        Outer radius of the disk [arcsec].

    Returns
    -------
    float [arcsec]

    Examples
    --------
    >>> draw_rmin_arcsec(np.random.default_rng(1), 0.05)
    0.0
    """
    has_cavity, place = rng.random(2)
    high = 0.55 * rout_arcsec
    if has_cavity >= 0.3 or high < 0.05:
        return 0.0
    return float(0.05 + place * (high - 0.05))


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return low + (high - low) * float(rng.random())


def _draw_rout_arcsec(rng: np.random.Generator) -> float:
    ends = np.cumsum([share for share, _, _ in _ROUT_BRANCHES[:-1]])
    _, low, high = _ROUT_BRANCHES[int(np.searchsorted(ends, rng.random(), side="right"))]
    return _between(rng, low, high)


def _draw_shape(rng: np.random.Generator) -> dict[str, Any]:
    low, high = (0.0, 30.0) if rng.random() < 0.4 else (30.0, 80.0)
    incl_deg = round(_between(rng, low, high), 3)
    pa_deg = round(_between(rng, 0.0, 180.0), 3) % 180.0
    rout_arcsec = round(_draw_rout_arcsec(rng), 5)
    rmin_arcsec = round(draw_rmin_arcsec(rng, rout_arcsec), 5)
    return {
        "incl_deg": incl_deg,
        "pa_deg": pa_deg,
        "rout_arcsec": rout_arcsec,
        "rmin_arcsec": rmin_arcsec,
    }


def _draw_observation(rng: np.random.Generator) -> dict[str, Any]:
    band = 6 if rng.random() < 0.7 else 8
    low, high = (math.log(v) for v in _FLUX_JY[band])
    place = int(np.searchsorted(np.cumsum(_ARRAY_SHARES[:2]), rng.random(), side="right"))
    return {
        "flux_jy": round(math.exp(_between(rng, low, high)), 6),
        "time_s": float(_TIMES_S[int(rng.integers(len(_TIMES_S)))]),
        "array_cfg": _ARRAY_CHOICES[band][place],
        "pwv": round(_between(rng, *_PWV_MM[band]), 3),
        "niter": int(rng.integers(300, 1501)),
        "band": band,
        "array_lo": "alma.cycle9.5.cfg",
    }


def draw_row(seed: int, index: int) -> CatalogueRow:
    """Row ``index`` of the catalogue of ``seed``, whatever the length of the catalogue.

    Numbers are rounded as they are drawn (angles to 0.001 deg, lengths to 10 microarcsec, flux to
    1 microjansky), so that the file holds exactly what was used.

    Parameters
    ----------
    seed : int
        0 to 2**64 - 1.
    index : int
        From 0.

    Returns
    -------
    CatalogueRow

    Raises
    ------
    InputError
        If the seed is out of range.

    Examples
    --------
    >>> draw_row(42, 0).ID
    'Disk_001'
    """
    rng = item_rng(seed, index, STREAM)
    drawn = _draw_shape(rng) | _draw_observation(rng)
    pixel = sky_pixel_mas(drawn["rout_arcsec"], drawn["array_cfg"], drawn["band"])
    dx, dy = (round(float(v), 6) for v in rng.normal(0.0, _OFFSET_ARCSEC, 2))
    # The last draw of a row.
    own_seed = int(rng.integers(SEEDS))
    return CatalogueRow(
        ID=f"Disk_{index + 1:03d}",
        **drawn,
        dx_arcsec=dx,
        dy_arcsec=dy,
        pixel_mas=round(pixel, 6),
        seed=own_seed,
    )


def draw_catalogue(n: int, *, seed: int) -> list[CatalogueRow]:
    """A catalogue of ``n`` disks.

    Parameters
    ----------
    n : int
        1 to 1000000.
    seed : int

    Returns
    -------
    list of CatalogueRow
        IDs ``Disk_001``, ``Disk_002`` and so on.

    Raises
    ------
    InputError
        If ``n`` or the seed is out of range.

    Examples
    --------
    >>> rows = draw_catalogue(3, seed=42)
    >>> rows[:2] == draw_catalogue(2, seed=42)
    True
    """
    if not 1 <= n <= MAX_ROWS:
        raise InputError(f"a catalogue of {n} disks; give a number from 1 to {MAX_ROWS}")
    return [draw_row(seed, index) for index in range(n)]
