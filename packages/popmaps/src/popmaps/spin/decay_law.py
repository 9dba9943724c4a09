"""The law by which the dipole field in the crust decays.

The field falls as B0 (1 + t/t1)^a1 (1 + t/t2)^(a2 - a1) (1 + t/tl)^(a_late - a2), with t1 and t2
powers of B0: the Hall effect, the Ohmic decay it leads to, and a power law at late times. Where
the late time comes before t2 its term is left out, where it comes before t1 only the late term is
left. Source: Graber et al. 2024, ApJ 968, 16 (the fit to magneto-thermal simulations).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from skytypes.errors import InputError


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
