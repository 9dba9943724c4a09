"""What a population assumes about radio beams, luminosities and the medium between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from skytypes.errors import InputError

BeamLaw = Literal["height", "power-law"]
LuminosityLaw = Literal["spin-down-power", "period-derivative"]


@dataclass(frozen=True)
class RadioSettings:
    """Settings of the radio part; the defaults are the fiducial population's.

    Parameters
    ----------
    beam_law : {"height", "power-law"}
        The beam opens as wide as the last open field line at ``emission_height_cm``, or as
        ``beam_at_1_s_deg`` (P / 1 s)^``beam_power``.
    emission_height_cm : float
        From the centre of the star [cm].
    beam_at_1_s_deg : float
        Half the opening angle of a star that turns once a second [deg].
    beam_power : float
        Dimensionless, at most 0.
    luminosity_law : {"spin-down-power", "period-derivative"}
        L = L0 (Edot / 1e29 erg/s)^epsilon_L, or L0 (P^-3 dP/dt)^epsilon_L in units of seconds.
    L_radio_log10_mean, L_radio_log10_sigma : float
        Of log10 of L0 [erg/s]; the second law's fit is 35.5 and 0.8 with ``epsilon_L`` 0.5.
    epsilon_L : float
        Dimensionless.
    spectral_index : float
        Of the flux density over frequency, other than -1.
    scattering_log10_sigma : float
        Spread of scattering times about the mean at their DM [dex].
    max_distance_kpc : float
        Stars beyond count as if their beam missed the Sun [kpc].

    Raises
    ------
    InputError
        If a number is out of its range or a name is not one of those above.

    Notes
    -----
    Source of the defaults: Pardo-Araujo et al. 2025 (best fit of the luminosity); Johnston et al.
    2020, MNRAS 497, 1957 (height); Posselt et al. 2023, MNRAS 520, 4582 (spectral index);
    Maciesiak, Gil & Melikidze 2012, MNRAS 424, 1762 (power law of the beam).

    Examples
    --------
    >>> RadioSettings().epsilon_L
    0.68
    >>> RadioSettings(spectral_index=-1.0)
    Traceback (most recent call last):
        ...
    skytypes.errors.InputError: spectral_index is -1.0; give another than -1
    """

    beam_law: BeamLaw = "height"
    emission_height_cm: float = 3e7
    beam_at_1_s_deg: float = 2.5
    beam_power: float = -0.5
    luminosity_law: LuminosityLaw = "spin-down-power"
    L_radio_log10_mean: float = 26.17
    L_radio_log10_sigma: float = 0.8
    epsilon_L: float = 0.68  # noqa: N815 - the name it has in every sweep
    spectral_index: float = -1.8
    scattering_log10_sigma: float = 0.5
    max_distance_kpc: float = 35.0

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not (isinstance(value, int | float) and low <= value <= high):
                raise InputError(f"{name} is {value}; give a number from {low:g} to {high:g}")
        for name, allowed in _NAMES.items():
            if getattr(self, name) not in allowed:
                given = getattr(self, name)
                raise InputError(f"{name} is {given!r}; allowed: {', '.join(allowed)}")
        if abs(self.spectral_index + 1) < 1e-6:
            raise InputError(f"spectral_index is {self.spectral_index}; give another than -1")


_RANGES: Final[dict[str, tuple[float, float]]] = {
    "emission_height_cm": (1e6, 1e10),
    "beam_at_1_s_deg": (0.01, 90),
    "beam_power": (-5, 0),
    "L_radio_log10_mean": (0, 60),
    "L_radio_log10_sigma": (0, 10),
    "epsilon_L": (0, 5),
    "spectral_index": (-10, 10),
    "scattering_log10_sigma": (0, 10),
    "max_distance_kpc": (0, 1e4),
}
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "beam_law": get_args(BeamLaw),
    "luminosity_law": get_args(LuminosityLaw),
}
