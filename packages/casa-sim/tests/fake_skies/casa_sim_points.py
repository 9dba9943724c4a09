"""Skies for tests, installed under a name and importable by other processes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skytypes import SkyImage

OFFSETS_PX = ((0, 0), (7, -3), (-12, 20), (4, 4))
PIXEL_ARCSEC = 0.0061


class Points:
    """A bright point each, 20 mJy, at a known offset; a place gives names to them."""

    def __init__(self, place: Path | None = None) -> None:
        self.groups = None if place is None else [f"{place.name}{i}" for i in range(len(self))]

    def __len__(self) -> int:
        """Number of skies."""
        return len(OFFSETS_PX)

    def sky(self, index: int) -> SkyImage:
        """Sky ``index`` [Jy/pixel]."""
        x, y = OFFSETS_PX[index]
        data = np.zeros((90, 80))
        data[45 + y, 40 + x] = 0.02
        truth = {
            "incl_deg": 10.0 * index,
            "pa_deg": 30.0,
            "dx_arcsec": -x * PIXEL_ARCSEC,
            "dy_arcsec": y * PIXEL_ARCSEC,
            "kind": "point",
        }
        return SkyImage(data, PIXEL_ARCSEC, "Jy/pixel", name=f"Point_{index}", truth=truth)
