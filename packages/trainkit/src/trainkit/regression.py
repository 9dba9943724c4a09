"""How well numbers are said: R^2 and mean absolute error of each label, with intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from skytypes import item_rng
from skytypes.cards import Metric
from skytypes.errors import InputError

from .metrics import RESAMPLES

Floats = NDArray[np.float64]
_INTERVAL = f"; 95 % interval by {RESAMPLES} bootstrap resamples of the items"


def r_squared(truth: Floats, said: Floats) -> float:
    """1 - sum of squared errors / sum of squares about the mean truth; NaN if that is 0.

    Parameters
    ----------
    truth, said : arrays of shape (item,)
        In one unit.

    Returns
    -------
    float
        Dimensionless: 1 for exact answers, 0 for the mean truth, negative for worse.

    Examples
    --------
    >>> r_squared(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0]))
    0.5
    """
    spread = float(((truth - truth.mean()) ** 2).sum())
    return 1 - float(((truth - said) ** 2).sum()) / spread if spread > 0 else float("nan")


def resampled(count: int, *, seed: int = 0) -> NDArray[np.int64]:
    """Items of each bootstrap resample, shape (resample, item)."""
    rng = item_rng(seed, count, "trainkit.bootstrap")
    return rng.integers(count, size=(RESAMPLES, count))


def score_labels(
    labels: Mapping[str, Floats], answers: Mapping[str, Floats], *, data: str = "", seed: int = 0
) -> dict[str, Metric]:
    """Figures of a method on held-out items.

    Parameters
    ----------
    labels, answers : mapping of str to array of shape (item,)
        Truth, and what the method says.
    data : str
        What the items are, put into the definition.
    seed : int
        Of the bootstrap.

    Returns
    -------
    dict of str to Metric
        ``NAME_r2`` and ``NAME_mae`` of each label; the first is left out where all truths are
        equal.

    Raises
    ------
    InputError
        If a label has no answers, or not one an item.

    Notes
    -----
    Source of the interval: Efron & Tibshirani 1993, "An introduction to the bootstrap", ch. 13; the
    bootstrap itself is Efron's (1979, Ann. Statist. 7, 1, doi:10.1214/aos/1176344552).

    Examples
    --------
    >>> truth = {"h_c": np.array([0.1, 0.2, 0.3])}
    >>> figures = score_labels(truth, {"h_c": np.array([0.1, 0.2, 0.4])})
    >>> {name: round(m.value, 3) for name, m in figures.items()}
    {'h_c_r2': 0.5, 'h_c_mae': 0.033}
    """
    figures = {}
    on = f", on {data}" if data else ""
    for name, truth in labels.items():
        said = np.asarray(answers.get(name, ()), np.float64)
        if said.shape != truth.shape:
            raise InputError(f"{len(said)} answers for {len(truth)} labels {name!r}; give as many")
        picks = resampled(len(truth), seed=seed)
        errors = np.abs(said - truth)
        interval = _between(errors[picks].mean(axis=1))
        definition = f"mean |{name} - truth|{on}{_INTERVAL}"
        mae = Metric(f"{name}_mae", float(errors.mean()), definition, len(truth), interval)
        value = r_squared(truth, said)
        if np.isfinite(value):
            interval = _between(r_squared_of(truth, said, picks))
            definition = f"R^2 of {name}: 1 - squared errors / squares about the mean truth"
            definition += on + _INTERVAL
            figures[f"{name}_r2"] = Metric(f"{name}_r2", value, definition, len(truth), interval)
        figures[mae.name] = mae
    return figures


def r_squared_of(truth: Floats, said: Floats, picks: NDArray[np.int64]) -> Floats:
    """`r_squared` of each resample, shape (resample,); NaN where all its truths are equal."""
    drawn = truth[picks]
    spread = ((drawn - drawn.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    squares = ((drawn - said[picks]) ** 2).sum(axis=1)
    share = np.divide(squares, spread, out=np.full(len(picks), np.nan), where=spread > 0)
    return np.asarray(1 - share)


def _between(values: Floats) -> tuple[float, float]:
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)
