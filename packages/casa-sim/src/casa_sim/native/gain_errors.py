"""What calibration leaves: antenna phases that wander, and a wrong flux scale; simple models."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from skytypes import item_rng
from skytypes.errors import InputError

from ..settings import INTEGRATION_S

PHASE_TIME_S = 300.0

_MAX_GAINS = 1 << 26


def antenna_phase_errors(
    n_antennas: int,
    n_times: int,
    rms_deg: float,
    *,
    seed: int,
    array_number: int,
    interval_s: float = INTEGRATION_S,
) -> NDArray[np.complex64]:
    """Gains ``exp(i phi)`` of antennas whose phases wander.

    Parameters
    ----------
    n_antennas, n_times : int
    rms_deg : float
        Of each antenna's phase [deg]; of a baseline it is sqrt(2) times as much. 0 to 180.
    seed, array_number : int
        As `draw_noise`.
    interval_s : float
        Between two times [s].

    Returns
    -------
    ndarray of complex64, shape (n_times, n_antennas)
        A visibility of antennas p and q is multiplied by ``g_p conj(g_q)``.

    Raises
    ------
    InputError
        If a value is not allowed.

    Notes
    -----
    Antennas are independent. Each phase is a stationary Ornstein-Uhlenbeck process of correlation
    time 300 s (`PHASE_TIME_S`), exact at the times: Gillespie 1996, Phys. Rev. E 54, 2084,
    eq. 2.47, doi:10.1103/PhysRevE.54.2084. Visibilities keep ``exp(-rms^2)`` of their amplitude on
    average, rms in radians.

    Examples
    --------
    >>> antenna_phase_errors(3, 2, 0.0, seed=1, array_number=0).shape
    (2, 3)
    """
    if not (math.isfinite(rms_deg) and 0 <= rms_deg <= 180):
        raise InputError(f"rms_deg is {rms_deg:g}; allowed: 0 to 180 deg")
    if not (math.isfinite(interval_s) and interval_s > 0):
        raise InputError(f"interval_s is {interval_s:g}; give a positive number")
    if min(n_antennas, n_times) < 1 or n_antennas * n_times > _MAX_GAINS:
        raise InputError(
            f"{n_antennas} antennas at {n_times} times; allowed: 1 to {_MAX_GAINS} gains"
        )
    rng = item_rng(seed, array_number, "casa_sim.native.phase_errors")
    drive = rng.standard_normal((n_times, n_antennas))
    kept = math.exp(-interval_s / PHASE_TIME_S)
    # The first draw is of the stationary law; later ones add what the decay leaves.
    drive[1:] *= math.sqrt(1 - kept**2)
    phase = math.radians(rms_deg) * lfilter([1.0], [1.0, -kept], drive, axis=0)
    gains: NDArray[np.complex64] = np.exp(1j * phase).astype(np.complex64)
    return gains


def flux_scale_factor(percent: float, *, seed: int) -> float:
    """Factor by which an observation's flux scale is wrong.

    Parameters
    ----------
    percent : float
        One standard deviation, 0 to 50 [%].
    seed : int
        Of the item.

    Returns
    -------
    float
        Log-normal about 1, thus never negative; dimensionless.

    Raises
    ------
    InputError
        If the percentage or the seed is not allowed.

    Examples
    --------
    >>> flux_scale_factor(0.0, seed=3)
    1.0
    """
    if not (math.isfinite(percent) and 0 <= percent <= 50):
        raise InputError(f"flux scale error is {percent:g}; allowed: 0 to 50 %")
    rng = item_rng(seed, 0, "casa_sim.native.flux_scale")
    return math.exp(math.log1p(percent / 100) * rng.standard_normal())
