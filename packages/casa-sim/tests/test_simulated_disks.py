"""`SimulatedDisks` over a folder of images."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from casa_sim import SimulatedDisks
from skyrun.fits import write_image
from skytypes import Beam, SkyImage, find
from skytypes.checks import check_dataset
from skytypes.errors import InputError
from skytypes.protocols import BatchDataset

TRUTH = {"incl_deg": 30.0, "pa_deg": 10.0, "dx_arcsec": 0.0, "dy_arcsec": 0.1}


def _write(folder: Path, name: str, *, size: int = 16, **truth: float) -> Path:
    path = folder / name / f"{name}_B6_simulated.fits"
    data = np.full((size, size), len(name), np.float32)
    image = SkyImage(
        data, 0.01, "Jy/beam", beam=Beam(0.05, 0.04, 20.0), truth={**TRUTH, **truth}, name=name
    )
    write_image(path, image)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in (2, 1, 3):
        _write(tmp_path / "out", f"Disk_00{number}", size=16 * number, incl_deg=10.0 * number)
    return tmp_path / "out"


def test_contract_and_order(folder: Path) -> None:
    disks = SimulatedDisks(folder)
    check_dataset(disks)
    assert not isinstance(disks, BatchDataset)
    assert disks.groups == ("Disk_001", "Disk_002", "Disk_003")
    assert [float(disks[i].labels["incl_deg"]) for i in range(3)] == [10.0, 20.0, 30.0]
    assert [disks[i].inputs["image"].shape for i in range(3)] == [(16, 16), (32, 32), (48, 48)]
    assert disks[0].inputs["bmaj_arcsec"] == np.float32(0.05)
    assert disks[0].inputs["reference_x_px"] == 8
    assert disks.skipped == {}


def test_the_example_is_a_dataset_and_leaves_no_folder() -> None:
    disks = SimulatedDisks.example()
    check_dataset(disks)
    folder = disks.folder
    assert folder.is_dir()
    del disks
    gc.collect()
    assert not folder.exists()


def test_few_images_stay_in_memory(folder: Path) -> None:
    disks = SimulatedDisks(folder, cache=2)
    first = disks[0]
    assert disks[0] is first
    _ = disks[1], disks[2]
    assert disks[0] is not first
    with pytest.raises(IndexError):
        disks[3]


def test_damaged_files_are_told_and_left_out(folder: Path) -> None:
    bad = _write(folder, "Disk_004")
    bad.write_bytes(bad.read_bytes()[:3000])
    nameless = folder / "Disk_005" / "Disk_005_B6_simulated.fits"
    write_image(nameless, SkyImage(np.ones((8, 8)), 0.01, "Jy/beam", beam=Beam(0.05, 0.04, 0.0)))
    disks = SimulatedDisks(folder)
    assert len(disks) == 3
    assert set(disks.skipped) == {bad, nameless}
    assert "cut short" in disks.skipped[bad]
    assert "its incl_deg is not known; give the catalogue" in disks.skipped[nameless]


def test_labels_from_the_catalogue(folder: Path, make_catalogue: Callable[..., Path]) -> None:
    catalogue = make_catalogue({"incl_deg": "77"}, {"ID": "Disk_003"}, models=False)
    disks = SimulatedDisks(folder, catalogue=catalogue)
    assert disks.groups == ("Disk_001", "Disk_003")
    assert float(disks[0].labels["incl_deg"]) == 77
    (reason,) = disks.skipped.values()
    assert "the catalogue has no disk 'Disk_002'" in reason


def test_work_in_progress_is_no_data(folder: Path) -> None:
    _write(folder, ".work-1")
    assert len(SimulatedDisks(folder)) == 3


def test_chosen_labels(folder: Path) -> None:
    assert list(SimulatedDisks(folder, labels=("pa_deg",))[0].labels) == ["pa_deg"]


def test_no_image_at_all(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        SimulatedDisks(tmp_path / "none")
    with pytest.raises(InputError, match=r"no \*/\*_simulated.fits; make some with casa-sim"):
        SimulatedDisks(tmp_path)
    _write(tmp_path, "Disk_001").write_bytes(b"")
    with pytest.raises(InputError, match=r"none of 1 images is usable; .* is empty"):
        SimulatedDisks(tmp_path)


def test_is_registered() -> None:
    assert find("datasets", "disks-simulated") is SimulatedDisks


def test_only_some_disks_of_a_folder_are_taken(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        _write(tmp_path, f"Disk_00{number}")
    assert SimulatedDisks(tmp_path, only=["Disk_003", "Disk_001"]).groups == (
        "Disk_001",
        "Disk_003",
    )
    with pytest.raises(InputError, match=r"no image of 'Disk_009'; make it"):
        SimulatedDisks(tmp_path, only=["Disk_001", "Disk_009"])
