"""A row of the catalogue of disks: its columns, and what each may hold.

Position angles are of the disk's major axis, east of north.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated

from pydantic import Field

from .alma import ARRAYS, BANDS
from .errors import CatalogueError

MAX_ROWS = 1_000_000
"""A catalogue may not be longer."""

_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")

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
    "time_s": "a number above 0, at most 1000000 [s]",
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

    Parameters
    ----------
    column : str
        One of `COLUMNS`.
    value : object
        What it was given.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> wrong_value("band", "7")
    "column band: '7'; give 6 or 8"
    """
    return f"column {column}: {str(value)[:60]!r}; give {ALLOWED[column]}"
