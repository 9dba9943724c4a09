"""One spelling for numpy arrays and torch tensors.

It is that of the Python array API standard, https://data-apis.org/array-api.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from array_api_compat import array_namespace, device
from numpy.typing import NDArray

Array: TypeAlias = Any
"""A numpy array or a torch tensor; the two are used through :func:`namespace`."""


def namespace(*arrays: Array) -> Any:
    """Array-API functions for the kind of array given.

    Parameters
    ----------
    *arrays : numpy arrays or torch tensors, any shape
        All of one kind.

    Returns
    -------
    module
        ``xp`` with ``xp.sum``, ``xp.fft`` and so on.

    Examples
    --------
    >>> xp = namespace(np.zeros(3))
    >>> float(xp.sum(xp.asarray([1.0, 2.0])))
    3.0
    """
    return array_namespace(*arrays)


def like(values: Any, reference: Array) -> Array:
    """Numbers as an array of the same kind, dtype and device as ``reference``.

    Parameters
    ----------
    values : array_like, any shape
    reference : numpy array or torch tensor

    Returns
    -------
    array of the shape of ``values``

    Examples
    --------
    >>> like([1, 2], np.zeros(1, dtype=np.float32)).dtype
    dtype('float32')
    """
    xp = array_namespace(reference)
    if isinstance(reference, np.ndarray):
        values = to_numpy(values)
    return xp.asarray(values, dtype=reference.dtype, device=device(reference))


def to_numpy(array: Array) -> NDArray[Any]:
    """A numpy view (or a copy, from a GPU) of an array of either kind.

    Examples
    --------
    >>> to_numpy([1.0, 2.0])
    array([1., 2.])
    """
    if hasattr(array, "detach"):
        array = array.detach().cpu().numpy()
    return np.asarray(array)
