"""Spin-down and alignment of one star without stepping through time, compiled.

The period P and the angle chi between the axes of rotation and of the field follow

    dP/dt   =  beta B^2 / P   (k0 + k1 sin^2 chi)
    dchi/dt = -k2 beta B^2 / P^2 sin chi cos chi        (Philippov et al. 2014, MNRAS 441, 1879),

so P (sin chi)^(k0/k2) (cos chi)^(-(k0 + k1)/k2) is conserved, and what is left is one equation
for w = tan^2(chi0) / tan^2(chi) in the one number tau = 2 integral(beta B^2 dt) / P0^2:

    integral of w'^(c - 1) (sin^2 chi0 + w' cos^2 chi0)^(-k1/k2) dw' from 1 to w = k2 tau,

with c = (k0 + k1)/k2. In this form nothing cancels, be the star aligned or orthogonal.
"""

from __future__ import annotations

import math
from typing import Any

import numba

from .field_decay import NODES, WEIGHTS, field_and_integral


@numba.njit(cache=True)
def _log_remainder(x: float) -> float:
    """(x - ln(1 + x)) / x^2, by its series where the difference would cancel."""
    if x < 0.01:
        return 0.5 - x * (1 / 3 - x * (0.25 - x * (0.2 - x * (1 / 6 - x * (1 / 7 - x * 0.125)))))
    return (x - math.log1p(x)) / (x * x)


@numba.njit(cache=True)
def aligned_growth(tau: float, sin2: float, cos2: float) -> float:
    """The root w - 1 for k = (1, 1, 1), where the integral is closed; ``sin2``, ``cos2`` of chi0.

    The equation v + sin2 v^2 f(cos2 v) = tau, f(x) = (x - ln(1 + x))/x^2, is convex in v: Newton
    from the root for f = 1/2, which is below, comes down from above after one step.
    """
    v = 2.0 * tau / (1.0 + math.sqrt(1.0 + 2.0 * sin2 * tau))
    for _ in range(60):
        miss = v + sin2 * v * v * _log_remainder(cos2 * v) - tau
        step = miss * (1.0 + cos2 * v) / (1.0 + v)
        v -= step
        if abs(step) <= 1e-14 * v:
            break
    return v


@numba.njit(cache=True)
def _panel(start: float, stop: float, powers: Any, sin2: float, cos2: float) -> Any:
    """Integral of e^(c y) (sin2 + cos2 e^y)^-b between two y = ln w."""
    c, b = powers
    half, middle, total = 0.5 * (stop - start), 0.5 * (stop + start), 0.0
    for k in range(8):
        y = middle + half * NODES[k]
        total += WEIGHTS[k] * math.exp(c * y - b * math.log(sin2 + cos2 * math.exp(y)))
    return total * half


@numba.njit(cache=True)
def log_alignment(tau: float, k: Any, sin2: float, cos2: float) -> Any:
    """The root ln w for any k with k2 > 0: panels of width 1, then Newton within the last.

    Where sin^2 chi has fallen below rounding the integrand is a pure exponential, and the rest
    is closed.
    """
    c, b, s = (k[0] + k[1]) / k[2], k[1] / k[2], k[0] / k[2]
    left, y = k[2] * tau, 0.0
    while True:
        if cos2 * math.exp(y) > 1e17 * sin2:
            scaled = left * math.exp(b * math.log(cos2) - s * y)
            return y + (math.log1p(s * scaled) / s if s > 0 else scaled)
        share = _panel(y, y + 1.0, (c, b), sin2, cos2)
        if not share < left:
            break
        left -= share
        y += 1.0
    step = left / share
    for _ in range(60):
        slope = math.exp(c * (y + step) - b * math.log(sin2 + cos2 * math.exp(y + step)))
        change = (_panel(y, y + step, (c, b), sin2, cos2) - left) / slope
        step = min(max(step - change, 0.0), 1.0)
        if abs(change) <= 1e-14:
            break
    return y + step


@numba.njit(cache=True)
def spin_down_star(tau: float, k: Any, chi: float) -> tuple[float, float]:
    """P/P0 and tan(chi0)/tan(chi) of one star."""
    sin2, cos2 = math.sin(chi) ** 2, math.cos(chi) ** 2
    if k[2] == 0.0:
        return math.sqrt(1.0 + tau * (k[0] + k[1] * sin2)), 1.0
    if k[0] == 1.0 and k[1] == 1.0 and k[2] == 1.0:
        v = aligned_growth(tau, sin2, cos2)
        return (1.0 + v) / math.sqrt(1.0 + cos2 * v), math.sqrt(1.0 + v)
    y = log_alignment(tau, k, sin2, cos2)
    b, s = k[1] / k[2], k[0] / k[2]
    log_growth = s * y - b * math.log(sin2 * math.exp(-y) + cos2)
    return math.exp(0.5 * log_growth), math.exp(0.5 * y)


@numba.njit(cache=True)
def spin_down(  # noqa: PLR0917 - compiled code takes no keywords
    births: Any, age_yr: Any, law: Any, k: Any, beta: float, year_s: float, out: Any
) -> None:
    """Every star from birth to its age.

    Parameters
    ----------
    births : tuple of 4 ndarrays, shape (stars,)
        Field [G], its floor [G], chi [rad] and period [s] at birth.
    age_yr : ndarray, shape (stars,)
    law : tuple of 8 floats
        `dataclasses.astuple` of a `FieldDecay`.
    k : tuple of 3 floats
        Coefficients of the torque.
    beta, year_s : float
        `NeutronStar.braking_s_gauss2`, and the length of the year [s].
    out : ndarray, shape (4, stars)
        Field [G], chi [rad], period [s] and its derivative [s/s] today are written here.
    """
    fields, floors, angles, periods = births
    for i in range(age_yr.size):
        field, integral = field_and_integral(fields[i], floors[i], age_yr[i], law)
        tau = 2.0 * beta * year_s * integral / periods[i] ** 2
        growth, alignment = spin_down_star(tau, k, angles[i])
        chi = math.atan2(math.sin(angles[i]), math.cos(angles[i]) * alignment)
        period = periods[i] * growth
        out[0, i], out[1, i], out[2, i] = field, chi, period
        out[3, i] = beta * field**2 / period * (k[0] + k[1] * math.sin(chi) ** 2)
