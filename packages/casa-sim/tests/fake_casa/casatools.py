"""Stands in for casatools: images are ``.npy`` files, measurement sets are folders with JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

if os.environ.get("FAKE_CASA_BROKEN"):
    raise ImportError("measures data is not available")


def version_string() -> str:
    return "0.0 (fake)"


class image:  # noqa: N801 - CASA's name
    def fromarray(self, outfile: str, pixels: NDArray[Any], overwrite: bool = False) -> None:
        with Path(outfile).open("wb") as file:
            np.save(file, pixels)

    def done(self) -> None:
        pass


class table:  # noqa: N801 - CASA's name
    def open(self, name: str) -> None:
        self.ms = json.loads(Path(name.removesuffix("/SPECTRAL_WINDOW"), "ms.json").read_text())

    def getcol(self, column: str) -> NDArray[Any]:
        rng, channels = np.random.default_rng(self.ms["seed"]), self.ms["channels"]
        if column == "UVW":
            return rng.normal(0, 300, size=(3, 500))
        if column == "FLAG":
            return np.tile(np.arange(500) < self.ms["flagged"], (2, channels, 1))
        if column == "CHAN_FREQ":
            first, width = (1e9 * float(self.ms[k][:-3]) for k in ("frequency", "width"))
            return np.asarray(first + width * (np.arange(channels) - channels // 2))[:, None]
        noise = rng.normal(size=(2, 2, channels, 500)) * self.ms["sigma"]
        # What CASA's noise leaves in rows that it flags.
        noise[..., : self.ms["flagged"]] *= 1e6
        return np.asarray(noise[0] + 1j * noise[1])

    def close(self) -> None:
        pass
