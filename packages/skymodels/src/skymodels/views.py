"""How a disk lies on the pixels of a picture: `View`.

Offsets are in pixels to the west and to the north of the disk's centre, as columns and rows grow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .geometry import MIN_COS_INCL


@dataclass(frozen=True)
class View:
    """Tilt, turn and place of a thin disk.

    Parameters
    ----------
    incl_deg : float
        Inclination, 0 face on [deg].
    pa_deg : float
        Position angle of the major axis, east of north [deg].
    x_px, y_px : float
        Pixel of the centre, counted from 0; x grows to the west.
    """

    incl_deg: float
    pa_deg: float
    x_px: float
    y_px: float

    @property
    def cos_incl(self) -> float:
        """Axis ratio, dimensionless."""
        return max(math.cos(math.radians(self.incl_deg)), MIN_COS_INCL)

    def axes(self, west: Any, north: Any, *, turn_rad: float = 0.0) -> tuple[Any, Any]:
        """Coordinates in the plane of the disk.

        Parameters
        ----------
        west, north : arrays that broadcast to one shape (y, x) [pixel]
            Offsets from the disk's centre.
        turn_rad : float
            Angle in the plane of the disk by which both axes are turned, the major one towards the
            minor one [rad].

        Returns
        -------
        major, minor : arrays of that shape [pixel]
            Along the major axis, positive to the position angle, and along the deprojected minor
            axis, positive 90 deg further.

        Examples
        --------
        >>> major, minor = View(60.0, 90.0, 0.0, 0.0).axes(-1.0, 1.0)
        >>> round(major, 12), round(minor, 12)
        (1.0, -2.0)
        """
        sin, cos = math.sin(math.radians(self.pa_deg)), math.cos(math.radians(self.pa_deg))
        turned_sin, turned_cos = math.sin(turn_rad), math.cos(turn_rad)
        of_major, of_minor = (-sin, cos), (-cos / self.cos_incl, -sin / self.cos_incl)
        pairs = list(zip(of_major, of_minor, strict=True))
        first = [turned_cos * a + turned_sin * b for a, b in pairs]
        second = [turned_cos * b - turned_sin * a for a, b in pairs]
        return (
            first[0] * west + first[1] * north,
            second[0] * west + second[1] * north,
        )

    def _quadratic_form(self) -> tuple[float, float, float]:
        """What west^2, west * north and north^2 count in the squared radius."""
        sin, cos = math.sin(math.radians(self.pa_deg)), math.cos(math.radians(self.pa_deg))
        stretch = 1 / self.cos_incl**2
        return sin**2 + cos**2 * stretch, 2 * sin * cos * (stretch - 1), cos**2 + sin**2 * stretch

    def radius2(self, west: Any, north: Any) -> Any:
        """Squared radius in the plane of the disk [pixel^2] at points, arrays of one shape.

        Parameters
        ----------
        west, north : arrays of one shape [pixel]
            Offsets from the disk's centre.

        Returns
        -------
        array of that shape [pixel^2]

        Examples
        --------
        >>> along_minor = View(60.0, 90.0, 0.0, 0.0).radius2(np.zeros(1), np.ones(1))
        >>> round(float(along_minor[0]), 12)
        4.0
        """
        of_west, of_both, of_north = self._quadratic_form()
        square = of_north * north
        square += of_both * west
        square *= north
        square += of_west * west * west
        return square

    def radius2_of_grid(self, west: Any, north: Any) -> Any:
        """Squared radius in the plane of the disk [pixel^2] at every pixel of a grid.

        Parameters
        ----------
        west : array of shape (x,) [pixel]
        north : array of shape (y,) [pixel]

        Returns
        -------
        array of shape (y, x) [pixel^2]

        Examples
        --------
        >>> face_on = View(0.0, 0.0, 0.0, 0.0)
        >>> face_on.radius2_of_grid(np.arange(3.0), np.arange(2.0)).tolist()
        [[0.0, 1.0, 4.0], [1.0, 2.0, 5.0]]
        """
        of_west, of_both, of_north = self._quadratic_form()
        # A product of matrices with three columns needs half the time of outer sums.
        left = np.ones((north.size, 3), north.dtype)
        left[:, 0], left[:, 1] = of_north * north * north, of_both * north
        right = np.ones((3, west.size), west.dtype)
        right[1], right[2] = west, of_west * west * west
        return left @ right

    def box(self, radius_px: float, size: int) -> tuple[slice, slice]:
        """Rows and columns of a picture that hold an ellipse, the disk out to a radius.

        Parameters
        ----------
        radius_px : float
            In the plane of the disk [pixel].
        size : int
            Pixels along a side of the picture.

        Returns
        -------
        rows, columns : slice
            With up to a pixel more on each side.

        Examples
        --------
        >>> View(60.0, 90.0, 8.0, 8.0).box(4.0, 32)
        (slice(6, 11, None), slice(4, 13, None))
        """
        pa = math.radians(self.pa_deg)
        along = math.hypot(math.cos(pa), self.cos_incl * math.sin(pa)) * radius_px
        across = math.hypot(math.sin(pa), self.cos_incl * math.cos(pa)) * radius_px
        return _span(self.y_px, along, size), _span(self.x_px, across, size)


def _span(middle: float, half: float, size: int) -> slice:
    """Pixels from ``middle - half`` to ``middle + half`` that a picture has."""
    first, last = math.floor(middle - half), math.ceil(middle + half)
    return slice(min(max(first, 0), size), min(max(last + 1, 0), size))
