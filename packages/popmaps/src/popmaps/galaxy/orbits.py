"""Orbits of stars in the Galaxy: where each is after its own age.

Only the end of an orbit is kept. Every star has its own steps, chosen so that the error estimated
in each stays under the tolerance (`popmaps.galaxy.nystrom`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytypes.errors import InputError, SkyError

from ..constants import KPC_CM, YEAR_S
from .nystrom import MAX_STEPS, follow
from .potentials import potential_number
from .vectors import as_triples

TIME_PER_YEAR: Final = YEAR_S * 1e5 / KPC_CM
"""One year in the time unit of kpc and km/s [kpc / (km/s)]."""

TOLERANCE: Final = 1e-9
TOLERANCES: Final = (1e-12, 1e-3)
"""Smallest and largest tolerance allowed."""


class OrbitError(SkyError):
    """An orbit could not be followed to its end."""


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
    OrbitError
        If a star needs more than `MAX_STEPS` steps.

    Notes
    -----
    Source: Dormand, El-Mikkawy & Prince 1987, doi:10.1093/imanum/7.4.423: RKN8(6)9FM. With the
    default tolerance each of 3e5 stars of the default births keeps its energy to 5e-7 of itself and
    its angular momentum to 4e-11 over 3e7 yr, in both potentials. A star's result does not depend
    on the stars beside it.

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
    if np.shape(age_yr) != (len(places),) or len(speeds) != len(places):
        raise InputError(
            f"{len(places)} positions, {len(speeds)} velocities and ages of shape "
            f"{np.shape(age_yr)}; give one of each for a star"
        )
    if not TOLERANCES[0] <= tolerance <= TOLERANCES[1]:
        raise InputError(
            f"tolerance {tolerance:g}; allowed: {TOLERANCES[0]:g} to {TOLERANCES[1]:g}"
        )
    states = np.concatenate([places, speeds], axis=1)
    if not (np.isfinite(states).all() and np.isfinite(ages).all()):
        raise InputError("a position, velocity or age is not a finite number; give finite ones")
    steps = np.empty(len(states), dtype=np.int64)
    follow(potential_number(potential), states, ages * TIME_PER_YEAR, tolerance, steps)
    lost = np.flatnonzero(steps < 0)
    if lost.size:
        raise OrbitError(
            f"{lost.size} stars, star {lost[0]} first, need more than {MAX_STEPS} steps; "
            "give a larger tolerance or a smaller age"
        )
    return Orbits(states[:, :3].copy(), states[:, 3:].copy(), steps)
