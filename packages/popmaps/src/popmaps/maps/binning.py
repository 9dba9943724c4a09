"""Bins of many values at once, compiled, and the same as `numpy.searchsorted` gives.

Each function first estimates the bins in a loop without branches, which the compiler makes into
vector instructions. A value nearer to an edge than the estimate is exact is marked, and compared
with the edges themselves after that; of ordinary data that is one in a hundred million. A point
outside gets the bin `OUTSIDE`.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numba
import numpy as np

OUTSIDE: Final = np.int32(-1)
NEAR_EDGE: Final = np.int32(-2)

_TOLERANCE: Final = 1e-8
"""In bins; linear and logarithmic estimates err by less than 1e-9 of one (`MOST_BINS`)."""
_HALF_PI: Final = math.pi / 2
_SQRT_HALF_BITS: Final = np.int64(0x3FE6A09E667F3BCD)
_LOG2_FACTORS: Final = tuple(2 / math.log(2) / k for k in (1, 3, 5, 7, 9, 11))
_SINE: Final = tuple((-1) ** (k // 2) / math.factorial(k) for k in (3, 5, 7, 9, 11))
_COSINE: Final = tuple((-1) ** (k // 2) / math.factorial(k) for k in (2, 4, 6, 8, 10))


@numba.njit(cache=True, error_model="numpy")
def _settle(values: Any, edges: Any, out: Any) -> None:
    """Bins of the values that were marked, by the edges themselves."""
    last = edges.size - 1
    for i in range(values.size):
        if out[i] == NEAR_EDGE:
            bin_ = np.searchsorted(edges, values[i], side="right") - 1
            if values[i] == edges[last]:
                bin_ -= 1
            out[i] = bin_ if 0 <= bin_ < last else OUTSIDE


@numba.njit(cache=True, error_model="numpy")
def linear_bins(values: Any, edges: Any, out: Any) -> None:
    """Bins on an axis with equal ones.

    Parameters
    ----------
    values : ndarray, shape (n,), float64
    edges : ndarray, shape (bins + 1,), float64
    out : ndarray, shape (n,), int32
        Written: the bin, or `OUTSIDE`.
    """
    bins = edges.size - 1
    low, per_unit = edges[0], bins / (edges[bins] - edges[0])
    marked = 0
    for i in range(values.size):
        place = (values[i] - low) * per_unit
        near = abs(place - np.rint(place)) < _TOLERANCE
        there = (place > -0.5) & (place < bins + 0.5)
        inside = (place >= 0.0) & (place < bins)
        bin_ = np.int32(place if inside else -1.0)
        mark = near & there
        out[i] = NEAR_EDGE if mark else bin_
        marked += 1 if mark else 0
    if marked:
        _settle(values, edges, out)


@numba.njit(cache=True, error_model="numpy")
def log_bins(  # noqa: PLR0917 - compiled code takes no keywords
    values: Any, bits: Any, mantissa_bits: Any, mantissa: Any, edges: Any, out: Any
) -> None:
    """Bins on an axis with equal ones in the logarithm.

    Parameters
    ----------
    values : ndarray, shape (n,), float64
    bits : ndarray, shape (n,), int64
        The same memory as the values.
    mantissa_bits, mantissa : ndarray, shape (n,), int64 and float64
        Scratch: one memory seen as both.
    edges : ndarray, shape (bins + 1,), float64
    out : ndarray, shape (n,), int32
        Written: the bin, or `OUTSIDE`.

    Notes
    -----
    log2 of the exponent and of the mantissa m between sqrt(1/2) and sqrt(2) by the series of
    artanh((m - 1) / (m + 1)), cut where it errs by 3e-11.
    """
    bins = edges.size - 1
    first, last = edges[0], edges[bins]
    low = math.log2(first)
    per_octave = bins / (math.log2(last) - low)
    tolerance = _TOLERANCE * (1.0 + per_octave)
    c1, c3, c5, c7, c9, c11 = _LOG2_FACTORS
    for i in range(values.size):
        exponent = (bits[i] - _SQRT_HALF_BITS) >> 52
        mantissa_bits[i] = bits[i] - (exponent << 52)
        out[i] = np.int32(exponent)
    marked = 0
    for i in range(values.size):
        s = (mantissa[i] - 1.0) / (mantissa[i] + 1.0)
        q = s * s
        series = s * (c1 + q * (c3 + q * (c5 + q * (c7 + q * (c9 + q * c11)))))
        place = (np.float64(out[i]) + series - low) * per_octave
        near = abs(place - np.rint(place)) < tolerance
        # Zero, negative and other odd values have odd places too: the value itself decides.
        there = (values[i] > 0.99 * first) & (values[i] < 1.01 * last)
        inside = there & (place >= 0.0) & (place < bins)
        bin_ = np.int32(place if inside else -1.0)
        mark = near & there
        out[i] = NEAR_EDGE if mark else bin_
        marked += 1 if mark else 0
    if marked:
        _settle(values, edges, out)


@numba.njit(cache=True, error_model="numpy")
def polar_bins(r: Any, phi: Any, edges_x: Any, edges_y: Any, out_x: Any, out_y: Any) -> int:  # noqa: PLR0917 - compiled code takes no keywords
    """Bins of x = r cos(phi) and y = r sin(phi) on equal bins, marked where not sure.

    Parameters
    ----------
    r, phi : ndarray, shape (n,), float64
        phi in rad.
    edges_x, edges_y : ndarray, float64
        Edges, in the unit of r.
    out_x, out_y : ndarray, shape (n,), int32
        Written: the bin, `OUTSIDE`, or `NEAR_EDGE` in both.

    Returns
    -------
    int
        How many are marked; whoever calls computes those with the library's sine and cosine.

    Notes
    -----
    Sine and cosine by their Taylor series within pi/4 of a multiple of pi/2, which err by 2e-10.
    """
    bins_x, bins_y = edges_x.size - 1, edges_y.size - 1
    low_x, per_x = edges_x[0], bins_x / (edges_x[bins_x] - edges_x[0])
    low_y, per_y = edges_y[0], bins_y / (edges_y[bins_y] - edges_y[0])
    coarse = max(per_x, per_y)
    s3, s5, s7, s9, s11 = _SINE
    c2, c4, c6, c8, c10 = _COSINE
    marked = 0
    for i in range(r.size):
        quarter = np.rint(phi[i] * (1.0 / _HALF_PI))
        t = phi[i] - quarter * _HALF_PI
        q = t * t
        sine = t * (1.0 + q * (s3 + q * (s5 + q * (s7 + q * (s9 + q * s11)))))
        cosine = 1.0 + q * (c2 + q * (c4 + q * (c6 + q * (c8 + q * c10))))
        # The quadrant, without whole numbers: `half` is 0 or 1 (odd quarters swap the two),
        # and the signs follow from the quarter's remainder by four.
        rest = quarter - 4.0 * np.floor(quarter * 0.25)
        swap = (rest == 1.0) | (rest == 3.0)
        c = sine if swap else cosine
        s = cosine if swap else sine
        c = -c if (rest == 1.0) | (rest == 2.0) else c
        s = -s if rest >= 2.0 else s
        place_x = (r[i] * c - low_x) * per_x
        place_y = (r[i] * s - low_y) * per_y
        tolerance = coarse * (abs(r[i]) + 1.0) * (1e-9 + 1e-15 * abs(phi[i]))
        near_x = abs(place_x - np.rint(place_x)) < tolerance
        near_y = abs(place_y - np.rint(place_y)) < tolerance
        near_x &= (place_x > -0.5) & (place_x < bins_x + 0.5)
        near_y &= (place_y > -0.5) & (place_y < bins_y + 0.5)
        mark = near_x | near_y | (not (tolerance < 0.25))
        inside_x = (place_x >= 0.0) & (place_x < bins_x)
        inside_y = (place_y >= 0.0) & (place_y < bins_y)
        bin_x = np.int32(place_x if inside_x else -1.0)
        bin_y = np.int32(place_y if inside_y else -1.0)
        out_x[i] = NEAR_EDGE if mark else bin_x
        out_y[i] = NEAR_EDGE if mark else bin_y
        marked += 1 if mark else 0
    return marked


@numba.njit(cache=True, error_model="numpy")
def cells_of(bins_x: Any, bins_y: Any, size_y: int, outside: int, out: Any) -> None:
    """Flat cell of two bins; what is outside of either goes to the cell ``outside``.

    Parameters
    ----------
    bins_x, bins_y : ndarray, shape (n,), int32
    size_y : int
        Bins along y.
    outside : int
        One past the last cell.
    out : ndarray, shape (n,), int32
        Written.
    """
    for i in range(out.size):
        inside = (bins_x[i] >= 0) & (bins_y[i] >= 0)
        out[i] = np.int32(bins_x[i] * size_y + bins_y[i]) if inside else np.int32(outside)
