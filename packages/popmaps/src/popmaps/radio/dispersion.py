"""Dispersion measure of a star: the column of free electrons between it and the Sun.

Columns along rays are integrated once, when the first star near a ray asks for it, and every star
is interpolated between the four rays around it. What a star gets does not depend on which stars
were asked for before it. The density is that of :mod:`popmaps.radio.electron_density`.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytypes.errors import InputError

from .electron_arms import PLANE_REACH_PC, PLANE_STEP_PC, fill_arm_plane
from .electron_columns import add_centre_columns, fill_columns, unit_vectors
from .electron_model import electron_model

LONGITUDES: Final = 180
LATITUDES: Final = 97
"""Rays; in latitude they crowd towards the plane as a hyperbolic sine."""
CROWDING: Final = 5.5
HALF: Final = (LATITUDES - 1) // 2
DISTANCES: Final = 96
FIRST_STEP_KPC: Final = 0.015
FARTHEST_KPC: Final = 35.0
"""Where the column is complete: a farther star gets the same dispersion measure."""
CAP_KPC: Final = 25.0
"""Distance given to a dispersion measure that no star of the Galaxy can have; as in the ATNF
catalogue."""
BISECTIONS: Final = 48
STEP_GROWTH: Final = (FARTHEST_KPC - FIRST_STEP_KPC * (DISTANCES - 1)) / (DISTANCES - 1) ** 2


class _Rays:
    """Columns along the rays that were asked for so far.

    ``columns`` [pc cm^-3] has the shape (longitude, latitude, distance) and takes memory only
    where it is filled; ``known`` says which rays are.
    """

    def __init__(self) -> None:
        shape = (LONGITUDES, LATITUDES)
        self.columns = np.zeros((*shape, DISTANCES), np.float32)
        self.known = np.zeros(shape, np.bool_)
        side = 2 * math.ceil(PLANE_REACH_PC / PLANE_STEP_PC + 2) + 1
        self.plane = np.zeros((side, side), np.float32)
        fill_arm_plane(electron_model(), self.plane)

    def ensure(self, l_deg: NDArray[np.float64], b_deg: NDArray[np.float64]) -> None:
        """Integrate the rays around some directions that are not yet known."""
        needed = np.zeros_like(self.known)
        _mark(l_deg, b_deg, needed)
        missing = np.argwhere(needed & ~self.known)
        if not len(missing):
            return
        l_ray = missing[:, 0] * (360.0 / LONGITUDES)
        place = CROWDING * (missing[:, 1] / HALF - 1.0)
        directions = unit_vectors(l_ray, 90.0 * (np.sinh(place) / np.sinh(CROWDING)))
        k = np.arange(DISTANCES)
        columns = np.empty((len(missing), DISTANCES))
        steps_pc = 1e3 * k * (FIRST_STEP_KPC + STEP_GROWTH * k)
        fill_columns(directions, steps_pc, electron_model(), self.plane, columns)
        self.columns[missing[:, 0], missing[:, 1]] = columns
        self.known[missing[:, 0], missing[:, 1]] = True


@lru_cache(maxsize=1)
def _rays() -> _Rays:
    return _Rays()


@numba.njit(cache=True)
def _cell(l_deg: Any, b_deg: Any) -> Any:
    """Find the four rays around a direction, and its place between them."""
    l_place = (l_deg % 360.0) * (LONGITUDES / 360.0)
    l_low = min(int(l_place), LONGITUDES - 1)
    b_place = HALF * (1.0 + math.asinh(b_deg / 90.0 * math.sinh(CROWDING)) / CROWDING)
    b_low = min(max(int(b_place), 0), LATITUDES - 2)
    return l_low, (l_low + 1) % LONGITUDES, b_low, l_place - l_low, b_place - b_low


@numba.njit(cache=True)
def _mark(l_deg: Any, b_deg: Any, needed: Any) -> Any:
    for i in range(l_deg.size):
        low, high, b_low, _, _ = _cell(l_deg[i], b_deg[i])
        needed[low, b_low : b_low + 2] = True
        needed[high, b_low : b_low + 2] = True


@numba.njit(cache=True)
def _interpolate(l_deg: Any, b_deg: Any, dist_kpc: Any, columns: Any, measures: Any) -> Any:
    """Interpolate linearly in the place between rays, and along them in distance."""
    for n in range(measures.size):
        l_low, l_high, b_low, l_part, b_part = _cell(l_deg[n], b_deg[n])
        reach = min(dist_kpc[n], FARTHEST_KPC)
        root = math.sqrt(FIRST_STEP_KPC * FIRST_STEP_KPC + 4.0 * STEP_GROWTH * reach)
        k = min(int((root - FIRST_STEP_KPC) / (2.0 * STEP_GROWTH)), DISTANCES - 2)
        start = k * (FIRST_STEP_KPC + STEP_GROWTH * k)
        end = (k + 1) * (FIRST_STEP_KPC + STEP_GROWTH * (k + 1))
        part = min(max((reach - start) / (end - start), 0.0), 1.0)
        total = 0.0
        for i, l_weight in ((l_low, 1.0 - l_part), (l_high, l_part)):
            for j, b_weight in ((b_low, 1.0 - b_part), (b_low + 1, b_part)):
                near, far = columns[i, j, k], columns[i, j, k + 1]
                total += l_weight * b_weight * (near + part * (far - near))
        measures[n] = total


def dispersion_measure(
    l_deg: ArrayLike, b_deg: ArrayLike, dist_kpc: ArrayLike
) -> NDArray[np.float64]:
    """Dispersion measure of stars at given distances.

    Parameters
    ----------
    l_deg, b_deg : array_like, [deg]
        Galactic longitude (any finite angle) and latitude (-90 to 90).
    dist_kpc : array_like, [kpc]
        Distance from the Sun, not negative; beyond 35 kpc the measure stays the same. The three
        are broadcast together.

    Returns
    -------
    ndarray, float64, [pc cm^-3]
        0 at the Sun and never falling with distance.

    Raises
    ------
    InputError
        If a value is not finite, a latitude is beyond a pole or a distance is negative.

    Notes
    -----
    Source: the density of Yao, Manchester & Wang 2017, ApJ 835, 29. Interpolation between rays
    changes a star's measure by 0.2 % in the middle and 1 % at most for nine in ten stars of a
    disk; nearer than 1 kpc, behind the rims of the Gum nebula and the Local Bubble, by up to tens
    of percent (:func:`popmaps.radio.electron_columns.electron_column` does not interpolate). The
    model itself is off by a factor of 1.25 for half of the pulsars of known distance.

    Examples
    --------
    The pulsar in the Crab nebula is 2 kpc away and its measured value is 57; any model of the
    Galaxy is off by as much for a single star.

    >>> print(dispersion_measure(184.56, -5.78, 2.0).round(-1))
    110.0
    """
    return _measure(*_checked(l_deg, b_deg, "dist_kpc", dist_kpc))


def distance_kpc(l_deg: ArrayLike, b_deg: ArrayLike, dm: ArrayLike) -> NDArray[np.float64]:
    """Distance at which a star has a given dispersion measure.

    Parameters
    ----------
    l_deg, b_deg : array_like, [deg]
        Galactic longitude (any finite angle) and latitude (-90 to 90).
    dm : array_like, [pc cm^-3]
        Not negative. The three are broadcast together.

    Returns
    -------
    ndarray, float64, [kpc]
        25 where the Galaxy has no such column in that direction, as in the ATNF catalogue.

    Raises
    ------
    InputError
        If a value is not finite, a latitude is beyond a pole or a dispersion measure is negative.

    Examples
    --------
    >>> print(distance_kpc(184.56, -5.78, dispersion_measure(184.56, -5.78, 2.0)).round(6))
    2.0
    """
    lon, lat, measures = _checked(l_deg, b_deg, "dm", dm)
    low, high = np.zeros_like(lon), np.full_like(lon, CAP_KPC)
    capped = _measure(lon, lat, high) <= measures
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        short = _measure(lon, lat, middle) < measures
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    high[measures == 0.0] = 0.0
    return np.where(capped, CAP_KPC, high)


def _measure(
    l_deg: NDArray[np.float64], b_deg: NDArray[np.float64], dist_kpc: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Dispersion measures of stars whose coordinates are checked."""
    rays, measures = _rays(), np.empty(l_deg.size)
    star = l_deg.ravel(), b_deg.ravel()
    rays.ensure(*star)
    _interpolate(*star, dist_kpc.ravel(), rays.columns, measures)
    add_centre_columns(*star, dist_kpc.ravel(), electron_model(), measures)
    return measures.reshape(l_deg.shape)


def _checked(
    l_deg: ArrayLike, b_deg: ArrayLike, name: str, values: ArrayLike
) -> list[NDArray[np.float64]]:
    """Three float64 arrays of one shape, each in C order; or one line that says what is wrong."""
    arrays = {}
    for key, value in {"l_deg": l_deg, "b_deg": b_deg, name: values}.items():
        try:
            arrays[key] = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"{key}: {error}; give numbers") from None
    lows, highs = {"b_deg": -90.0, name: 0.0}, {"b_deg": 90.0}
    for key, array in arrays.items():
        low, high = lows.get(key, -np.inf), highs.get(key, np.inf)
        bad = ~(np.isfinite(array) & (array >= low) & (array <= high))
        if bad.any():
            raise InputError(
                f"{key} holds {array[bad].flat[0]:g}: give finite values"
                + (f" from {low:g}" if low > -np.inf else "")
                + (f" to {high:g}" if high < np.inf else "")
            )
    try:
        same = np.broadcast_arrays(*arrays.values())
    except ValueError:
        shapes = ", ".join(f"{key} {array.shape}" for key, array in arrays.items())
        raise InputError(f"shapes do not broadcast: {shapes}; give one value a star") from None
    return [np.array(array, dtype=np.float64, order="C") for array in same]
