"""Dynamics of a population: births, and where the stars are today."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..constants import KM_S_PER_KPC_YEAR
from .birth import draw_ages, draw_heights, draw_radii
from .frames import Sky, seen_from_sun
from .kicks import draw_kicks
from .orbits import TOLERANCE, evolve
from .potentials import circular_speed
from .settings import GalaxySettings
from .spiral_arms import draw_places
from .vectors import to_cartesian, to_cylindrical

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Births:
    """Stars at birth, in cylindrical coordinates.

    Parameters
    ----------
    age_yr : ndarray, shape (n,)
    r_kpc, phi_rad, z_kpc : ndarray, shape (n,)
    v_r_km_s, v_phi_km_s, v_z_km_s : ndarray, shape (n,)
        Kick and rotation together; rotation is towards negative phi.
    v_orb_km_s : ndarray, shape (n,)
        Circular speed at the place of birth, positive.

    Examples
    --------
    >>> born(np.random.default_rng(0), 3, GalaxySettings()).r_kpc.shape
    (3,)
    """

    age_yr: Floats
    r_kpc: Floats
    phi_rad: Floats
    z_kpc: Floats
    v_r_km_s: Floats
    v_phi_km_s: Floats
    v_z_km_s: Floats
    v_orb_km_s: Floats

    def columns(self) -> dict[str, Floats]:
        """Columns of ``initial_population`` that are about place and motion.

        Returns
        -------
        dict
            By the names and in the units of `popmaps.columns.INITIAL`: speeds in kpc/yr.

        Examples
        --------
        >>> list(born(np.random.default_rng(0), 3, GalaxySettings()).columns())[-2:]
        ['v_z', 'v_orb']
        """
        speeds = {
            "v_r": self.v_r_km_s,
            "v_phi": self.v_phi_km_s,
            "v_z": self.v_z_km_s,
            "v_orb": self.v_orb_km_s,
        }
        places = {"age": self.age_yr, "r": self.r_kpc, "phi": self.phi_rad, "z": self.z_kpc}
        return places | {name: speed / KM_S_PER_KPC_YEAR for name, speed in speeds.items()}


@dataclass(frozen=True)
class Today:
    """Stars today.

    Parameters
    ----------
    age_yr : ndarray, shape (n,)
    r_kpc, phi_rad, z_kpc : ndarray, shape (n,)
    v_r_km_s, v_phi_km_s, v_z_km_s : ndarray, shape (n,)
        At rest with the Galactic centre.
    sky : Sky
        The stars as seen from the Sun.
    steps : int
        Steps of the integrator, all stars together.

    Examples
    --------
    >>> evolved(born(np.random.default_rng(0), 3, GalaxySettings())).sky.ra.shape
    (3,)
    """

    age_yr: Floats
    r_kpc: Floats
    phi_rad: Floats
    z_kpc: Floats
    v_r_km_s: Floats
    v_phi_km_s: Floats
    v_z_km_s: Floats
    sky: Sky
    steps: int

    def columns(self) -> dict[str, Floats]:
        """Columns of ``final_population`` that are about place and motion.

        Returns
        -------
        dict
            By the names, in the units and in the order of `popmaps.columns.DYNAMICS`, but idx.

        Examples
        --------
        >>> list(evolved(born(np.random.default_rng(0), 3, GalaxySettings())).columns())[-1]
        'v_ls'
        """
        sky = self.sky
        return {
            "age": self.age_yr,
            "r": self.r_kpc,
            "phi": self.phi_rad,
            "z": self.z_kpc,
            "ra": sky.ra,
            "dec": sky.dec,
            "l": sky.l,
            "b": sky.b,
            "dist": sky.dist,
            "v_r": self.v_r_km_s,
            "v_phi": self.v_phi_km_s,
            "v_z": self.v_z_km_s,
            "pm_ra": sky.pm_ra,
            "pm_dec": sky.pm_dec,
            "v_ls": sky.v_ls,
        }


def born(rng: np.random.Generator, size: int, settings: GalaxySettings) -> Births:
    """Draw stars at birth.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : int
    settings : GalaxySettings

    Returns
    -------
    Births

    Notes
    -----
    Source: Graber et al. 2024, doi:10.3847/1538-4357/ad3e78.

    Examples
    --------
    >>> births = born(np.random.default_rng(0), 1000, GalaxySettings())
    >>> bool(births.v_phi_km_s.mean() < -150)
    True
    """
    age = draw_ages(rng, size, settings.t_max_yr)
    spiral_r = draw_radii(rng, size, settings.radial_law)
    r, phi = draw_places(rng, spiral_r, age, arms=settings.arms, law=settings.radial_law)
    z = draw_heights(rng, size, settings.h_c_kpc)
    v_orb = circular_speed(r, z, potential=settings.potential)
    # The kick has no preferred direction, so its components are as good along r, phi and z.
    kick_r, kick_phi, kick_z = draw_kicks(rng, size, settings)
    return Births(age, r, phi, z, kick_r, kick_phi - v_orb, kick_z, v_orb)


def evolved(
    births: Births,
    potential: str = "M19",
    tolerance: float = TOLERANCE,
    *,
    select: NDArray[np.bool_] | NDArray[np.int64] | None = None,
) -> Today:
    """Let stars move from their birth until today.

    Parameters
    ----------
    births : Births
    potential : {"M19", "FK06"}
    tolerance : float
        As of `popmaps.galaxy.orbits.evolve`.
    select : ndarray or None
        Mask or numbers of the stars wanted; None for all.

    Returns
    -------
    Today
        The stars selected, in their order.

    Raises
    ------
    InputError
        If the potential or the tolerance is not allowed.

    Examples
    --------
    >>> births = born(np.random.default_rng(0), 3, GalaxySettings())
    >>> evolved(births, select=np.array([2])).age_yr[0] == births.age_yr[2]
    np.True_
    """
    chosen = slice(None) if select is None else select
    age, phi = births.age_yr[chosen], births.phi_rad[chosen]
    zero = np.zeros_like(age)
    places = to_cartesian(phi, births.r_kpc[chosen], zero, births.z_kpc[chosen])
    velocities = to_cartesian(
        phi, births.v_r_km_s[chosen], births.v_phi_km_s[chosen], births.v_z_km_s[chosen]
    )
    orbits = evolve(places, velocities, age, potential, tolerance)
    r, phi, z, v_r, v_phi, v_z = to_cylindrical(orbits.positions_kpc, orbits.velocities_km_s)
    sky = seen_from_sun(orbits.positions_kpc, orbits.velocities_km_s)
    return Today(age, r, phi, z, v_r, v_phi, v_z, sky, int(orbits.steps.sum()))
