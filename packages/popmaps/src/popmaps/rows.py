"""Some of the stars of any dataclass of arrays."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


def rows(stars: T, chosen: Any) -> T:
    """Some of the stars of any dataclass whose fields are arrays, one value a star.

    Parameters
    ----------
    stars : dataclass
        Fields that are dataclasses themselves are cut as well; numbers stay.
    chosen : ndarray or slice
        Numbers, a mask or a slice.

    Examples
    --------
    >>> from popmaps.radio.draws import RadioDraws
    >>> rows(RadioDraws(*np.eye(3)), slice(1)).luminosity
    array([0.])
    """
    cut = {}
    for each in fields(stars):  # type: ignore[arg-type]
        value = getattr(stars, each.name)
        if isinstance(value, np.ndarray):
            value = value[chosen]
        elif hasattr(value, "__dataclass_fields__"):
            value = rows(value, chosen)
        cut[each.name] = value
    return type(stars)(**cut)
