"""What the air and the receiver add to the signal: opacity and system temperature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytypes.errors import InputError

from ..arrays import find_band

# CASA rounds Planck's constant over Boltzmann's so; with the exact one its noise is not met.
H_OVER_K = 4.80145e-11
SPILLOVER_EFFICIENCY = 0.95
GROUND_K = 270.0
BACKGROUND_K = 2.725
AIRMASS = (1.0, 3.9)


@dataclass(frozen=True)
class Atmosphere:
    """The air above ALMA at a frequency, and the receiver of a band.

    `casa_sim.native.atmosphere_table.find_atmosphere` has those that there are.

    Parameters
    ----------
    band : int
    frequency_hz : float
        [Hz]
    tau_dry : float
        Zenith opacity without water, dimensionless.
    tau_wet_per_mm : float
        Zenith opacity of a millimetre of water [1/mm].
    tm_wet_k, tm_dry_k : float
        Mean temperature of the water vapour and of the dry air, optically thin [K].
    tm_rate : float
        How fast the mean temperature nears the ground's as opacity grows, dimensionless.
    trx_k : float
        Receiver temperature [K].
    pwv_min_mm, pwv_max_mm : float
        Water vapour for which the fit holds [mm].

    Notes
    -----
    Zenith opacity is ``tau_dry + tau_wet_per_mm * pwv``. The mean temperature of the air, along a
    path of opacity ``t``, is ``Tm = 270 - (270 - tm_wet - (tm_dry - tm_wet) f) exp(-tm_rate t)``
    with ``f`` the dry share of the opacity: the two layers' mean where it is thin, the ground's
    270 K where it is thick. Both forms are ours, fitted to what ATM gives (Pardo, Cernicharo &
    Serabyn 2001, IEEE Trans. Antennas Propag. 49, 1683, doi:10.1109/8.982447).
    """

    band: int
    frequency_hz: float
    tau_dry: float
    tau_wet_per_mm: float
    tm_wet_k: float
    tm_dry_k: float
    tm_rate: float
    trx_k: float
    pwv_min_mm: float
    pwv_max_mm: float

    def opacity(self, pwv_mm: float) -> float:
        """Opacity towards the zenith, dimensionless.

        Parameters
        ----------
        pwv_mm : float
            Precipitable water vapour [mm].

        Returns
        -------
        float
            ``tau_dry + tau_wet_per_mm * pwv_mm``.

        Raises
        ------
        InputError
            If the fit does not hold for that much water.

        Examples
        --------
        >>> from casa_sim.native.atmosphere_table import find_atmosphere
        >>> round(find_atmosphere(6).opacity(1.0), 6)
        0.053971
        """
        low, high = self.pwv_min_mm, self.pwv_max_mm
        if not low <= pwv_mm <= high:
            raise InputError(
                f"pwv_mm is {pwv_mm:g}; allowed for the noise of {self._place}: "
                f"{low:g} to {high:.3g} mm"
            )
        return self.tau_dry + self.tau_wet_per_mm * pwv_mm

    @property
    def _place(self) -> str:
        if self.frequency_hz == find_band(self.band).frequency_hz:
            return f"band {self.band}"
        return f"band {self.band} at {self.frequency_hz / 1e9:.7g} GHz"

    def mean_temperature_k(self, pwv_mm: float, airmass: ArrayLike) -> NDArray[np.float64]:
        """Mean temperature of the air that radiates [K].

        Parameters
        ----------
        pwv_mm : float
            [mm]
        airmass : array_like
            1 / sin(elevation), dimensionless.

        Returns
        -------
        ndarray
            Of the shape of ``airmass``.

        Raises
        ------
        InputError
            If the fit does not hold for that much water or air.

        Examples
        --------
        >>> from casa_sim.native.atmosphere_table import find_atmosphere
        >>> round(float(find_atmosphere(6).mean_temperature_k(1.0, 1.0)))
        257
        """
        zenith = self.opacity(pwv_mm)
        path = zenith * _checked(airmass)
        thin = self.tm_wet_k + (self.tm_dry_k - self.tm_wet_k) * self.tau_dry / zenith
        mean: NDArray[np.float64] = GROUND_K - (GROUND_K - thin) * np.exp(-self.tm_rate * path)
        return mean

    def radiation_k(self, temperature_k: ArrayLike) -> NDArray[np.float64]:
        """Planck's law at the band's frequency, as a Rayleigh-Jeans temperature [K].

        Parameters
        ----------
        temperature_k : array_like
            [K]

        Returns
        -------
        ndarray
            ``J(T) = (h nu / k) / (exp(h nu / k T) - 1)``, of the shape of ``temperature_k``.

        Examples
        --------
        >>> from casa_sim.native.atmosphere_table import find_atmosphere
        >>> round(float(find_atmosphere(6).radiation_k(270.0)), 3)
        264.516
        """
        quantum_k = H_OVER_K * self.frequency_hz
        return quantum_k / np.expm1(quantum_k / np.asarray(temperature_k, dtype=np.float64))

    def sky_temperature_k(self, pwv_mm: float, airmass: ArrayLike) -> NDArray[np.float64]:
        """What the antenna receives of air, sky background and ground, Rayleigh-Jeans [K].

        Parameters
        ----------
        pwv_mm : float
            [mm]
        airmass : array_like
            1 / sin(elevation), dimensionless.

        Returns
        -------
        ndarray
            Of the shape of ``airmass``.

        Raises
        ------
        InputError
            As `mean_temperature_k`.

        Notes
        -----
        ``J = 0.95 [J(Tm)(1 - e^-tA) + J(2.725) e^-tA] + 0.05 J(270)``, ``t`` the zenith opacity and
        ``A`` the airmass: CASA's ``tsys-atm``.

        Examples
        --------
        >>> from casa_sim.native.atmosphere_table import find_atmosphere
        >>> find_atmosphere(6).sky_temperature_k(1.0, [1.0, 2.0]).round(1).tolist()
        [25.9, 37.8]
        """
        through = np.exp(-self.opacity(pwv_mm) * _checked(airmass))
        air = self.radiation_k(self.mean_temperature_k(pwv_mm, airmass))
        above = air * (1 - through) + self.radiation_k(BACKGROUND_K) * through
        ground = self.radiation_k(GROUND_K)
        received: NDArray[np.float64] = (
            SPILLOVER_EFFICIENCY * above + (1 - SPILLOVER_EFFICIENCY) * ground
        )
        return received

    def system_temperature_k(self, pwv_mm: float, airmass: ArrayLike) -> NDArray[np.float64]:
        """System temperature above the atmosphere, ``e^(tA) (J + Trx)`` [K].

        Parameters
        ----------
        pwv_mm : float
            [mm]
        airmass : array_like
            1 / sin(elevation), dimensionless.

        Returns
        -------
        ndarray
            Of the shape of ``airmass``.

        Raises
        ------
        InputError
            As `mean_temperature_k`.

        Notes
        -----
        What is measured at the ground is brought above the air (Ulich & Haas 1976, ApJS 30, 247).

        Examples
        --------
        >>> from casa_sim.native.atmosphere_table import find_atmosphere
        >>> round(float(find_atmosphere(6).system_temperature_k(1.0, 1.0)), 1)
        80.2
        """
        received = self.sky_temperature_k(pwv_mm, airmass) + self.trx_k
        total: NDArray[np.float64] = np.exp(self.opacity(pwv_mm) * _checked(airmass)) * received
        return total


def _checked(airmass: ArrayLike) -> NDArray[np.float64]:
    value = np.asarray(airmass, dtype=np.float64)
    low, high = AIRMASS
    # Rounding of 1 / sin(elevation) may fall just short of one.
    bad = ~((value >= low - 1e-9) & (value <= high))
    if bad.any():
        worst = float(value[bad].flat[0])
        raise InputError(
            f"airmass is {worst:.4g}; allowed: {low:g} to {high:g} "
            f"(elevation above {np.degrees(np.arcsin(1 / high)):.1f} deg)"
        )
    return value
