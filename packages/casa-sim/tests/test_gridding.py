"""Gridding with CASA's rounding: against its slow version, and against the exact image."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from casa_sim.antennas import antenna_positions
from casa_sim.constants import SPEED_OF_LIGHT_M_S
from casa_sim.native.gridding import gridded_image, padded_side
from casa_sim.native.images import dirty_image
from casa_sim.native.tracks import uv_track
from casa_sim.native.visibilities import predict
from skytypes import SkyImage
from skytypes.errors import InputError

UVW = uv_track(antenna_positions("alma.cycle9.5.cfg"), 250.0, -30.0, time_s=60).uvw_m
ONES = np.ones(len(UVW))
FIELD: dict[str, Any] = {"imsize_px": 256, "cell_arcsec": 0.03}


def _schwab(nu: NDArray[np.floating]) -> NDArray[np.floating]:
    """The spheroidal by Schwab's rational approximation (m = 6, alpha = 1; 1984, table)."""
    nu = np.abs(nu)
    parts = (
        (0.75, (8.203343e-2, -3.644705e-1, 6.278660e-1, -5.335581e-1, 2.312756e-1),
         (1.0, 8.212018e-1, 2.078043e-1)),
        (1.0, (4.028559e-3, -3.697768e-2, 1.021332e-1, -1.201436e-1, 6.412774e-2),
         (1.0, 9.599102e-1, 2.918724e-1)),
    )  # fmt: skip
    near, far = (
        np.polyval(top[::-1], nu**2 - end**2) / np.polyval(low[::-1], nu**2 - end**2)
        for end, top, low in parts
    )
    return np.where(nu <= 0.75, near, far)


def _slow(values: NDArray[np.complex128]) -> NDArray[np.float64]:
    """As one would write it down: every visibility onto 49 cells, then a transform."""
    side = padded_side(FIELD["imsize_px"])
    scale = 230e9 / SPEED_OF_LIGHT_M_S * side * FIELD["cell_arcsec"] * math.pi / 648_000
    plane, total = np.zeros((side, side), complex), 0.0

    def kernel(distance: float) -> float:
        place = abs(distance) / 3
        return float((1 - place**2) * _schwab(np.array(place))) if place < 1 else 0.0

    for (u, v, _), value in zip(UVW, values, strict=True):
        x, y = side / 2 - u * scale, side / 2 + v * scale
        column, row = round(x), round(y)
        right, up = round((column - x) * 100) / 100, round((row - y) * 100) / 100
        rows = [kernel(i + up) for i in range(-3, 4)]
        columns = [kernel(j + right) for j in range(-3, 4)]
        for i in range(-3, 4):
            for j in range(-3, 4):
                share = rows[i + 3] * columns[j + 3]
                plane[row + i, column + j] += value * share
                total += share
    image = np.fft.fftshift(np.fft.fft2(np.fft.ifftshift(plane))).real / total
    taper = _schwab((np.arange(side) - side / 2) / (side / 2))
    first = (side - FIELD["imsize_px"]) // 2
    inner = slice(first, first + FIELD["imsize_px"])
    return np.asarray((image / np.outer(taper, taper))[inner, inner])


def test_it_is_what_one_would_write_down() -> None:
    noise = np.random.default_rng(1).standard_normal((len(UVW), 2)).view(complex)[:, 0]
    ours = gridded_image(noise, UVW, ONES, 230e9, **FIELD)
    true = _slow(noise)
    assert np.abs(ours - true).max() < 1e-4 * np.abs(true).max()


def test_it_errs_by_little() -> None:
    data = np.zeros((128, 128))
    data[80, 40], data[30, 90] = 1.0, 0.5
    seen = predict(SkyImage(data, 0.03, "Jy/pixel"), UVW, 230e9)
    ours = gridded_image(seen, UVW, ONES, 230e9, **FIELD)
    exact = dirty_image(seen, UVW, ONES, 230e9, **FIELD)
    apart = np.linalg.norm(ours - exact) / np.linalg.norm(exact)
    assert 1e-6 < apart < 2e-3


@pytest.mark.parametrize(("imsize", "side"), [(1024, 1250), (512, 640), (256, 320), (128, 160)])
def test_sides_of_the_grid(imsize: int, side: int) -> None:
    assert padded_side(imsize) == side


def test_bad_input() -> None:
    with pytest.raises(InputError, match="an image of 33 pixels a side"):
        gridded_image(ONES, UVW, ONES, 230e9, imsize_px=33, cell_arcsec=0.03)
    with pytest.raises(InputError, match="are too coarse for a baseline of"):
        gridded_image(ONES, UVW, ONES, 230e9, imsize_px=64, cell_arcsec=0.3)
    edge = np.array([[100.0, 0, 0]])
    cell = 0.995 * SPEED_OF_LIGHT_M_S / 230e9 / 100 / 2 * 648_000 / math.pi
    with pytest.raises(InputError, match="leave no room around the longest baseline"):
        gridded_image(np.ones(1), edge, np.ones(1), 230e9, imsize_px=64, cell_arcsec=cell)


def test_bad_input_of_the_exact_image() -> None:
    uvw, one = np.array([[100.0, 0, 0]]), np.ones(1)
    with pytest.raises(InputError, match="an image of 31 pixels a side"):
        dirty_image(one, uvw, one, 230e9, imsize_px=31, cell_arcsec=0.01)
    with pytest.raises(InputError, match="the weights add up to 0"):
        dirty_image(one, uvw, 0 * one, 230e9, imsize_px=64, cell_arcsec=0.01)
