"""Decay of the dipole field in the crust, and its integral over time, compiled.

The law is that of `popmaps.spin.decay_law`. Times are in years, fields in gauss.
"""

from __future__ import annotations

import math
from dataclasses import astuple
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from .decay_law import FieldDecay

Terms = tuple[float, float, float, float, float, float]
"""Time [yr] and exponent of three factors (1 + t/time)^exponent, the shortest time first."""

PANEL: Final = 2.5
"""Longest step of the quadrature in log(1 + t/t1), with 8 points each.

The integral then errs by less than 1e-9 for late exponents down to -1 and by 2e-4 down to -5.
"""
_nodes, _weights = np.polynomial.legendre.leggauss(8)
NODES = tuple(float(x) for x in _nodes)
WEIGHTS = tuple(float(w) for w in _weights)
"""Points and weights of Gauss and Legendre on (-1, 1)."""


@numba.njit(cache=True)
def decay_terms(field_gauss: float, law: Any) -> Terms:
    """Times and exponents of one star's decay; ``law`` is ``dataclasses.astuple(FieldDecay)``."""
    a_early, a_hall, a_late, early, early_power, hall, hall_power, late = law
    log_field = math.log(field_gauss)
    first = early * math.exp(early_power * log_field)
    second = hall * math.exp(hall_power * log_field)
    if late < first:
        return late, a_late, 1.0, 0.0, 1.0, 0.0
    if second > late:
        return first, a_early, late, a_late - a_early, 1.0, 0.0
    if second < first:
        return second, a_hall - a_early, first, a_early, late, a_late - a_hall
    return first, a_early, second, a_hall - a_early, late, a_late - a_hall


@numba.njit(cache=True)
def log_decay(u: float, terms: Terms) -> float:
    """ln(B/B0) when u = ln(1 + t / shortest time)."""
    time = terms[0] * math.expm1(u)
    total = terms[1] * u
    if terms[3] != 0.0:
        total += terms[3] * math.log1p(time / terms[2])
    if terms[5] != 0.0:
        total += terms[5] * math.log1p(time / terms[4])
    return total


@numba.njit(cache=True)
def squared_integral(u_end: float, terms: Terms) -> float:
    """Integral of (B/B0)^2 over time up to ``u_end`` [yr], by panels of Gauss and Legendre."""
    panels = max(1, math.ceil(u_end / PANEL))
    half = 0.5 * u_end / panels
    total = 0.0
    for panel in range(panels):
        middle = (2 * panel + 1) * half
        for k in range(8):
            u = middle + half * NODES[k]
            total += WEIGHTS[k] * math.exp(2.0 * log_decay(u, terms) + u)
    return total * half * terms[0]


@numba.njit(cache=True)
def floor_crossing(depth: float, u_end: float, terms: Terms) -> float:
    """The u at which ln(B/B0) has come down to ``depth``, known to lie before ``u_end``."""
    low, high = 0.0, u_end
    u = 0.5 * u_end
    for _ in range(100):
        miss = log_decay(u, terms) - depth
        if miss > 0:
            low = u
        else:
            high = u
        rate = terms[0] * math.exp(u)
        time = rate - terms[0]
        slope = terms[1] + rate * (terms[3] / (terms[2] + time) + terms[5] / (terms[4] + time))
        step = u - miss / slope if slope < 0 else low
        if not low < step < high:
            step = 0.5 * (low + high)
        if abs(step - u) <= 1e-14 * u_end:
            return step
        u = step
    return u


@numba.njit(cache=True)
def field_and_integral(
    field_gauss: float, floor_gauss: float, age_yr: float, law: Any
) -> tuple[float, float]:
    """Field today [G] and the integral of B^2 over the star's life [G^2 yr].

    The integral is split where the field meets its floor; a field born below its floor stays.
    """
    if not field_gauss > floor_gauss:
        return field_gauss, field_gauss**2 * age_yr
    terms = decay_terms(field_gauss, law)
    u_end = math.log1p(age_yr / terms[0])
    today = log_decay(u_end, terms)
    depth = math.log(floor_gauss / field_gauss) if floor_gauss > 0 else -math.inf
    if today >= depth:
        return field_gauss * math.exp(today), field_gauss**2 * squared_integral(u_end, terms)
    u_floor = floor_crossing(depth, u_end, terms)
    left_yr = age_yr - terms[0] * math.expm1(u_floor)
    decaying = field_gauss**2 * squared_integral(u_floor, terms)
    return floor_gauss, decaying + floor_gauss**2 * left_yr


@numba.njit(cache=True)
def _fields(births: Any, floors: Any, ages: Any, law: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = field_and_integral(births[i], floors[i], ages[i], law)[0]


def field_today(
    field_initial_gauss: NDArray[np.float64],
    floor_gauss: NDArray[np.float64],
    age_yr: NDArray[np.float64],
    decay: FieldDecay | None = None,
) -> NDArray[np.float64]:
    """The dipole field at the pole of stars of given ages.

    Parameters
    ----------
    field_initial_gauss, floor_gauss : ndarray, shape (stars,)
        Field at birth, and the field below which nothing decays [G].
    age_yr : ndarray, shape (stars,)
        [yr]
    decay : FieldDecay, optional
        The dipolar fit where left out.

    Returns
    -------
    ndarray, shape (stars,)
        [G]

    Notes
    -----
    Source: Graber et al. 2024, ApJ 968, 16.

    Examples
    --------
    >>> import numpy as np
    >>> field = field_today(np.full(3, 1e13), np.full(3, 1e9), np.array([1.0, 1e6, 1e8]))
    >>> print(np.round(np.log10(field), 2))
    [13.   12.43 10.8 ]
    """
    born, floors, ages = (
        np.ascontiguousarray(a, dtype=np.float64)
        for a in np.broadcast_arrays(field_initial_gauss, floor_gauss, age_yr)
    )
    out = np.empty_like(born)
    _fields(born, floors, ages, astuple(decay or FieldDecay()), out)
    return out
