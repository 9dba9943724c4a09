"""The main job's own parts: options, stages done once, split, pictures and page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from journey.folder import JourneyFolder, Options
from journey.page import error_rows, page, table
from journey.pictures import DiskResult, disk_rows, loss_curves, predicted_against_true
from journey.scoring import held_out_synthetic, prior_of_synthetic, scores
from journey.stages import Journey

from skyrun.fits import write_image
from skytypes import Beam, SkyImage
from skytypes.errors import InputError

PNG = b"\x89PNG\r\n"


def _options(disks: int = 8, seed: int = 0) -> Options:
    return Options(disks, "quick", "native", seed)


@pytest.mark.parametrize("disks", [1, 0, -3, 10_001])
def test_too_few_or_too_many_disks_are_refused(disks: int) -> None:
    with pytest.raises(InputError, match=f"--disks is {disks}; give 2 to 10000"):
        _options(disks)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(InputError, match="--seed is -1; give 0"):
        _options(seed=-1)


def test_a_stage_is_done_once_and_again_when_its_file_changed(tmp_path: Path) -> None:
    calls = []
    path = tmp_path / "a.txt"

    def work() -> dict[str, Any]:
        calls.append(1)
        path.write_text("made")
        return {"flux_jy": 2.0}

    for _ in range(2):
        folder = JourneyFolder(tmp_path, _options())
        assert folder.stage("catalogue", work, lambda: [path])["flux_jy"] == 2.0
    assert len(calls) == 1
    path.write_text("changed")
    JourneyFolder(tmp_path, _options()).stage("catalogue", work, lambda: [path])
    assert len(calls) == 2


def test_another_journey_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    JourneyFolder(tmp_path, _options())
    with pytest.raises(InputError, match="holds a journey with seed 0, not 1; give the same"):
        JourneyFolder(tmp_path, _options(seed=1))


@pytest.mark.parametrize("disks", [2, 4, 8, 16, 17, 100])
def test_no_disk_is_trained_on_and_held_out(disks: int, tmp_path: Path) -> None:
    journey = Journey(JourneyFolder(tmp_path, _options(disks)), workers=1)
    trained, held = journey.names(held_out=False), journey.names(held_out=True)
    assert not set(trained) & set(held)
    assert len(trained) + len(held) == disks
    assert trained
    assert held


def test_held_out_synthetic_disks_are_none_of_the_training() -> None:
    held = held_out_synthetic(0)
    known = {float(v) for v in prior_of_synthetic(0)["incl_deg"]}
    assert len(held) == 256
    assert not known & {float(held[i].labels["incl_deg"]) for i in range(64)}


def test_scores_count_disks_and_leave_face_on_position_angles_out() -> None:
    truth = {
        "incl_deg": np.array([0.0, 60.0]),
        "pa_deg": np.array([10.0, 179.0]),
        "dx_arcsec": np.zeros(2),
        "dy_arcsec": np.zeros(2),
    }
    said = {**truth, "pa_deg": np.array([90.0, 1.0]), "dx_arcsec": np.array([0.3, 0.3])}
    row = scores(truth, {"network": said}, "two disks")["network"]
    assert row["incl_mae_deg"] == 0
    assert (row["pa_mae_deg"], row["n_pa"], row["n"]) == (2.0, 1, 2)
    assert row["centre_mae_arcsec"] == pytest.approx(0.3)


def _disk(folder: Path) -> DiskResult:
    y, x = np.mgrid[:64, :64] - 32.0
    data = np.exp(-0.5 * (x**2 / 40 + y**2 / 20)).astype(np.float32)
    sky = SkyImage(data, 0.02, "Jy/pixel")
    seen = SkyImage(data, 0.02, "Jy/beam", beam=Beam(0.06, 0.05, 0.0))
    write_image(folder / "sky.fits", sky)
    for name in ("dirty", "clean"):
        write_image(folder / f"{name}.fits", seen)
    truth = {
        "incl_deg": 45.0,
        "pa_deg": 90.0,
        "dx_arcsec": 0.0,
        "dy_arcsec": 0.0,
        "rout_arcsec": 0.3,
    }
    paths = (folder / "sky.fits", folder / "dirty.fits", folder / "clean.fits")
    return DiskResult("Disk_001", *paths, truth, truth)


def test_pictures_and_page_are_whole_and_the_same_twice(tmp_path: Path) -> None:
    disk = _disk(tmp_path)
    truth = {k: np.array([v]) for k, v in disk.truth.items()}
    history = [{"epoch": 1.0, "train_loss": 2.0, "val_loss": 2.5}]
    pictures = [
        [disk_rows([disk]), loss_curves(history), predicted_against_true({"a": (truth, truth)})]
        for _ in range(2)
    ]
    assert pictures[0] == pictures[1]
    assert all(picture.startswith(PNG) for picture in pictures[0])
    report = {
        "options": {"disks": 8, "backend": "casa", "preset": "quick", "seed": 0},
        "model": "<network>",
        "onnx_max_abs_diff": 1e-7,
        "metrics": {"casa": scores(truth, {"network": truth}, "one disk")},
        "seconds": {"train": 1.0},
    }
    html = page(
        report,
        answers=[{"disk": "Disk_001"}],
        disks=pictures[0][0],
        scatter=pictures[0][2],
        losses=pictures[0][1],
    )
    assert "&lt;network&gt;" in html
    assert "http" not in html.replace("http-equiv", "")
    assert html.count("data:image/png;base64,") == 3


def test_table_and_errors_escape_and_say_when_no_disk_counts() -> None:
    assert "&lt;b&gt;" in table([{"a": "<b>"}])
    row: dict[str, Any] = {
        "incl_mae_deg": None,
        "intervals": {},
        "n": 3,
        "n_pa": 0,
        "definitions": {},
    }
    assert error_rows({"casa": {"network": row}})[0]["incl_mae_deg"] == "no disk counts"
