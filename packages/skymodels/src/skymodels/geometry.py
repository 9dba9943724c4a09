"""The picture's grid, and coordinates in the plane of a disk.

Row 0 is south and column 0 is east. The reference pixel is (N // 2, N // 2), counted from 0.
Position angles are of the major axis, east of north.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from skytypes.arrays import Array, like, namespace
from skytypes.errors import InputError

MIN_COS_INCL = 0.05
"""The minor axis is at least this fraction of the major one: a disk is not infinitely thin."""

_SIZES = (8, 8192)


@dataclass(frozen=True)
class Grid:
    """A square picture.

    Parameters
    ----------
    size : int
        Pixels along a side, 8 to 8192.
    pixel_arcsec : array of shape (batch,), or float
        Side of a pixel [arcsec]; a float serves the whole batch.

    Raises
    ------
    InputError
        If the size is out of range.

    Examples
    --------
    >>> Grid(1024, 0.004).field_arcsec
    4.096
    """

    size: int
    pixel_arcsec: Array | float

    def __post_init__(self) -> None:
        if not _SIZES[0] <= self.size <= _SIZES[1]:
            raise InputError(f"a picture of {self.size} pixels a side; give 8 to 8192")

    @property
    def field_arcsec(self) -> Array | float:
        """Width of the picture [arcsec]."""
        return self.size * self.pixel_arcsec


def offsets(grid: Grid, reference: Array) -> tuple[Array, Array]:
    """East and north offset of pixel centres from the reference pixel.

    Parameters
    ----------
    grid : Grid
    reference : array of shape (batch,)
        Decides kind, dtype and device of the result.

    Returns
    -------
    east : array of shape (batch, 1, x) [arcsec]
        Falls with the column: column 0 is east.
    north : array of shape (batch, y, 1) [arcsec]

    Examples
    --------
    >>> import numpy as np
    >>> east, north = offsets(Grid(8, 0.5), np.zeros(1))
    >>> float(east[0, 0, 0]), float(north[0, 0, 0])
    (2.0, -2.0)
    """
    xp = namespace(reference)
    steps = like([i - grid.size // 2 for i in range(grid.size)], reference)
    pixel = xp.zeros_like(reference) + like(grid.pixel_arcsec, reference)
    return -pixel[:, None, None] * steps[None, None, :], pixel[:, None, None] * steps[None, :, None]


def disk_axes(
    east: Array, north: Array, *, incl_deg: Array, pa_deg: Array, dx_arcsec: Array, dy_arcsec: Array
) -> tuple[Array, Array]:
    """Coordinates in the plane of a thin disk.

    Parameters
    ----------
    east, north : arrays that broadcast to (batch, y, x) [arcsec]
        Offsets in the plane of the sky.
    incl_deg, pa_deg : arrays of shape (batch, 1, 1) [deg]
    dx_arcsec, dy_arcsec : arrays of shape (batch, 1, 1) [arcsec]
        Centre of the disk in the plane of the sky, east and north positive.

    Returns
    -------
    major, minor : arrays of shape (batch, y, x) [arcsec]
        Along the major axis (positive to the position angle) and along the deprojected minor axis
        (positive 90 deg further, east of north).

    Notes
    -----
    With e and n the offsets from the disk's centre, major = e sin PA + n cos PA and
    minor = (e cos PA - n sin PA) / max(cos i, `MIN_COS_INCL`).

    Examples
    --------
    >>> import numpy as np
    >>> one = np.ones((1, 1, 1))
    >>> m, n = disk_axes(one, one, incl_deg=60 * one, pa_deg=45 * one, dx_arcsec=0 * one,
    ...                  dy_arcsec=0 * one)
    >>> bool(abs(m - 2**0.5) < 1e-12), bool(abs(n) < 1e-12)
    (True, True)
    """
    xp = namespace(incl_deg)
    pa = pa_deg * (math.pi / 180)
    cos_incl = xp.cos(incl_deg * (math.pi / 180))
    floor = xp.zeros_like(cos_incl) + MIN_COS_INCL
    cos_incl = xp.where(cos_incl > floor, cos_incl, floor)
    e, n = east - dx_arcsec, north - dy_arcsec
    major = e * xp.sin(pa) + n * xp.cos(pa)
    minor = (e * xp.cos(pa) - n * xp.sin(pa)) / cos_incl
    return major, minor
