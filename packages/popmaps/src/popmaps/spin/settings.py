"""What a population assumes about births, the field's decay and the torque."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from skytypes.errors import InputError

from .decay_law import FIELD_DECAYS, FieldDecay
from .neutron_star import STARS, EquationOfState, NeutronStar

PeriodDistribution = Literal["log-normal", "normal"]
FieldDistribution = Literal["log-normal", "double-log-normal", "smooth-top-hat"]
DecayModel = Literal["dipolar", "multipolar"]


@dataclass(frozen=True)
class SpinSettings:
    """Settings of the magneto-rotational part; the defaults are the fiducial population's.

    Parameters
    ----------
    P_initial_distribution : {"log-normal", "normal"}
        Which of the two pairs below rules.
    P_initial_log10_mean, P_initial_log10_sigma : float
        Of log10 of the period at birth [s].
    P_initial_mean, P_initial_sigma : float
        Of the period at birth, a normal distribution cut at 0 [s].
    B_initial_distribution : {"log-normal", "double-log-normal", "smooth-top-hat"}
        Of the dipole field at the pole at birth.
    B_initial_log10_mean, B_initial_log10_sigma : float
        Of log10 of the field [G]: the log-normal, the first of the double log-normal, or the
        rising edge of the top-hat.
    B_second_log10_mean, B_second_log10_sigma : float
        The second log-normal [log10 of G].
    B_first_share : float
        Share of the stars that the first log-normal has, 0 to 1.
    B_top_hat_log10_end, B_top_hat_log10_end_sigma : float
        Where the top-hat begins to fall and over what [log10 of G].
    B_floor_log10_mean, B_floor_log10_sigma : float
        Of log10 of the field that a star's decay stops at [G].
    equation_of_state : {"BSk24", "SLy4", "analytic"}
        Sets the radius.
    decay : {"dipolar", "multipolar"}
        Fit of the field's decay.
    a_late : float
        Exponent of the decay at late times, at most 0.
    torque : tuple of 3 floats
        k0, k1, k2; (1, 1, 1) is a force-free magnetosphere.

    Raises
    ------
    InputError
        If a number is out of its range or a name is not one of those above.

    Notes
    -----
    Source of the defaults: Pardo-Araujo et al. 2025 (best fit); of the torque: Spitkovsky 2006,
    ApJ 648, L51.

    Examples
    --------
    >>> SpinSettings(a_late=-1.5).field_decay.a_late
    -1.5
    >>> SpinSettings(P_initial_sigma=-1.0)
    Traceback (most recent call last):
        ...
    skytypes.errors.InputError: P_initial_sigma is -1.0; give a number from 0 to 1000
    """

    P_initial_distribution: PeriodDistribution = "log-normal"
    P_initial_log10_mean: float = -0.67
    P_initial_log10_sigma: float = 0.55
    P_initial_mean: float = 0.3
    P_initial_sigma: float = 0.2
    B_initial_distribution: FieldDistribution = "log-normal"
    B_initial_log10_mean: float = 13.09
    B_initial_log10_sigma: float = 0.5
    B_second_log10_mean: float = 14.3
    B_second_log10_sigma: float = 0.3
    B_first_share: float = 0.5
    B_top_hat_log10_end: float = 14.5
    B_top_hat_log10_end_sigma: float = 0.2
    B_floor_log10_mean: float = 8.5
    B_floor_log10_sigma: float = 0.5
    equation_of_state: EquationOfState = "BSk24"
    decay: DecayModel = "dipolar"
    a_late: float = -0.88
    torque: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not (isinstance(value, int | float) and low <= value <= high):
                raise InputError(f"{name} is {value}; give a number from {low:g} to {high:g}")
        for name, allowed in _NAMES.items():
            if getattr(self, name) not in allowed:
                raise InputError(
                    f"{name} is {getattr(self, name)!r}; allowed: {', '.join(allowed)}"
                )
        if self.B_initial_distribution == "smooth-top-hat" and not (
            self.B_initial_log10_mean < self.B_top_hat_log10_end
        ):
            raise InputError(
                f"the top-hat of fields ends at {self.B_top_hat_log10_end}; give a "
                f"B_top_hat_log10_end above B_initial_log10_mean, {self.B_initial_log10_mean}"
            )
        k0, k1, k2 = self._torque()
        if not (min(k0, k1, k2) >= 0 and 0 < k0 + k1 < math.inf and k2 < math.inf):
            raise InputError(f"torque is {self.torque}; give k0, k1, k2 >= 0 with k0 + k1 > 0")

    def _torque(self) -> tuple[float, float, float]:
        if len(self.torque) != 3:
            raise InputError(f"torque is {self.torque}; give three numbers: k0, k1, k2")
        return self.torque

    @property
    def star(self) -> NeutronStar:
        """The star that every birth makes."""
        return STARS[self.equation_of_state]

    @property
    def field_decay(self) -> FieldDecay:
        """The law of the field's decay with this late exponent."""
        return replace(FIELD_DECAYS[self.decay], a_late=self.a_late)


_RANGES: Final[dict[str, tuple[float, float]]] = {
    "P_initial_log10_mean": (-4, 3),
    "P_initial_log10_sigma": (0, 5),
    "P_initial_mean": (1e-3, 1000),
    "P_initial_sigma": (0, 1000),
    "B_initial_log10_mean": (6, 17),
    "B_initial_log10_sigma": (0, 5),
    "B_second_log10_mean": (6, 17),
    "B_second_log10_sigma": (0, 5),
    "B_first_share": (0, 1),
    "B_top_hat_log10_end": (6, 17),
    "B_top_hat_log10_end_sigma": (0, 5),
    "B_floor_log10_mean": (0, 17),
    "B_floor_log10_sigma": (0, 5),
    "a_late": (-20, 0),
}
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "P_initial_distribution": get_args(PeriodDistribution),
    "B_initial_distribution": get_args(FieldDistribution),
    "equation_of_state": get_args(EquationOfState),
    "decay": get_args(DecayModel),
}
