"""Settings of the Galaxy: where neutron stars are born, with which kick, in which potential."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

from skytypes.errors import InputError

from .potentials import PotentialName, potential_number

RadialLaw = Literal["yusifov-kucuk", "verberne-vink"]
ArmModel = Literal["ymw17", "fk06"]
KickLaw = Literal["maxwell", "exponential", "double-maxwell", "lognormal"]

RANGES: Final[dict[str, tuple[float, float]]] = {
    "t_max_yr": (10.0, 1e10),
    "h_c_kpc": (0.001, 5.0),
    "sigma_k_km_s": (0.1, 1500.0),
    "vk_c_km_s": (0.1, 1500.0),
    "sigma_slow_km_s": (0.1, 1500.0),
    "sigma_fast_km_s": (0.1, 1500.0),
    "share_slow": (0.0, 1.0),
    "ln_speed_mean": (-2.0, 8.0),
    "ln_speed_sigma": (0.0, 3.0),
}
"""Smallest and largest value of each number."""


@dataclass(frozen=True)
class GalaxySettings:
    """Births and motion of a population.

    Parameters
    ----------
    t_max_yr : float
        Ages are uniform from 1 to this [yr].
    radial_law : {"yusifov-kucuk", "verberne-vink"}
    arms : {"ymw17", "fk06"}
    h_c_kpc : float
        Scale height of the births [kpc].
    kick_law : {"maxwell", "exponential", "double-maxwell", "lognormal"}
    sigma_k_km_s : float
        Of one component of a Maxwell kick [km/s].
    vk_c_km_s : float
        Scale of an exponential kick [km/s].
    sigma_slow_km_s, sigma_fast_km_s : float
        Of one component of the two parts of a double Maxwell kick [km/s].
    share_slow : float
        Of the stars with the slow kick.
    ln_speed_mean, ln_speed_sigma : float
        Of the natural logarithm of a lognormal kick's speed in km/s.
    potential : {"M19", "FK06"}

    Raises
    ------
    InputError
        If a number is outside its range in `RANGES` or a name is unknown.

    Notes
    -----
    Defaults: Graber et al. 2024, doi:10.3847/1538-4357/ad3e78; the Maxwell kick is of
    Hobbs et al. 2005, doi:10.1111/j.1365-2966.2005.09087.x.

    Examples
    --------
    >>> GalaxySettings(sigma_k_km_s=100.0).h_c_kpc
    0.18
    """

    t_max_yr: float = 3e7
    radial_law: RadialLaw = "yusifov-kucuk"
    arms: ArmModel = "ymw17"
    h_c_kpc: float = 0.18
    kick_law: KickLaw = "maxwell"
    sigma_k_km_s: float = 265.0
    vk_c_km_s: float = 180.0
    sigma_slow_km_s: float = 55.0
    sigma_fast_km_s: float = 334.0
    share_slow: float = 0.19
    ln_speed_mean: float = 5.6
    ln_speed_sigma: float = 0.68
    potential: PotentialName = "M19"

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and low <= value <= high):
                raise InputError(f"{name} is {value:g}; allowed: {low:g} to {high:g}")
        for name, known in (
            ("radial_law", get_args(RadialLaw)),
            ("arms", get_args(ArmModel)),
            ("kick_law", get_args(KickLaw)),
        ):
            if getattr(self, name) not in known:
                raise InputError(f"{name} is {getattr(self, name)!r}; there is {', '.join(known)}")
        potential_number(self.potential)
