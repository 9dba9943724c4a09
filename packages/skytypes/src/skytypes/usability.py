"""Whether an answer may be used, by the rules on the model's card."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .arrays import Array, to_numpy
from .cards import ModelCard, UsableRule
from .encoding import window_of
from .errors import ContractError
from .samples import Sample


def peak_over_rms(image: Array) -> NDArray[np.float64]:
    """Peak over robust noise of pictures: (maximum - median) / (1.4826 MAD).

    Parameters
    ----------
    image : array of shape (batch, y, x), any unit

    Returns
    -------
    array of shape (batch,), dimensionless
        Infinite where the picture has no noise; 0 where it is the same everywhere.

    Examples
    --------
    >>> x = np.random.default_rng(1).normal(size=(1, 64, 64)); x[0, 5, 5] = 100
    >>> bool(90 < peak_over_rms(x)[0] < 110)
    True
    """
    flat = to_numpy(image).reshape(image.shape[0], -1).astype(np.float64)
    middle = np.median(flat, axis=1)
    rms = 1.4826 * np.median(np.abs(flat - middle[:, None]), axis=1)
    peak = flat.max(axis=1) - middle
    infinite = np.full(len(peak), np.inf)
    infinite[peak == 0] = 0.0
    return np.asarray(np.divide(peak, rms, out=infinite, where=rms > 0))


def _quantity(
    name: str, card: ModelCard, answers: Mapping[str, Array], batch: Sample
) -> NDArray[np.float64]:
    if name in answers and answers[name].ndim == 1:
        return to_numpy(answers[name]).astype(np.float64)
    if name == "peak_over_rms":
        return peak_over_rms(batch.inputs["image"])
    if name == "window_over_beam":
        width = 2 * to_numpy(window_of(card.inputs, batch).half_px)
        scale = to_numpy(batch.inputs["pixel_scale_arcsec"])
        return np.asarray(width * scale / to_numpy(batch.inputs["bmaj_arcsec"]), np.float64)
    if name == "beam_over_pixel":
        wide, scale = (to_numpy(batch.inputs[n]) for n in ("bmaj_arcsec", "pixel_scale_arcsec"))
        return np.asarray(wide / scale, np.float64)
    if name in batch.inputs and to_numpy(batch.inputs[name]).ndim == 1:
        return to_numpy(batch.inputs[name]).astype(np.float64)
    raise ContractError(
        f"card {card.name!r}: rule on {name!r}, which is no output or input of one number and "
        "not peak_over_rms, window_over_beam or beam_over_pixel"
    )


def _broken(rule: UsableRule, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    low = -math.inf if rule.at_least is None else rule.at_least
    high = math.inf if rule.at_most is None else rule.at_most
    return ~((values >= low) & (values <= high))


def reasons_not_usable(
    card: ModelCard, answers: Mapping[str, Array], sample: Sample
) -> list[list[str]]:
    """Reasons, by item, why its answer must not be used; an empty list means usable.

    Parameters
    ----------
    card : ModelCard
        Its ``usable`` rules.
    answers : mapping of str to array of shape (batch,)
        As `decode` returned them, in the outputs' units (degrees, arcsec).
    sample : Sample
        One item or a batch.

    Returns
    -------
    list of lists of str
        A NaN breaks every rule on it.

    Examples
    --------
    >>> rule = UsableRule("incl_deg", "nearly edge-on", at_most=80.0)
    >>> card = ModelCard("toy", "0", "toy", (), (), usable=(rule,))
    >>> s = Sample({"image": np.zeros((2, 4, 4))}, size=2)
    >>> reasons_not_usable(card, {"incl_deg": np.array([10.0, 85.0])}, s)
    [[], ['nearly edge-on']]
    """
    batch = sample.as_batch()
    reasons: list[list[str]] = [[] for _ in range(batch.size or 0)]
    for rule in card.usable:
        for item in np.flatnonzero(_broken(rule, _quantity(rule.quantity, card, answers, batch))):
            reasons[int(item)].append(rule.reason)
    return reasons
