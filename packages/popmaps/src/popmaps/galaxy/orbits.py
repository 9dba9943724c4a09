"""Orbits of stars in the Galaxy: where each is after its own age.

Every star has its own steps, chosen so that the error estimated in each stays under the
tolerance. The equations have no velocity in the force, so the Runge-Kutta pair of Dormand and
Prince is taken in its Nystrom form, with the accelerations as its only stages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytypes.errors import InputError, SkyError

from ..constants import KPC_CM, YEAR_S
from .potentials import as_triples, potential_number, pull

TIME_PER_YEAR: Final = YEAR_S * 1e5 / KPC_CM
"""One year in the time unit of kpc and km/s [kpc / (km/s)]."""

TOLERANCE: Final = 1e-8
TOLERANCES: Final = (1e-13, 1e-3)
"""Smallest and largest tolerance allowed."""

MAX_STEPS: Final = 100_000
"""Steps after which a star is given up; the longest orbits need a few hundred."""

_TABLEAU: Final = np.array(
    [
        [0, 0, 0, 0, 0, 0, 0],
        [1 / 5, 0, 0, 0, 0, 0, 0],
        [3 / 40, 9 / 40, 0, 0, 0, 0, 0],
        [44 / 45, -56 / 15, 32 / 9, 0, 0, 0, 0],
        [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729, 0, 0, 0],
        [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656, 0, 0],
        [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0],
    ]
)
_FOURTH: Final = np.array(
    [5179 / 57600, 0, 7571 / 16695, 393 / 640, -92097 / 339200, 187 / 2100, 1 / 40]
)
_STAGES: Final = 7
_NODES: Final = _TABLEAU.sum(axis=1)
_A: Final = _TABLEAU @ _TABLEAU
_B_VELOCITY: Final = _TABLEAU[-1].copy()
_ERROR_VELOCITY: Final = _B_VELOCITY - _FOURTH
_ERROR: Final = _ERROR_VELOCITY @ _TABLEAU

_SAFETY: Final = 0.9
_LEAST_CHANGE: Final = 0.2
_MOST_CHANGE: Final = 6.0
_SPEED_SCALE_KM_S: Final = 100.0


@numba.njit(cache=True)
def _start_step(number: int, x: float, y: float, z: float, tolerance: float) -> Any:
    """First step [kpc / (km/s)]: a share of the time scale of the local force."""
    along, across = pull(number, x * x + y * y, z)
    return 2 * tolerance**0.2 / np.sqrt(max(along, across))


@numba.njit(cache=True)
def _follow(number: int, state: Any, age: float, tolerance: float, k: Any) -> int:
    """Move one star, in place; the number of steps tried, or -1 if they do not suffice."""
    x, y, z, vx, vy, vz = state[0], state[1], state[2], state[3], state[4], state[5]
    along, across = pull(number, x * x + y * y, z)
    k[0, 0], k[0, 1], k[0, 2] = -x * along, -y * along, -z * across
    time, sign = 0.0, 1.0 if age >= 0 else -1.0
    age = abs(age)
    step = _start_step(number, x, y, z, tolerance)
    for tried in range(MAX_STEPS):
        if time >= age:
            state[0], state[1], state[2] = x, y, z
            state[3], state[4], state[5] = vx, vy, vz
            return tried
        last = time + step >= age
        h = sign * (age - time if last else step)
        xs, ys, zs = x, y, z
        for i in range(1, _STAGES):
            dx, dy, dz = 0.0, 0.0, 0.0
            for j in range(i):
                dx += _A[i, j] * k[j, 0]
                dy += _A[i, j] * k[j, 1]
                dz += _A[i, j] * k[j, 2]
            xs = x + h * (_NODES[i] * vx + h * dx)
            ys = y + h * (_NODES[i] * vy + h * dy)
            zs = z + h * (_NODES[i] * vz + h * dz)
            along, across = pull(number, xs * xs + ys * ys, zs)
            k[i, 0], k[i, 1], k[i, 2] = -xs * along, -ys * along, -zs * across
        ex, ey, ez, eu, ev, ew = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        du, dv, dw = 0.0, 0.0, 0.0
        for j in range(_STAGES):
            ex += _ERROR[j] * k[j, 0]
            ey += _ERROR[j] * k[j, 1]
            ez += _ERROR[j] * k[j, 2]
            eu += _ERROR_VELOCITY[j] * k[j, 0]
            ev += _ERROR_VELOCITY[j] * k[j, 1]
            ew += _ERROR_VELOCITY[j] * k[j, 2]
            du += _B_VELOCITY[j] * k[j, 0]
            dv += _B_VELOCITY[j] * k[j, 1]
            dw += _B_VELOCITY[j] * k[j, 2]
        place = 1 + np.sqrt(x * x + y * y + z * z)
        speed = _SPEED_SCALE_KM_S + np.sqrt(vx * vx + vy * vy + vz * vz)
        error = abs(h) * max(
            abs(h) * np.sqrt(ex * ex + ey * ey + ez * ez) / place,
            np.sqrt(eu * eu + ev * ev + ew * ew) / speed,
        )
        change = _SAFETY * (tolerance / max(error, 1e-300)) ** 0.2
        change = min(max(change, _LEAST_CHANGE), _MOST_CHANGE)
        if error <= tolerance:
            time = age if last else time + step
            x, y, z = xs, ys, zs
            vx, vy, vz = vx + h * du, vy + h * dv, vz + h * dw
            k[0, 0], k[0, 1], k[0, 2] = k[6, 0], k[6, 1], k[6, 2]
        step = abs(h) * change
    return -1


@numba.njit(cache=True)
def _follow_all(number: int, states: Any, ages: Any, tolerance: float, steps: Any) -> None:
    k = np.empty((_STAGES, 3))
    for i in range(states.shape[0]):
        steps[i] = _follow(number, states[i], ages[i], tolerance, k)


@dataclass(frozen=True)
class Orbits:
    """Ends of orbits.

    Parameters
    ----------
    positions_kpc : ndarray, shape (n, 3)
        [kpc].
    velocities_km_s : ndarray, shape (n, 3)
        [km/s].
    steps : ndarray, shape (n,)
        Steps tried for each star.

    Examples
    --------
    >>> evolve([[0.0, 8.3, 0.0]], [[231.8, 0.0, 0.0]], [1e7]).positions_kpc.shape
    (1, 3)
    """

    positions_kpc: NDArray[np.float64]
    velocities_km_s: NDArray[np.float64]
    steps: NDArray[np.int64]


def evolve(
    positions_kpc: ArrayLike,
    velocities_km_s: ArrayLike,
    age_yr: ArrayLike,
    potential: str = "M19",
    tolerance: float = TOLERANCE,
) -> Orbits:
    """Follow each star for its age.

    Parameters
    ----------
    positions_kpc : array_like, shape (n, 3)
        Cartesian, from the Galactic centre [kpc].
    velocities_km_s : array_like, shape (n, 3)
        [km/s].
    age_yr : array_like, shape (n,)
        Time to follow each; negative goes back [yr].
    potential : {"M19", "FK06"}
    tolerance : float
        Largest estimated error of one step: of the place over (1 kpc + distance from the centre),
        and of the velocity over (100 km/s + speed).

    Returns
    -------
    Orbits

    Raises
    ------
    InputError
        If a shape or a number is not allowed.
    SkyError
        If a star needs more than `MAX_STEPS` steps.

    Notes
    -----
    Source: Dormand & Prince 1980, doi:10.1016/0771-050X(80)90013-3, table 2: RK5(4)7M, stepping
    with the fifth order; its Nystrom form follows Hairer, Norsett & Wanner 1993, section II.14.

    Examples
    --------
    >>> there = evolve([[0.0, 8.3, 0.0]], [[100.0, 50.0, 80.0]], [2e7])
    >>> back = evolve(there.positions_kpc, there.velocities_km_s, [-2e7])
    >>> bool(np.allclose(back.positions_kpc, [[0.0, 8.3, 0.0]], atol=1e-6))
    True
    """
    places = as_triples(positions_kpc, "positions_kpc")
    speeds = as_triples(velocities_km_s, "velocities_km_s")
    ages = np.ascontiguousarray(age_yr, dtype=np.float64)
    if not len(places) == len(speeds) == ages.size == len(np.atleast_1d(ages)):
        raise InputError(
            f"{len(places)} positions, {len(speeds)} velocities and ages of shape {ages.shape}; "
            "give one of each for a star"
        )
    if not TOLERANCES[0] <= tolerance <= TOLERANCES[1]:
        raise InputError(
            f"tolerance {tolerance:g}; allowed: {TOLERANCES[0]:g} to {TOLERANCES[1]:g}"
        )
    states = np.concatenate([places, speeds], axis=1)
    if not (np.isfinite(states).all() and np.isfinite(ages).all()):
        raise InputError("a position, velocity or age is not a finite number; give finite ones")
    steps = np.empty(len(states), dtype=np.int64)
    _follow_all(potential_number(potential), states, ages * TIME_PER_YEAR, tolerance, steps)
    lost = np.flatnonzero(steps < 0)
    if lost.size:
        raise SkyError(
            f"{lost.size} stars, star {lost[0]} first, need more than {MAX_STEPS} steps; "
            "give a larger tolerance or a smaller age"
        )
    return Orbits(states[:, :3].copy(), states[:, 3:].copy(), steps)
