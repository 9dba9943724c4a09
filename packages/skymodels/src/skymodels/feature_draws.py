"""Drawing the features of a disk: every random number of the recipe but the texture's waves.

Bounds and shares are those of the published recipe.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .structure import MAX_GAPS

_CAVITY_ABOVE_ARCSEC = 0.025
_PIXELS_OF_A_USUAL_FIELD = 1024


def _between(u: float, low: float, high: float) -> float:
    """Where a number of [0, 1) lies between two bounds."""
    return low + (high - low) * u


def draw_structure(
    rng: np.random.Generator, rout_arcsec: float, rmin_arcsec: float
) -> dict[str, Any]:
    """Steps 1-3 and 8 of the recipe: surface density, temperature, cavity, gaps, rings, taper.

    Parameters
    ----------
    rng : numpy.random.Generator
    rout_arcsec, rmin_arcsec : float
        [arcsec]

    Returns
    -------
    dict
        Fields of `DiskParams`; ``tau`` without the band's factor.

    Examples
    --------
    >>> drawn = draw_structure(np.random.default_rng(1), 0.5, 0.0)
    >>> drawn["cavity_depth"], len(drawn["gap_depth"])
    (0.0, 5)
    """
    u = rng.random(6).tolist()
    drawn: dict[str, Any] = {
        "rout_arcsec": rout_arcsec,
        "rmin_arcsec": rmin_arcsec,
        "gamma": _between(u[0], 0.3, 1.0),
        "rc_arcsec": max(rout_arcsec * _between(u[1], 0.35, 0.75), 0.02),
        "t0_k": _between(u[2], 40.0, 160.0),
        "q": _between(u[3], 0.35, 0.55),
        "tau": _between(u[4], 1.5, 10.0),
        "taper_power": _between(u[5], 1.5, 3.5),
    }
    return drawn | _draw_cavity(rng, rmin_arcsec) | _draw_gaps(rng, rout_arcsec, rmin_arcsec)


def _draw_cavity(rng: np.random.Generator, rmin: float) -> dict[str, float]:
    width, depth, has_wall, fraction, wall_width = rng.random(5).tolist()
    there = rmin > _CAVITY_ABOVE_ARCSEC
    return {
        "cavity_depth": 0.70 + 0.25 * depth if there else 0.0,
        "cavity_width_arcsec": rmin * (0.20 + 0.25 * width) if there else 1.0,
        "wall_fraction": 0.10 + 0.40 * fraction if there and has_wall < 0.6 else 0.0,
        "wall_width_arcsec": rmin * (0.08 + 0.14 * wall_width) if there else 1.0,
    }


def _draw_gap_count(rng: np.random.Generator) -> int:
    kind = float(rng.random())
    if kind < 0.25:
        return 0
    return int(rng.integers(1, 3)) if kind < 0.65 else int(rng.integers(3, 6))


def _draw_gaps(rng: np.random.Generator, rout: float, rmin: float) -> dict[str, Any]:
    """Gaps and the rings outside them; a gap too near to an earlier feature is dropped."""
    gaps: list[tuple[float, float, float]] = []
    rings: list[tuple[float, float, float]] = []
    features = [rmin] if rmin > _CAVITY_ABOVE_ARCSEC else []
    low, high = max(rmin + 0.03, 0.08 * rout), 0.88 * rout
    for _ in range(_draw_gap_count(rng)):
        u = rng.random(7).tolist()
        radius = low + (high - low) * u[0]
        if low >= high or any(abs(radius - other) < 0.10 * rout for other in features):
            continue
        width = radius * (0.04 + 0.10 * u[1])
        gaps.append((radius, width, 0.35 + 0.45 * u[2]))
        features.append(radius)
        ring_radius = radius + width * (0.8 + 1.7 * u[4])
        if u[3] < 0.8 and ring_radius < 0.95 * rout:
            rings.append((ring_radius, width * (0.5 + u[5]), 0.08 + 0.32 * u[6]))
    return _columns("gap", "depth", gaps) | _columns("ring", "fraction", rings)


def _columns(
    kind: str, strength: str, found: list[tuple[float, float, float]]
) -> dict[str, list[float]]:
    padded = found + [(1.0, 1.0, 0.0)] * (MAX_GAPS - len(found))
    radius, width, strengths = zip(*padded, strict=True)
    return {
        f"{kind}_radius_arcsec": list(radius),
        f"{kind}_width_arcsec": list(width),
        f"{kind}_{strength}": list(strengths),
    }


def draw_extras(rng: np.random.Generator, rout: float, rmin: float) -> dict[str, float]:
    """Steps 4-7 of the recipe: crescent, centre, texture (without its waves), halo.

    Parameters
    ----------
    rng : numpy.random.Generator
    rout, rmin : float
        [arcsec]

    Returns
    -------
    dict
        Fields of `DiskParams`, and ``centre_sigma_px`` [pixel].

    Examples
    --------
    >>> 0.008 <= draw_extras(np.random.default_rng(1), 0.5, 0.0)["halo_fraction"] <= 0.035
    True
    """
    has_crescent, has_centre, *u = rng.random(12).tolist()
    low = max(rmin + 0.02, 0.25 * rout)
    radius = _between(u[0], min(low, 0.80 * rout), 0.80 * rout)
    drawn = {
        "crescent_radius_arcsec": radius,
        "crescent_width_arcsec": radius * _between(u[1], 0.10, 0.25),
        "crescent_sigma_rad": _between(u[2], 0.5, 1.8),
        "crescent_angle_rad": _between(u[3], 0.0, 2 * math.pi),
        "crescent_factor": _between(u[4], 3.0, 8.0),
        "centre_fraction": _between(u[5], 0.15, 0.60),
        "centre_sigma_px": _between(u[6], 0.5, 1.5),
        "texture_amplitude": 0.012,
        "texture_sigma_field": _between(u[7], 35.0, 69.0) / _PIXELS_OF_A_USUAL_FIELD,
        "halo_fraction": _between(u[8], 0.008, 0.035),
        "halo_scale_arcsec": rout * _between(u[9], 1.5, 3.0),
    }
    drawn["crescent_factor"] *= has_crescent < 0.20
    drawn["centre_fraction"] *= has_centre < 0.80
    return drawn
