"""The catalogue of disks: its columns, and drawing it.

Position angles are of the disk's major axis, east of north. Row ``i`` depends on the seed and on
``i`` alone, so a longer catalogue begins with the shorter one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from skytypes import item_rng
from skytypes.errors import InputError

from .alma import ARRAYS, BANDS, sky_pixel_mas
from .errors import CatalogueError

STREAM = "skymodels.catalogue"
MAX_ROWS = 1_000_000
_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
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

Angle = Annotated[float, Field(ge=0, le=90)]
Positive = Annotated[float, Field(gt=0, le=1e6)]
Offset = Annotated[float, Field(ge=-60, le=60)]

ALLOWED: Mapping[str, str] = {
    "ID": "a name of letters, digits, . _ + - (64 at most, a letter or digit first), used once",
    "incl_deg": "a number from 0 to 90 [deg]",
    "pa_deg": "a number from 0 to 180 [deg], east of north",
    "rout_arcsec": "a number from 0.001 to 60 [arcsec]",
    "rmin_arcsec": "a number from 0 to below rout_arcsec [arcsec]",
    "flux_jy": "a number from 1e-9 to 1e6 [Jy]",
    "time_s": "a number above 0 [s]",
    "array_cfg": ", ".join(ARRAYS),
    "pwv": "a number above 0, at most 20 [mm]",
    "niter": "a whole number from 0 to 1000000",
    "band": " or ".join(map(str, BANDS)),
    "array_lo": ", ".join(ARRAYS),
    "dx_arcsec": "a number from -60 to 60 [arcsec], east positive",
    "dy_arcsec": "a number from -60 to 60 [arcsec], north positive",
    "pixel_mas": "a number from 0.01 to 1000 [mas]",
    "seed": "a whole number from 0 to 2**64 - 1",
}
"""What each column may hold, said in messages."""


@dataclass(frozen=True)
class CatalogueRow:
    """One disk to be made and observed.

    Parameters
    ----------
    ID : str
        Names files, so only letters, digits, and ``. _ + -``.
    incl_deg : float
        Inclination, 0 face on [deg].
    pa_deg : float
        Position angle of the major axis, east of north [deg].
    rout_arcsec, rmin_arcsec : float
        Outer radius, and radius of the cavity (0: none) [arcsec].
    flux_jy : float
        Total flux density [Jy].
    time_s : float
        Time on source [s].
    array_cfg : str
        One of `skymodels.alma.ARRAYS`.
    pwv : float
        Precipitable water vapour [mm].
    niter : int
        Most CLEAN iterations.
    band : int
        6 or 8.
    array_lo : str
        The compact array that large disks are also observed with.
    dx_arcsec, dy_arcsec : float
        Centre of the disk from the reference position, in the plane of the sky, east and north
        positive [arcsec].
    pixel_mas : float
        Pixel of the 1024 x 1024 sky model [mas].
    seed : int
        Of everything drawn when the disk is made.

    Raises
    ------
    CatalogueError
        If a value is out of range; the column and what it may hold are named.
    """

    ID: str
    incl_deg: Angle
    pa_deg: Annotated[float, Field(ge=0, le=180)]
    rout_arcsec: Annotated[float, Field(ge=0.001, le=60)]
    rmin_arcsec: Annotated[float, Field(ge=0, lt=60)]
    flux_jy: Annotated[float, Field(ge=1e-9, le=1e6)]
    time_s: Positive
    array_cfg: str
    pwv: Annotated[float, Field(gt=0, le=20)]
    niter: Annotated[int, Field(ge=0, le=1_000_000)]
    band: int
    array_lo: str
    dx_arcsec: Offset
    dy_arcsec: Offset
    pixel_mas: Annotated[float, Field(ge=0.01, le=1000)]
    seed: Annotated[int, Field(ge=0, lt=1 << 64)]

    def __post_init__(self) -> None:
        good = {
            "ID": _SAFE_ID.fullmatch(self.ID) is not None and ".." not in self.ID,
            "incl_deg": 0 <= self.incl_deg <= 90,
            "rout_arcsec": 0.001 <= self.rout_arcsec <= 60,
            "rmin_arcsec": 0 <= self.rmin_arcsec < self.rout_arcsec,
            "flux_jy": 1e-9 <= self.flux_jy <= 1e6,
            "array_cfg": self.array_cfg in ARRAYS,
            "array_lo": self.array_lo in ARRAYS,
            "band": self.band in BANDS,
        }
        for column, is_good in good.items():
            if not is_good:
                raise CatalogueError(wrong_value(column, getattr(self, column)))


COLUMNS = tuple(field.name for field in fields(CatalogueRow))
"""Columns of a catalogue, in their order."""


def wrong_value(column: str, value: object) -> str:
    """The line that says what a column was given and what it may hold.

    Examples
    --------
    >>> wrong_value("band", "7")
    "column band: '7'; give 6 or 8"
    """
    return f"column {column}: {str(value)[:60]!r}; give {ALLOWED[column]}"


def draw_rmin_arcsec(rng: np.random.Generator, rout_arcsec: float) -> float:
    """Radius of the cavity [arcsec]: with probability 0.3 uniform in [0.05, 0.55 rout], else 0.

    Where 0.55 rout is below 0.05 arcsec the disk is too small for a cavity, and has none. Three
    numbers are drawn in every case.

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

    Examples
    --------
    >>> draw_row(42, 0).ID
    'Disk_001'
    """
    rng = item_rng(seed, index, STREAM)
    drawn = _draw_shape(rng) | _draw_observation(rng)
    pixel = sky_pixel_mas(drawn["rout_arcsec"], drawn["array_cfg"], drawn["band"])
    dx, dy = (round(float(v), 6) for v in rng.normal(0.0, _OFFSET_ARCSEC, 2))
    own_seed = int(rng.integers(1 << 32))
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
