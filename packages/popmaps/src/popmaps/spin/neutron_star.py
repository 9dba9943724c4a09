"""The star that turns: mass, radius, moment of inertia, and how hard a field brakes it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from popmaps.constants import LIGHT_CM_S, SOLAR_MASS_G

EquationOfState = Literal["BSk24", "SLy4", "analytic"]


@dataclass(frozen=True)
class NeutronStar:
    """A uniform sphere of neutron-star matter.

    Parameters
    ----------
    radius_cm : float
    mass_g : float
        1.4 solar masses unless said otherwise.

    Examples
    --------
    >>> star = NeutronStar(radius_cm=1.259e6)
    >>> f"{star.inertia_g_cm2:.3e} {star.braking_s_gauss2:.3e}"
    '1.775e+45 8.217e-40'
    """

    radius_cm: float
    mass_g: float = 1.4 * SOLAR_MASS_G

    @property
    def inertia_g_cm2(self) -> float:
        """Moment of inertia 2/5 M R^2 [g cm^2]."""
        return 0.4 * self.mass_g * self.radius_cm**2

    @property
    def braking_s_gauss2(self) -> float:
        """The coefficient beta = pi^2 R^6 / (I c^3) of the braking law [s G^-2].

        Source: Philippov, Tchekhovskoy & Li 2014, MNRAS 441, 1879.
        """
        return math.pi**2 * self.radius_cm**6 / (self.inertia_g_cm2 * LIGHT_CM_S**3)


STARS: Final[dict[str, NeutronStar]] = {
    "BSk24": NeutronStar(radius_cm=1.259e6),
    "SLy4": NeutronStar(radius_cm=1.170e6),
    "analytic": NeutronStar(radius_cm=1.2e6),
}
"""A star of 1.4 solar masses under each equation of state."""
