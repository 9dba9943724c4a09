"""Statistics of labels: what a training needs to standardise them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np


def label_statistics(labels: Mapping[str, Sequence[float]]) -> dict[str, dict[str, float]]:
    """Maximum, mean, minimum and standard deviation of each label.

    Parameters
    ----------
    labels : mapping of name to values

    Returns
    -------
    dict of name to dict
        Keys ``max``, ``mean``, ``min``, ``std``; the deviation is that of the population (ddof 0).

    Examples
    --------
    >>> label_statistics({"a_late": [1.0, 3.0]})
    {'a_late': {'max': 3.0, 'mean': 2.0, 'min': 1.0, 'std': 1.0}}
    """
    columns = {name: np.asarray(values, dtype=np.float64) for name, values in labels.items()}
    return {
        name: {
            "max": float(column.max()),
            "mean": float(column.mean()),
            "min": float(column.min()),
            "std": float(column.std()),
        }
        for name, column in columns.items()
    }


def statistics_text(labels: Mapping[str, Sequence[float]]) -> str:
    """`label_statistics` as JSON with sorted keys, indented by four.

    Parameters
    ----------
    labels : mapping of name to values

    Examples
    --------
    >>> print(statistics_text({"h_c": [0.5]}).splitlines()[2])
            "max": 0.5,
    """
    text = json.dumps(label_statistics(labels), indent=4, sort_keys=True, allow_nan=False)
    return text + "\n"
