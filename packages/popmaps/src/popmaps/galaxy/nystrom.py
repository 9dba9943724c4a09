"""Runge-Kutta-Nystrom steps for many stars at a time, compiled.

The stars that are being followed sit in columns, and a step of each is tried at the same time, so
that the compiler makes vector instructions of the loops over columns. Every star has steps of its
own, as long as its error allows. One that has come to the end of its time leaves its column to
the next, and what happens to a star does not depend on the others.

The pair has 9 stages, the last of which is the first of the next step; it takes the step with
order 8 and estimates the error with order 6: RKN8(6)9FM of Dormand, El-Mikkawy & Prince 1987,
"High-order embedded Runge-Kutta-Nystrom formulae", doi:10.1093/imanum/7.4.423.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

from .potentials import pull

COLUMNS: Final = 128
"""Stars that are followed at a time; more would not stay in the cache near the processor."""

MAX_STEPS: Final = 100_000
"""Steps after which a star is given up; the longest orbits need a few hundred."""

STAGES: Final = 9
NODES: Final = np.array([0, 1 / 20, 1 / 10, 3 / 10, 1 / 2, 7 / 10, 9 / 10, 1, 1])
PLACE: Final = np.array(
    [
        [0, 0, 0, 0, 0, 0, 0, 0],
        [1 / 800, 0, 0, 0, 0, 0, 0, 0],
        [1 / 600, 1 / 300, 0, 0, 0, 0, 0, 0],
        [9 / 200, -9 / 100, 9 / 100, 0, 0, 0, 0, 0],
        [-66701 / 197352, 28325 / 32892, -2665 / 5482, 2170 / 24669, 0, 0, 0, 0],
        [
            *(227015747 / 304251000, -54897451 / 30425100, 12942349 / 10141700),
            *(-9499 / 304251, 539 / 9250, 0, 0, 0),
        ],
        [
            *(-1131891597 / 901789000, 41964921 / 12882700, -6663147 / 3220675),
            *(270954 / 644135, -108 / 5875, 114 / 1645, 0, 0),
        ],
        [
            *(13836959 / 3667458, -17731450 / 1833729, 1063919505 / 156478208),
            *(-33213845 / 39119552, 13335 / 28544, -705 / 14272, 1645 / 57088, 0),
        ],
        [
            *(223 / 7938, 0, 1175 / 8064, 925 / 6048),
            *(41 / 448, 925 / 14112, 1175 / 72576, 0),
        ],
    ]
)
"""Weights of earlier accelerations in a stage's place; the last row is the place at the end."""
VELOCITY: Final = np.array(
    [
        *(223 / 7938, 0, 5875 / 36288, 4625 / 21168, 41 / 224),
        *(4625 / 21168, 5875 / 36288, 223 / 7938, 0),
    ]
)
_PLACE_6: Final = np.array(
    [
        *(7987313 / 109941300, 0, 1610737 / 44674560, 10023263 / 33505920),
        *(-497221 / 12409600, 10023263 / 78180480, 1610737 / 402071040, 0, 0),
    ]
)
_VELOCITY_6: Final = np.array(
    [
        *(7987313 / 109941300, 0, 1610737 / 40207104, 10023263 / 23454144, -497221 / 6204800),
        *(10023263 / 23454144, 1610737 / 40207104, -4251941 / 54970650, 3 / 20),
    ]
)
PLACE_ERROR: Final = np.append(PLACE[-1], 0.0) - _PLACE_6
VELOCITY_ERROR: Final = VELOCITY - _VELOCITY_6

_SAFETY: Final = 0.9
_LEAST_CHANGE: Final = 0.2
_MOST_CHANGE: Final = 6.0
_FIRST_STEP: Final = 0.7
_PLACE_KPC: Final = 1.0
_SPEED_KM_S: Final = 100.0
"""Added to a star's distance and speed, the scales of its errors."""


@numba.njit(cache=True, error_model="numpy")
def _pulls(number: int, count: int, place: Any, out: Any) -> None:
    """Accelerations of the first ``count`` columns."""
    for q in range(count):
        x, y, z = place[0, q], place[1, q], place[2, q]
        along, across = pull(number, x * x + y * y, z)
        out[0, q], out[1, q], out[2, q] = -x * along, -y * along, -z * across


@numba.njit(cache=True, error_model="numpy")
def _combine(  # noqa: PLR0917 - compiled code takes no keywords
    count: int, weights: Any, stages: int, k: Any, axis: int, out: Any
) -> None:
    """Sum of accelerations along an axis, each with its weight."""
    for q in range(count):
        out[q] = 0.0
    for j in range(stages):
        weight = weights[j]
        if weight != 0:
            earlier = k[j, axis]
            for q in range(count):
                out[q] += weight * earlier[q]


@numba.njit(cache=True, error_model="numpy")
def _try_steps(  # noqa: PLR0917 - compiled code takes no keywords
    number: int, count: int, state: Any, h: Any, k: Any, end: Any, error: Any
) -> None:
    """Ends of one step of each star, and the errors of place and velocity squared."""
    work = error[2]
    for i in range(1, STAGES):
        for axis in range(3):
            _combine(count, PLACE[i], i, k, axis, work)
            for q in range(count):
                drift = NODES[i] * state[3 + axis, q] + h[q] * work[q]
                end[axis, q] = state[axis, q] + h[q] * drift
        _pulls(number, count, end, k[i])
    for q in range(count):
        error[0, q] = error[1, q] = 0.0
    for axis in range(3):
        _combine(count, VELOCITY, STAGES, k, axis, work)
        for q in range(count):
            end[3 + axis, q] = state[3 + axis, q] + h[q] * work[q]
        _combine(count, PLACE_ERROR, STAGES, k, axis, work)
        for q in range(count):
            error[0, q] += (h[q] * h[q] * work[q]) ** 2
        _combine(count, VELOCITY_ERROR, STAGES, k, axis, work)
        for q in range(count):
            error[1, q] += (h[q] * work[q]) ** 2


@numba.njit(cache=True, error_model="numpy")
def _judge(count: int, state: Any, error: Any, tolerance: float) -> None:
    """Error of each step over the tolerance, and the factor for the next step, in place."""
    for q in range(count):
        place = state[0, q] ** 2 + state[1, q] ** 2 + state[2, q] ** 2
        speed = state[3, q] ** 2 + state[4, q] ** 2 + state[5, q] ** 2
        place_error = np.sqrt(error[0, q]) / (_PLACE_KPC + np.sqrt(place))
        speed_error = np.sqrt(error[1, q]) / (_SPEED_KM_S + np.sqrt(speed))
        over = max(place_error, speed_error) / tolerance
        # The eighth root, for an error that grows with the seventh power of the step.
        change = _SAFETY / np.sqrt(np.sqrt(np.sqrt(max(over, 1e-300))))
        error[0, q] = over
        error[1, q] = min(max(change, _LEAST_CHANGE), _MOST_CHANGE)


@numba.njit(cache=True, error_model="numpy")
def _seat(  # noqa: PLR0917 - compiled code takes no keywords
    number: int, q: int, star: Any, tolerance: float, state: Any, k: Any
) -> float:
    """Give a star column ``q``; its first step [kpc / (km/s)]."""
    for row in range(6):
        state[row, q] = star[row]
    x, y, z = star[0], star[1], star[2]
    along, across = pull(number, x * x + y * y, z)
    k[0, 0, q], k[0, 1, q], k[0, 2, q] = -x * along, -y * along, -z * across
    root = np.sqrt(np.sqrt(np.sqrt(tolerance)))
    return float(_FIRST_STEP * root / np.sqrt(max(along, across)))


@numba.njit(cache=True, error_model="numpy")
def follow(number: int, stars: Any, ages: Any, tolerance: float, steps: Any) -> None:
    """Follow every star for its age, in place.

    Parameters
    ----------
    number : int
        Of the potential, by `popmaps.galaxy.potentials.potential_number`.
    stars : ndarray, shape (n, 6)
        Position [kpc] and velocity [km/s]; changed to those at the end.
    ages : ndarray, shape (n,)
        Time to follow each, negative to go back [kpc / (km/s)].
    tolerance : float
        Largest error of a step, see `popmaps.galaxy.orbits.evolve`.
    steps : ndarray, shape (n,), int64
        Steps tried are written here; -1 where `MAX_STEPS` did not suffice.
    """
    state, end = np.empty((6, COLUMNS)), np.empty((6, COLUMNS))
    k, error = np.empty((STAGES, 3, COLUMNS)), np.empty((3, COLUMNS))
    size, left, h = np.empty(COLUMNS), np.empty(COLUMNS), np.empty(COLUMNS)
    star, tried = np.empty(COLUMNS, np.int64), np.empty(COLUMNS, np.int64)
    waiting, count = 0, 0
    while True:
        while count < COLUMNS and waiting < stars.shape[0]:
            star[count], tried[count], left[count] = waiting, 0, abs(ages[waiting])
            size[count] = _seat(number, count, stars[waiting], tolerance, state, k)
            waiting, count = waiting + 1, count + 1
        if count == 0:
            return
        for q in range(count):
            h[q] = np.copysign(min(size[q], left[q]), ages[star[q]])
        _try_steps(number, count, state, h, k, end, error)
        _judge(count, state, error, tolerance)
        for q in range(count - 1, -1, -1):
            tried[q] += 1
            size[q] = abs(h[q]) * error[1, q]
            if error[0, q] <= 1:
                left[q] -= abs(h[q])
                for row in range(6):
                    state[row, q] = end[row, q]
                for axis in range(3):
                    k[0, axis, q] = k[STAGES - 1, axis, q]
            if left[q] > 0 and tried[q] < MAX_STEPS:
                continue
            steps[star[q]] = -1 if left[q] > 0 else tried[q]
            # The last column moves into the one that is free.
            count -= 1
            for row in range(6):
                stars[star[q], row] = state[row, q]
                state[row, q] = state[row, count]
            for axis in range(3):
                k[0, axis, q] = k[0, axis, count]
            star[q], tried[q] = star[count], tried[count]
            left[q], size[q] = left[count], size[count]
