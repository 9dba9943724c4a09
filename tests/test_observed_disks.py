"""Real sky models of skymodels, observed on the fly by casa-sim, by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from casa_sim import DisksObserved, NativeSimulator
from casa_sim.catalogue import read_catalogue
from skymodels import draw_catalogue, write_catalogue
from skytypes import find
from skytypes.checks import check_dataset


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    write_catalogue(tmp_path / "catalogue.csv", draw_catalogue(3, seed=5))
    return tmp_path / "catalogue.csv"


def test_the_registered_dataset_keeps_its_contract(catalogue: Path) -> None:
    dataset = find("datasets", "disks-observed")(catalogue, imsize_px=256, seed=2)
    assert isinstance(dataset, DisksObserved)
    check_dataset(dataset)
    rows = read_catalogue(catalogue)
    labels = [dataset[i].labels for i in range(len(dataset))]
    assert [float(one["incl_deg"]) for one in labels] == pytest.approx(
        [row.incl_deg for row in rows], abs=1e-4
    )
    assert list(dataset.groups) == [row.ID for row in rows]


def test_both_routes_and_the_simulator_show_the_same_disk(catalogue: Path) -> None:
    by_plane = DisksObserved(catalogue, imsize_px=256, seed=2)
    by_visibilities = DisksObserved(catalogue, imsize_px=256, seed=2, route="visibilities")
    sky = by_plane.source.sky(0)
    assert "dirty" in by_plane.stage
    settings = by_plane.settings(0)
    alone = NativeSimulator(settings, keep=("dirty",)).observe(sky, seed=9).dirty
    assert alone is not None
    pictures = [np.asarray(d[0].inputs["image"]) for d in (by_plane, by_visibilities)]
    noise = 1.4826 * np.median(np.abs(pictures[0]))
    for picture in pictures:
        # Each has noise of its own; the disk is the same.
        assert np.std(picture - alone.data) < 3 * noise
    assert np.abs(alone.data).max() > 5 * noise
