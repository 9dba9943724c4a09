"""How far answers are from the truth, each figure with its interval and number of disks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from skytypes import item_rng
from skytypes.arrays import Array, to_numpy
from skytypes.cards import Metric
from skytypes.errors import InputError

PA_MIN_INCL_DEG = 20.0
"""Position angles are scored for disks inclined by at least this: a face-on disk has none."""
RESAMPLES = 2000

DEFINITIONS: Mapping[str, str] = {
    "incl_mae_deg": "mean |inclination - truth|",
    "pa_mae_deg": "mean axial distance of the position angle from the truth, 0 to 90 deg, over "
    f"disks with a true inclination of at least {PA_MIN_INCL_DEG:g} deg",
    "centre_mae_arcsec": "mean distance of the centre from the truth",
}
_INTERVAL = f"; 95 % interval by {RESAMPLES} bootstrap resamples of the disks"


def axial_distance_deg(a_deg: Array, b_deg: Array) -> NDArray[np.float64]:
    """Distance of two axes, 0 to 90 [deg]; an axis turned by 180 deg is the same one.

    Parameters
    ----------
    a_deg, b_deg : arrays of one shape, or numbers
        Position angles, east of north [deg].

    Returns
    -------
    ndarray
        Of that shape.

    Examples
    --------
    >>> float(axial_distance_deg(1.0, 178.0))
    3.0
    """
    apart = np.mod(np.subtract(to_numpy(a_deg), to_numpy(b_deg), dtype=np.float64), 180.0)
    return np.asarray(np.minimum(apart, 180.0 - apart))


def errors_of(
    labels: Mapping[str, Array], answers: Mapping[str, Array]
) -> dict[str, NDArray[np.float64]]:
    """Error of every disk that counts for each figure.

    Parameters
    ----------
    labels, answers : mapping of str to array of shape (item,)
        ``incl_deg``, ``pa_deg`` [deg], ``dx_arcsec``, ``dy_arcsec`` [arcsec].

    Returns
    -------
    dict of str to array
        By name of the figure, which tells the unit; ``pa_mae_deg`` has fewer entries than the
        others.

    Raises
    ------
    InputError
        If a field is missing, lengths differ, or a number is not finite.
    """
    truth, said = _columns(labels, "labels"), _columns(answers, "answers")
    if len(truth["incl_deg"]) != len(said["incl_deg"]):
        raise InputError(
            f"{len(truth['incl_deg'])} labels and {len(said['incl_deg'])} answers; "
            "give one answer a disk"
        )
    axial = axial_distance_deg(said["pa_deg"], truth["pa_deg"])
    east, north = (said[k] - truth[k] for k in ("dx_arcsec", "dy_arcsec"))
    return {
        "incl_mae_deg": np.abs(said["incl_deg"] - truth["incl_deg"]),
        "pa_mae_deg": axial[truth["incl_deg"] >= PA_MIN_INCL_DEG],
        "centre_mae_arcsec": np.hypot(east, north),
    }


def _columns(values: Mapping[str, Array], what: str) -> dict[str, NDArray[np.float64]]:
    columns = {}
    for name in ("incl_deg", "pa_deg", "dx_arcsec", "dy_arcsec"):
        if name not in values:
            raise InputError(f"{what} have no {name!r}; they have {sorted(values)}")
        columns[name] = np.atleast_1d(to_numpy(values[name]).astype(np.float64))
        if not np.isfinite(columns[name]).all():
            raise InputError(f"{what}: {name!r} holds numbers that are not finite")
    return columns


def bootstrap_interval(values: NDArray[np.float64], *, seed: int = 0) -> tuple[float, float]:
    """Interval that holds the mean with 95 %, by resampling the items.

    Parameters
    ----------
    values : array of shape (item,)
    seed : int

    Returns
    -------
    (low, high)
        In the unit of ``values``.

    Notes
    -----
    The bootstrap is Efron's (1979, Ann. Statist. 7, 1, doi:10.1214/aos/1176344552); its percentiles
    as an interval: Efron & Tibshirani 1993, "An introduction to the bootstrap", ch. 13.

    Examples
    --------
    >>> low, high = bootstrap_interval(np.array([1.0, 2.0, 3.0]))
    >>> 1.0 <= low < 2.0 < high <= 3.0
    True
    """
    rng = item_rng(seed, len(values), "trainkit.bootstrap")
    means = [values[rng.integers(len(values), size=len(values))].mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def score(
    labels: Mapping[str, Array], answers: Mapping[str, Array], *, data: str = "", seed: int = 0
) -> dict[str, Metric]:
    """Figures of a method on held-out disks.

    Parameters
    ----------
    labels, answers : mapping of str to array of shape (item,)
        ``incl_deg``, ``pa_deg`` [deg], ``dx_arcsec``, ``dy_arcsec`` [arcsec].
    data : str
        What the disks are, put into the definition.
    seed : int
        Of the bootstrap.

    Returns
    -------
    dict of str to Metric
        By name; a figure that no disk counts for is left out.

    Raises
    ------
    InputError
        If a field is missing, lengths differ, or a number is not finite.

    Examples
    --------
    >>> truth = {"incl_deg": [40.0], "pa_deg": [179.0], "dx_arcsec": [0.0], "dy_arcsec": [0.0]}
    >>> said = {"incl_deg": [42.0], "pa_deg": [1.0], "dx_arcsec": [0.3], "dy_arcsec": [0.4]}
    >>> {name: round(m.value, 3) for name, m in score(truth, said).items()}
    {'incl_mae_deg': 2.0, 'pa_mae_deg': 2.0, 'centre_mae_arcsec': 0.5}
    """
    figures = {}
    for name, errors in errors_of(labels, answers).items():
        if len(errors):
            definition = DEFINITIONS[name] + (f", on {data}" if data else "") + _INTERVAL
            interval = bootstrap_interval(errors, seed=seed)
            figures[name] = Metric(name, float(errors.mean()), definition, len(errors), interval)
    return figures
