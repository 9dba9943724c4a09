"""A quick stand-in for disks: elliptical Gaussians with a beam, drawn analytically."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from skytypes import Beam, Sample, find, item_rng
from skytypes.images import SkyImage
from skytypes.samples import image_sample

# A busy machine is no failure.
settings.register_profile("trainkit", deadline=None)
settings.load_profile("trainkit")

BEAM = Beam(0.2, 0.12, 70.0)


def draw_gaussian(
    size: int = 64,
    *,
    incl_deg: float = 50.0,
    pa_deg: float = 30.0,
    dx_arcsec: float = 0.05,
    dy_arcsec: float = 0.03,
    sigma_arcsec: float = 0.3,
    beam: Beam = BEAM,
    pixel_scale_arcsec: float = 0.04,
    reference_px: tuple[float, float] | None = None,
    noise: NDArray[np.float64] | float = 0.0,
) -> Sample:
    """The picture of a Gaussian disk, exact: its covariance plus the beam's."""
    pa, thin = math.radians(pa_deg), math.cos(math.radians(incl_deg))
    axes = np.array([[math.sin(pa), math.cos(pa)], [math.cos(pa), -math.sin(pa)]])
    covariance = axes.T @ np.diag([1.0, thin**2]) @ axes * sigma_arcsec**2
    covariance = covariance + beam.covariance_arcsec2()
    x, y = reference_px or (size // 2, size // 2)
    rows, columns = np.mgrid[:size, :size]
    east = -(columns - x) * pixel_scale_arcsec - dx_arcsec
    north = (rows - y) * pixel_scale_arcsec - dy_arcsec
    offset = np.stack([east, north], -1)
    data = np.exp(-0.5 * np.einsum("...i,ij,...j", offset, np.linalg.inv(covariance), offset))
    image = SkyImage(
        data + noise, pixel_scale_arcsec, "Jy/beam", beam=beam, reference_px=reference_px
    )
    labels = {"incl_deg": incl_deg, "pa_deg": pa_deg}
    return image_sample(image, labels | {"dx_arcsec": dx_arcsec, "dy_arcsec": dy_arcsec})


class GaussianDisks:
    """A dataset of Gaussian disks with a little white noise."""

    def __init__(self, count: int, *, seed: int = 0, size: int = 64) -> None:
        self.count, self.seed, self.size = count, seed, size

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Sample:
        rng = item_rng(self.seed, index, "trainkit.tests")
        dx, dy = rng.normal(0, 0.05, size=2)
        return draw_gaussian(
            self.size,
            incl_deg=rng.uniform(0, 80),
            pa_deg=rng.uniform(0, 180),
            dx_arcsec=dx,
            dy_arcsec=dy,
            noise=0.01 * rng.normal(size=(self.size, self.size)),
        )


@pytest.fixture
def gaussian_disks() -> type[GaussianDisks]:
    return GaussianDisks


@pytest.fixture
def gaussian() -> Callable[..., Sample]:
    return draw_gaussian


class DrawnMaps:
    """A quick stand-in for maps of populations: blobs of counts that tell the labels.

    The table is JSON: the first item, how many, the bins of both kinds of map, and what to spoil.
    """

    UNITS: ClassVar = {"across": "kpc", "level": ""}

    def __init__(
        self, path: Path, *, channels: Sequence[str] | None, labels: Sequence[str] | None
    ) -> None:
        table = json.loads(path.read_text())
        self.first, self.count = int(table["first"]), int(table["count"])
        bins = table.get("bins", 12)
        every = {"sky": (bins, bins // 2), "counts": (8, 8), "fluxes": (8, 8), "even": (8, 8)}
        self.channels = tuple(channels or every)
        self.columns = tuple(name for name in every if name in self.channels)
        self.labels = tuple(labels or table.get("labels", ("across", "level")))
        self.units = {name: self.UNITS.get(name, "") for name in self.labels}
        self.shapes = {name: every[name] for name in self.channels}
        self.groups = tuple(str(self.first + i) for i in range(self.count))
        self.skipped = table.get("skipped", {})
        self.spread = table.get("spread", 1.0)

    def __len__(self) -> int:
        return self.count

    def _truth(self, index: int) -> dict[str, float]:
        rng = item_rng(4, self.first + index, "trainkit.tests.truth")
        across, level = rng.uniform(-1, 1, size=2)
        known = {"across": 5 + across, "level": 0.1 * level, "even": 3.0}
        return {name: known[name] for name in self.labels}

    def label_values(self) -> dict[str, NDArray[np.float64]]:
        rows = [self._truth(i) for i in range(self.count)]
        return {name: np.array([row[name] for row in rows]) for name in self.labels}

    def __getitem__(self, index: int) -> Sample:
        rng = item_rng(4, self.first + index, "trainkit.tests.maps")
        truth = item_rng(4, self.first + index, "trainkit.tests.truth").uniform(-1, 1, size=2)
        maps = {}
        for name, shape in self.shapes.items():
            x, y = (np.linspace(-2, 2, n) for n in shape)
            blob = np.exp(-2 * (x[:, None] - truth[0]) ** 2 - 2 * (y - truth[1]) ** 2)
            drawn = {
                "sky": rng.poisson(3 * np.ones(shape)),
                "counts": rng.poisson(40 * blob),
                "fluxes": rng.normal(-7 + 3 * blob, 0.1 * self.spread),
                "even": np.zeros(shape),
            }
            maps[name] = drawn[name].astype(np.float32)
        return Sample(maps, {n: np.float32(v) for n, v in self._truth(index).items()})


@pytest.fixture
def map_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of sets of 48, 16 and 16 `DrawnMaps`, which stand in for those of popmaps."""

    def found(group: str, name: str) -> Any:
        return DrawnMaps if (group, name) == ("datasets", "popmaps") else find(group, name)

    monkeypatch.setattr("trainkit.map_sets.find", found)
    folder = tmp_path / "sets"
    folder.mkdir()
    for name, first, count in (("train", 0, 48), ("valid", 48, 16), ("test", 64, 16)):
        text = json.dumps({"first": first, "count": count})
        (folder / f"dataset_{name}.csv").write_text(text)
    return folder


@pytest.fixture
def change_table(map_folder: Path) -> Callable[..., None]:
    """Changes fields of one of the tables."""

    def change(name: str, **fields: Any) -> None:
        path = map_folder / f"dataset_{name}.csv"
        path.write_text(json.dumps(json.loads(path.read_text()) | fields))

    return change
