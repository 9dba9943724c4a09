"""Maps to labels of the real sky: dataset, training, export and inference, each by its command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import edgeinfer.cli
import trainkit.cli
from skytypes import item_rng

SURVEYS = ("PMPS", "SMPS", "HTRU")
KINDS = {
    "position_map_radec": (16, 8),
    "velocity_map_vra": (16, 8),
    "velocity_map_vdec": (16, 8),
    "ppdot_map": (16, 16),
    "ppdot_map_fluxes": (16, 16),
}
NAMES = [f"survey_{s}_{kind}" for kind in KINDS for s in SURVEYS]
OBSERVABLE = ["*_radec", "*_ppdot_map", "*_ppdot_map_fluxes"]
LABELS = ("B_initial_log10_mean", "P_initial_log10_mean")


def draw(sample: int) -> tuple[dict[str, np.ndarray], tuple[float, float]]:
    """Stars about a period and a slow-down that the labels decide, in the maps' own bins."""
    rng = item_rng(1, sample, "tests.maps")
    log_b, log_p = rng.uniform(12, 14), rng.uniform(-1.5, -0.3)
    maps = {}
    for survey, stars in zip(SURVEYS, (400, 150, 400), strict=True):
        log_period = rng.normal(0.3 * (log_b - 13) + log_p / 2, 0.3, stars)
        log_slow = rng.normal(-14 + 1.6 * (log_b - 13) - log_period, 0.4, stars)
        edges = np.linspace(-3, 2, 17), np.linspace(-21, -9, 17)
        counts = np.histogram2d(log_period, log_slow, edges)[0]
        maps[f"survey_{survey}_ppdot_map"] = counts
        maps[f"survey_{survey}_ppdot_map_fluxes"] = np.where(counts > 0, -3.0, -7.0)
        for kind in ("position_map_radec", "velocity_map_vra", "velocity_map_vdec"):
            maps[f"survey_{survey}_{kind}"] = rng.poisson(2.0, size=(16, 8)).astype(float)
    return maps, (log_b, log_p)


def write_table(path: Path, samples: range, *, observed: bool = False) -> None:
    """A table of the documented layout; the observed one lacks velocities and labels."""
    lines = [",".join([*(f"input:{n}" for n in NAMES), *LABELS])]
    for sample in samples:
        maps, labels = draw(sample)
        cells = []
        for name in NAMES:
            empty = observed and "velocity" in name
            cells.append("" if empty else f"{name}_{sample}.npy")
            if not empty:
                np.save(path.parent / cells[-1], maps[name])
        cells += ["", ""] if observed else [repr(v) for v in labels]
        lines.append(",".join(cells))
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, float]]:
    """The exported model, and its figures on samples that training never saw."""
    folder = tmp_path_factory.mktemp("maps")
    for name, samples in (
        ("train", range(96)),
        ("valid", range(96, 120)),
        ("test", range(120, 160)),
    ):
        write_table(folder / f"dataset_{name}.csv", samples)
    options = ["--epochs", "15", "--threads", "1", "--seed", "2", "--channels", *OBSERVABLE]
    argv = ["fit", "popmaps", "--data", str(folder), "--out", str(folder / "run"), *options]
    assert trainkit.cli.main(argv) == 0
    best, onnx = folder / "run" / "best.pt", folder / "popmaps.onnx"
    assert edgeinfer.cli.main(["export", str(best), "-o", str(onnx)]) == 0
    card = json.loads((folder / "run" / "best.card.json").read_text())
    return onnx, {m["name"]: m["value"] for m in card["metrics"]}


def test_the_network_beats_the_mean_on_samples_it_never_saw(
    trained: tuple[Path, dict[str, float]],
) -> None:
    _, figures = trained
    assert figures["B_initial_log10_mean_r2"] > 0.8
    assert figures["P_initial_log10_mean_r2"] > 0.5


def test_it_says_the_labels_of_the_observed_sky(
    trained: tuple[Path, dict[str, float]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row without velocities or labels, in a process that has neither torch nor popmaps."""
    onnx, _ = trained
    table = tmp_path / "dataset_atnf.csv"
    write_table(table, range(500, 501), observed=True)
    code = (
        "import sys\n"
        "for name in ('torch', 'popmaps', 'netzoo', 'trainkit'): sys.modules[name] = None\n"
        "from edgeinfer.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "run", str(onnx), str(table), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    truth = draw(500)[1]
    assert said["B_initial_log10_mean"] == pytest.approx(truth[0], abs=0.5)
    assert said["P_initial_log10_mean"] == pytest.approx(truth[1], abs=0.6)


def test_maps_of_another_resolution_or_order_are_refused(
    trained: tuple[Path, dict[str, float]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    onnx, _ = trained
    table = tmp_path / "dataset_atnf.csv"
    write_table(table, range(500, 501), observed=True)
    name = "survey_PMPS_ppdot_map"
    np.save(tmp_path / f"{name}_500.npy", np.ones((32, 32)))
    assert edgeinfer.cli.main(["run", str(onnx), str(table)]) == 2
    assert "has 32 x 32 bins, the model takes 16 x 16" in capsys.readouterr().err
    rows = [line.split(",") for line in table.read_text().splitlines()]
    table.write_text("\n".join(",".join([r[1], r[0], *r[2:]]) for r in rows) + "\n")
    assert edgeinfer.cli.main(["run", str(onnx), str(table)]) == 2
    line = capsys.readouterr().err
    assert "in the order survey_SMPS_position_map_radec, survey_PMPS_position_map_radec" in line
    assert "trained on survey_PMPS_position_map_radec, survey_SMPS_position_map_radec" in line
