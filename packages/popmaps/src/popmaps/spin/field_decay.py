"""Decay of the dipole field in the crust, and its integral over time, compiled.

The field falls as B0 (1 + t/t1)^a1 (1 + t/t2)^(a2 - a1) (1 + t/tl)^(a_late - a2), with t1 and t2
powers of B0: the Hall effect, the Ohmic decay it leads to, and a power law at late times. Stars
whose late times come first skip the middle terms. Times are in years, fields in gauss.

Source: Graber et al. 2024, ApJ 968, 16 (the fit to magneto-thermal simulations).
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from skytypes.errors import InputError

Terms = tuple[float, float, float, float, float, float]
"""Time [yr] and exponent of three factors (1 + t/time)^exponent, the shortest time first."""

PANEL: Final = 4.0
"""Longest step of the quadrature in log(1 + t/t1): 8 points then leave an error below 1e-8."""
_nodes, _weights = np.polynomial.legendre.leggauss(8)
NODES = tuple(float(x) for x in _nodes)
WEIGHTS = tuple(float(w) for w in _weights)
"""Points and weights of Gauss and Legendre on (-1, 1)."""


@dataclass(frozen=True)
class FieldDecay:
    """Exponents and times of the decay; the defaults fit a dipolar-toroidal crustal field.

    Parameters
    ----------
    a_early, a_hall, a_late : float
        Exponents of the three ages, none positive and ``a_hall`` at most ``a_early``, so that
        no field grows.
    early_time_yr, early_power : float
        t1 = ``early_time_yr`` (B0 / 1 G)^``early_power``.
    hall_time_yr, hall_power : float
        The same for t2.
    late_time_yr : float
        From when on the late exponent rules.

    Raises
    ------
    InputError
        If an exponent would let the field grow, or a time is not positive.

    Examples
    --------
    >>> FieldDecay(a_late=-1.8).a_hall
    -3.0
    """

    a_early: float = -0.13
    a_hall: float = -3.0
    a_late: float = -0.88
    early_time_yr: float = 1e14
    early_power: float = -0.8
    hall_time_yr: float = 6e8
    hall_power: float = -0.2
    late_time_yr: float = 2e6

    def __post_init__(self) -> None:
        if not (self.a_hall <= self.a_early <= 0 and self.a_late <= 0):
            raise InputError(
                f"field exponents {self.a_early}, {self.a_hall}, {self.a_late}: give a_hall <= "
                "a_early <= 0 and a_late <= 0, for a field that never grows"
            )
        if not min(self.early_time_yr, self.hall_time_yr, self.late_time_yr) > 0:
            raise InputError("times of the field's decay: give years above 0")


FIELD_DECAYS: Final[dict[str, FieldDecay]] = {
    "dipolar": FieldDecay(),
    "multipolar": FieldDecay(a_early=-0.15, a_hall=-4.0, early_time_yr=9e13),
}
"""Fits to simulations that begin with a dipole and a toroidal field, or with multipoles."""


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
