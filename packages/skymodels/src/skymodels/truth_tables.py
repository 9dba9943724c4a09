"""The truth of many disks as one table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from .structure import ARRAYS_OF_PARAMS


def truth_table(truths: Mapping[str, Mapping[str, Any]]) -> str:
    """Truth of disks as CSV text: one row a disk; lists are JSON.

    Parameters
    ----------
    truths : mapping of str to mapping
        Truth of each disk by its ID; units are in the names.

    Returns
    -------
    str

    Examples
    --------
    >>> print(truth_table({"a": {"incl_deg": 30.0, "gap_depth": [0.5]}}).strip())
    ID,incl_deg,gap_depth
    a,30.0,[0.5]
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns = sorted({name for truth in truths.values() for name in truth}, key=_column_order)
    writer.writerow(["ID", *columns])
    for name, truth in truths.items():
        cells = [truth.get(column, "") for column in columns]
        writer.writerow([name, *(json.dumps(c) if isinstance(c, list) else c for c in cells)])
    return out.getvalue()


def _column_order(name: str) -> tuple[int, str]:
    """Place of a column: as `DiskParams` has its fields, then the others by name."""
    known = name in ARRAYS_OF_PARAMS
    return ARRAYS_OF_PARAMS.index(name) if known else len(ARRAYS_OF_PARAMS), name
