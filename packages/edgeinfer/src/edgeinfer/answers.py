"""`Answer`: what a model says of one file, as a line of a table or of JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from skytypes.arrays import Array

Value = float | Mapping[str, float] | None
"""One answer: a number, probabilities by class, or None where the network gave no number."""


@dataclass(frozen=True)
class Answer:
    """What the model says of one file, or why it says nothing.

    Parameters
    ----------
    file : str
    values : mapping of str to `Value`
        By output name, in the card's units; position angles east of north [deg], offsets east and
        north positive [arcsec].
    reasons : tuple of str
        Why the values must not be used; empty means usable.
    seconds : float
        Wall time of this file: reading, encoding and decoding it, and its share of the network's
        [s].
    error : str or None
        One line, where there is no answer.

    Examples
    --------
    >>> Answer("a.fits", {"incl_deg": 30.0}, (), 0.01).row()["usable"]
    True
    """

    file: str
    values: Mapping[str, Value] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    seconds: float = 0.0
    error: str | None = None

    @property
    def usable(self) -> bool:
        """Whether there is an answer and no rule of the card is against using it."""
        return self.error is None and not self.reasons

    def row(self) -> dict[str, object]:
        """The answer as one line of a table or of JSON."""
        if self.error is not None:
            return {"file": self.file, "error": self.error}
        return {
            "file": self.file,
            **self.values,
            "usable": self.usable,
            "reasons": list(self.reasons),
            "seconds": round(self.seconds, 6),
        }


def _number(value: Array) -> float | None:
    """A float32 answer with the fewest digits that are it, so that no bound is rounded over."""
    number = float(str(np.float32(value)))
    return number if math.isfinite(number) else None


def value_of(answer: Array, classes: tuple[str, ...]) -> Value:
    """One decoded answer as a plain value.

    Parameters
    ----------
    answer : array of shape () or (class,)
        In the output's unit.
    classes : tuple of str
        Empty where the answer is a number.

    Examples
    --------
    >>> import numpy as np
    >>> value_of(np.float32(0.1), ()), value_of(np.float32("nan"), ())
    (0.1, None)
    """
    if not classes:
        return _number(answer)
    numbers = [_number(v) for v in answer]
    if any(n is None for n in numbers):
        return None
    return {c: n for c, n in zip(classes, numbers, strict=True) if n is not None}
