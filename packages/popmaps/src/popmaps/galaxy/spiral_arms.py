"""Spiral arms of the Galaxy: in which direction from the centre a star is born.

An arm is the logarithmic spiral phi = k ln(r / r0) + phi0 in the frame of `popmaps.columns`, with
the Sun on the y axis. The pattern turns clockwise as a rigid body.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .birth import radius_cdf
from .settings import ArmModel, RadialLaw

PATTERN_PERIOD_YR: Final = 2.5e8
RADIAL_SPREAD: Final = 0.07
"""Standard deviation of a star's distance from its arm, over its distance from the axis."""
SMEAR_PER_KPC: Final = 0.35
"""Rate at which the arms part from the smooth centre [1/kpc]."""


@dataclass(frozen=True)
class ArmSet:
    """Four arms that share the stars equally, and a short one near the Sun.

    Parameters
    ----------
    names : tuple of str
    k, r0_kpc, phi0_rad : tuple of float
        Of the spirals; the local arm is the last.
    local_share : float
        Of all stars, in the local arm.
    local_range_kpc : tuple of float
        Distances from the axis between which the local arm lies [kpc].

    Examples
    --------
    >>> ARMS["ymw17"].names[-1]
    'Local'
    """

    names: tuple[str, ...]
    k: tuple[float, ...]
    r0_kpc: tuple[float, ...]
    phi0_rad: tuple[float, ...]
    local_share: float
    local_range_kpc: tuple[float, float]


ARMS: Final[dict[ArmModel, ArmSet]] = {
    # Yao, Manchester & Wang 2017, doi:10.3847/1538-4357/835/1/29.
    "ymw17": ArmSet(
        names=("Norma", "Carina-Sagittarius", "Perseus", "Crux-Scutum", "Local"),
        k=(4.95, 5.46, 5.77, 5.37, 20.67),
        r0_kpc=(3.35, 3.56, 3.71, 3.67, 8.21),
        phi0_rad=(0.77, 3.82, 2.09, 5.76, 0.96),
        local_share=0.018,
        local_range_kpc=(8.17, 8.6),
    ),
    # Faucher-Giguere & Kaspi 2006, doi:10.1086/501516, and a local arm (NE2001).
    "fk06": ArmSet(
        names=("Norma", "Carina-Sagittarius", "Perseus", "Crux-Scutum", "Local"),
        k=(4.25, 4.25, 4.89, 4.89, 4.57),
        r0_kpc=(3.48, 3.48, 4.90, 4.90, 8.10),
        phi0_rad=(1.57, 4.71, 4.09, 0.95, 1.13),
        local_share=0.0154,
        local_range_kpc=(8.10, 9.14),
    ),
}


def draw_arms(
    rng: np.random.Generator, r_kpc: NDArray[np.float64], arms: ArmModel, law: RadialLaw
) -> NDArray[np.int64]:
    """Draw the arm of each star.

    Parameters
    ----------
    rng : numpy.random.Generator
    r_kpc : ndarray, shape (n,)
        Distances from the axis, drawn by ``law`` [kpc].
    arms : {"ymw17", "fk06"}
    law : {"yusifov-kucuk", "verberne-vink"}

    Returns
    -------
    ndarray, shape (n,)
        Number of the arm; 4 is the local arm.

    Notes
    -----
    The local arm takes its share of all stars from those within its range, so that the density
    of distances stays that of ``law``.

    Examples
    --------
    >>> draw_arms(np.random.default_rng(0), np.array([2.0, 15.0]), "ymw17", "yusifov-kucuk")
    array([2, 1])
    """
    chosen = ARMS[arms]
    low, high = chosen.local_range_kpc
    inside, outside = radius_cdf([low, high], law)
    share = rng.random(len(r_kpc))
    local_here = chosen.local_share / (outside - inside)
    local = (r_kpc >= low) & (r_kpc <= high) & (share < local_here)
    # Of what the local arm leaves, the share is uniform again.
    near = (r_kpc >= low) & (r_kpc <= high)
    share = np.where(near, (share - local_here) / (1 - local_here), share)
    number = np.clip((4 * share).astype(np.int64), 0, 3)
    return np.where(local, 4, number)


def draw_places(
    rng: np.random.Generator,
    r_kpc: NDArray[np.float64],
    age_yr: NDArray[np.float64],
    *,
    arms: ArmModel = "ymw17",
    law: RadialLaw = "yusifov-kucuk",
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw where in the plane each star is born, at the time of its birth.

    Parameters
    ----------
    rng : numpy.random.Generator
    r_kpc : ndarray, shape (n,)
        Distances from the axis, drawn by ``law`` [kpc].
    age_yr : ndarray, shape (n,)
        The pattern stood further back by this time [yr].
    arms : {"ymw17", "fk06"}
    law : {"yusifov-kucuk", "verberne-vink"}

    Returns
    -------
    r_kpc : ndarray, shape (n,)
        Distance from the axis, with its scatter about the arm [kpc].
    phi_rad : ndarray, shape (n,)
        [rad], 0 to 2 pi.

    Notes
    -----
    Source: Faucher-Giguere & Kaspi 2006, doi:10.1086/501516: the angle is smeared by
    U(0, 2 pi) exp(-0.35 r), r in kpc, and the distance by a normal deviate of 7 %.

    Examples
    --------
    >>> r, phi = draw_places(np.random.default_rng(0), np.array([8.0]), np.array([1e6]))
    >>> r.round(2), phi.round(2)
    (array([8.36]), array([0.37]))
    """
    number = draw_arms(rng, r_kpc, arms, law)
    chosen = ARMS[arms]
    k, r0, phi0 = (
        np.array(values)[number] for values in (chosen.k, chosen.r0_kpc, chosen.phi0_rad)
    )
    turn = 2 * math.pi
    phi = k * np.log(r_kpc / r0) + phi0
    phi += turn * rng.random(len(r_kpc)) * np.exp(-SMEAR_PER_KPC * r_kpc)
    phi += turn / PATTERN_PERIOD_YR * age_yr
    scattered = r_kpc * np.abs(1 + RADIAL_SPREAD * rng.standard_normal(len(r_kpc)))
    return scattered, np.mod(phi, turn)
