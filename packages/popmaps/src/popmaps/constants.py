"""Units and constants of the simulator, in cgs where nothing else is said.

The year has 365 days and the solar mass is rounded, as in the published populations that the
package is compared with (Graber et al. 2024, doi:10.3847/1538-4357/ad3e78).
"""

from typing import Final

YEAR_S: Final = 3.1536e7
KPC_CM: Final = 3.08567758e21
SOLAR_MASS_G: Final = 2e33
GRAVITY_CGS: Final = 6.67e-8
LIGHT_CM_S: Final = 29979245800.0
ELECTRON_CHARGE_ESU: Final = 4.80320425e-10
ELECTRON_MASS_G: Final = 9.10938356e-28
JANSKY_CGS: Final = 1e-23
"""One jansky [erg s^-1 cm^-2 Hz^-1]."""

GRAVITY: Final = GRAVITY_CGS * SOLAR_MASS_G / KPC_CM / 1e10
"""Newton's constant [kpc (km/s)^2 per solar mass]."""

KM_S_PER_KPC_YEAR: Final = KPC_CM / 1e5 / YEAR_S
"""One kiloparsec a year [km/s]."""

SUN_RADIUS_KPC: Final = 8.3
"""Distance of the Sun from the Galactic centre, measured in the plane."""
SUN_HEIGHT_KPC: Final = 0.02
