"""Samples of a sweep: which parameters of the population change, and to what."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skytypes import item_rng
from skytypes.errors import InputError

from .settings import VARIABLES

MAX_SAMPLES = 1_000_000
"""Folders have six digits."""


@dataclass(frozen=True)
class Sweep:
    """A parameter that changes from sample to sample.

    Parameters
    ----------
    name : str
        One of `popmaps.population.settings.VARIABLES`, in the unit given there.
    low, high : float
        Range, both ends inside the parameter's limits.
    steps : int or None
        Values of a grid, both ends included; None draws uniformly between the ends.

    Raises
    ------
    InputError
        If the name is none of them, the range is empty or outside the limits, or a grid has fewer
        than two values.

    Examples
    --------
    >>> Sweep("h_c", 0.02, 2.0).steps is None
    True
    """

    name: str
    low: float
    high: float
    steps: int | None = None

    def __post_init__(self) -> None:
        if self.name not in VARIABLES:
            raise InputError(f"parameter {self.name!r}; what can vary: {', '.join(VARIABLES)}")
        least, most = VARIABLES[self.name].low, VARIABLES[self.name].high
        if not (math.isfinite(self.low) and math.isfinite(self.high)) or self.low >= self.high:
            raise InputError(
                f"{self.name} from {self.low:g} to {self.high:g}; give the low end, then the high"
            )
        if self.low < least or self.high > most:
            raise InputError(
                f"{self.name} from {self.low:g} to {self.high:g}; allowed: {least:g} to {most:g}"
            )
        if self.steps is not None and self.steps < 2:
            raise InputError(f"a grid of {self.steps} values of {self.name}; give 2 or more")

    def value(self, seed: int, sample: int) -> float:
        """The value that is drawn for a sample; other parameters do not change it.

        Parameters
        ----------
        seed : int
            Of the whole sweep.
        sample : int
            Number of the sample.
        """
        rng = item_rng(seed, sample, f"popmaps.parameter.{self.name}")
        return float(rng.uniform(self.low, self.high))

    def grid(self) -> list[float]:
        """Values of the grid, the low end first."""
        return [float(v) for v in np.linspace(self.low, self.high, self.steps or 2)]


def plan_samples(sweeps: Sequence[Sweep], samples: int, seed: int) -> list[dict[str, float]]:
    """Parameters of each sample.

    Parameters
    ----------
    sweeps : sequence of Sweep
        Grids are combined with one another, the last varies fastest.
    samples : int
        Samples; with grids, samples for each of their points.
    seed : int
        Of the drawn values. Sample i has the same values in a longer plan.

    Returns
    -------
    list of dict
        Sample i's parameters by name, sorted.

    Raises
    ------
    InputError
        If a parameter is given twice, or there would be no sample or more than a million.

    Examples
    --------
    >>> plan_samples([Sweep("h_c", 0.1, 0.2, 2), Sweep("sigma_k", 100, 300, 2)], 1, 0)[1]
    {'h_c': 0.1, 'sigma_k': 300.0}
    """
    names = [sweep.name for sweep in sweeps]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"parameter {twice!r} is given twice; give it once")
    grids = [sweep for sweep in sweeps if sweep.steps is not None]
    total = samples * math.prod(sweep.steps or 1 for sweep in grids)
    if samples < 1 or total > MAX_SAMPLES:
        raise InputError(f"{total} samples; give 1 to {MAX_SAMPLES}")
    points = itertools.product(*(sweep.grid() for sweep in grids), range(samples))
    drawn = [sweep for sweep in sweeps if sweep.steps is None]
    return [
        dict(
            sorted(
                (
                    {s.name: v for s, v in zip(grids, point, strict=False)}
                    | {s.name: s.value(seed, number) for s in drawn}
                ).items()
            )
        )
        for number, point in enumerate(points)
    ]
