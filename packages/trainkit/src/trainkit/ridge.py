"""Ridge regression on many features of few items: the linear method a network must beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skytypes.errors import InputError

Floats = NDArray[np.float64]

STRENGTHS = 41
"""Penalties tried, over eight decades."""


@dataclass(frozen=True)
class Ridge:
    """A fitted ridge regression.

    Parameters
    ----------
    mean, scale : arrays of shape (feature,)
        Of the training items; where a whole block never varied the scale is infinity: it counts 0.
    weights : array of shape (feature, label)
    offset : array of shape (label,)
    penalties : array of shape (label,)
        Chosen for each label, in units of the mean squared feature.
    """

    mean: Floats
    scale: Floats
    weights: Floats
    offset: Floats
    penalties: Floats

    def predict(self, features: NDArray[np.floating]) -> Floats:
        """Labels of items, shape (item, label), from features of shape (item, feature)."""
        standard = (features.astype(np.float64) - self.mean) / self.scale
        return np.asarray(standard @ self.weights + self.offset)


def fit_ridge(
    features: NDArray[np.floating], labels: Floats, *, blocks: Sequence[int] | None = None
) -> Ridge:
    """Least squares with a penalty on the squared weights, chosen by leaving out one.

    Each feature has its own mean taken off; those of a block are divided by one deviation, the
    root mean square of theirs. A bin of a map that hardly varied in training is so not blown up
    when it does elsewhere. The offset is not penalised. Solved in the space of items, so that
    only their number squared is held beside the features.

    Parameters
    ----------
    features : array of shape (item, feature)
        In any units; they are divided by deviations and so made dimensionless.
    labels : array of shape (item, label)
    blocks : sequence of int or None
        Features of each block, in order; None makes every feature a block.

    Returns
    -------
    Ridge

    Raises
    ------
    InputError
        If there are fewer than three items.

    Notes
    -----
    With the smoother S of a penalty, the error on an item that is left out is
    (y_i - (S y)_i) / (1 - S_ii). The method is Hoerl & Kennard's (1970, Technometrics 12, 55,
    doi:10.1080/00401706.1970.10488634). Source of the formula: Hastie, Tibshirani & Friedman 2009,
    "The elements of statistical learning", 2nd ed., sec. 7.10.1; the dual form is that of sec.
    12.3.7.

    Examples
    --------
    >>> x = np.arange(12.0).reshape(6, 2)
    >>> fitted = fit_ridge(x, 3 * x[:, :1] + 1)
    >>> bool(np.abs(fitted.predict(x) - (3 * x[:, :1] + 1)).max() < 1e-3)
    True
    """
    if len(features) < 3:
        raise InputError(f"ridge regression on {len(features)} items; give three or more")
    mean, scale = _moments(features, blocks)
    standard = (features - mean) / scale
    size = standard.shape[1]
    spectrum, vectors = np.linalg.eigh(standard @ standard.T / size)
    spectrum = np.clip(spectrum, 0.0, None)
    offset = labels.mean(axis=0)
    turned = vectors.T @ (labels - offset)
    top = float(spectrum[-1]) or 1.0
    penalties = top * np.logspace(-6, 2, STRENGTHS)
    errors = np.stack([_left_out(p, spectrum, vectors, turned, labels) for p in penalties])
    chosen = penalties[errors.argmin(axis=0)]
    dual = vectors @ (turned / (spectrum[:, None] + chosen))
    return Ridge(mean, scale, standard.T @ dual / size, offset, chosen)


def _moments(features: NDArray[np.floating], blocks: Sequence[int] | None) -> tuple[Floats, Floats]:
    sizes = np.ones(features.shape[1], int) if blocks is None else np.asarray(blocks)
    block = np.repeat(np.arange(len(sizes)), sizes)
    variance = features.var(axis=0, dtype=np.float64)
    # Equal numbers have a variance of their rounding.
    variance[np.ptp(features, axis=0) == 0] = 0.0
    shared = np.bincount(block, variance) / sizes
    scale = np.where(shared > 0, np.sqrt(shared), np.inf)[block]
    return np.asarray(features.mean(axis=0, dtype=np.float64)), np.asarray(scale)


def _left_out(
    penalty: float, spectrum: Floats, vectors: Floats, turned: Floats, labels: Floats
) -> Floats:
    """Mean squared error over items each left out, shape (label,)."""
    share = spectrum / (spectrum + penalty)
    fitted = labels.mean(axis=0) + vectors @ (share[:, None] * turned)
    leverage = 1 / len(labels) + (vectors**2 @ share)
    residual = (labels - fitted) / np.clip(1 - leverage, 1e-9, None)[:, None]
    return np.asarray((residual**2).mean(axis=0))
