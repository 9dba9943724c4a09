"""report.json holds exactly what it promises, for both backends; its checker sees what is off."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from journey.folder import JourneyFolder, Options
from journey.report import write_report
from journey.scoring import NAMES, THROUGH, Columns, scores
from journey.stages import Journey

from skymodels import draw_catalogue, write_catalogue
from skyrun import read_json, write_json
from skyrun.fits import write_image
from skytypes import Beam, SkyImage, find

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("catalogue", "skies", "observe", "train", "export", "infer", "score")
METHODS = {"network", "predict_mean", "gaussian_fit"}
FIGURES = {"incl_mae_deg", "pa_mae_deg", "centre_mae_arcsec"}


def _checker() -> ModuleType:
    path = ROOT / "tools" / "checks" / "report.py"
    spec = importlib.util.spec_from_file_location("report_checker", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECKER = _checker()


def _columns(count: int, seed: int) -> tuple[Columns, Columns]:
    """True and answered geometry of some disks."""
    rng = np.random.default_rng(seed)
    truth = {name: rng.uniform(30, 80, count) / (1 if "deg" in name else 100) for name in NAMES}
    return truth, {name: values * 1.1 for name, values in truth.items()}


def _pictures(journey: Journey, name: str) -> Path:
    """Files of a disk as the stages before would leave them."""
    y, x = np.mgrid[:48, :48] - 24.0
    data = np.exp(-0.5 * (x**2 / 40 + y**2 / 20)).astype(np.float32)
    journey.models.mkdir(exist_ok=True)
    folder = journey.simulations / name
    folder.mkdir(parents=True)
    write_image(journey.models / f"{name}.fits", SkyImage(data, 0.02, "Jy/pixel"))
    seen = SkyImage(data, 0.02, "Jy/beam", beam=Beam(0.06, 0.05, 0.0))
    for kind in ("dirty", "simulated"):
        write_image(folder / f"{name}_B6_{kind}.fits", seen)
    return folder / f"{name}_B6_simulated.fits"


def _finished(folder: Path, backend: Any) -> Journey:
    """A journey of four disks whose stages are all done, with figures that were made up."""
    journey = Journey(JourneyFolder(folder, Options(4, "quick", backend, 0)), workers=1)
    rows = draw_catalogue(4, seed=0)
    write_catalogue(journey.catalogue, rows)
    lines = []
    for name in journey.names(held_out=True):
        image = _pictures(journey, name)
        answer = dict.fromkeys(NAMES, 1.0) | {"usable": True, "reasons": [], "seconds": 0.1}
        lines.append(json.dumps({"file": str(image.relative_to(folder)), **answer}))
    (folder / "answers.jsonl").write_text("\n".join(lines) + "\n")
    journey.fit.mkdir()
    card = find("models", "disconet-compact").card
    (journey.fit / "best.card.json").write_text(card.to_json())
    (journey.fit / "history.csv").write_text("epoch,train_loss,val_loss\n1,2.0,2.5\n2,1.0,1.5\n")
    journey.onnx.write_bytes(b"an ONNX file")
    metrics, pairs = {}, {}
    for name, count in ((backend, 2), ("synthetic", 256)):
        truth, said = _columns(count, seed=count)
        answers = dict.fromkeys(sorted(METHODS), said)
        metrics[name] = scores(truth, answers, f"disks {THROUGH[backend]}")
        pairs[name] = [{k: v.tolist() for k, v in part.items()} for part in (truth, said)]
    write_json(folder / "scores.json", {"metrics": metrics, "pairs": pairs})
    records: dict[str, dict[str, Any]] = {
        "observe": {"seconds_by_disk": {row.ID: 1.5 for row in rows}},
        "train": {"cpu_seconds": 90.0, "epochs": 2},
        "export": {"max_abs_diff": 1e-7, "bytes": 12},
    }
    for stage, record in records.items():
        journey.folder.stage(stage, lambda record=record: record, list)  # type: ignore[misc]
    write_report(journey, dict.fromkeys(STAGES, 1.0))
    return journey


@pytest.fixture(scope="module")
def journeys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folder of a finished journey, by backend."""
    names = ("native", "casa")
    return {name: _finished(tmp_path_factory.mktemp(name), name).path for name in names}


@pytest.mark.parametrize("backend", ["native", "casa"])
def test_the_keys_are_those_promised(backend: str, journeys: Mapping[str, Path]) -> None:
    report = read_json(journeys[backend] / "report.json")
    assert set(report) == {
        *("options", "model", "metrics", "onnx_max_abs_diff", "onnx_path", "onnx_bytes"),
        *("seconds", "seconds_by_disk", "training_cpu_seconds", "disks", "provenance"),
    }
    assert set(report["metrics"]) == {backend, "synthetic"}
    for methods in report["metrics"].values():
        assert set(methods) == METHODS
        for row in methods.values():
            assert set(row) == FIGURES | {"intervals", "n", "n_pa", "definitions"}
            assert set(row["intervals"]) == FIGURES
    assert report["metrics"][backend]["network"]["n"] == 2
    assert report["metrics"]["synthetic"]["network"]["n"] == 256
    assert set(report["seconds"]) == set(STAGES)
    assert report["onnx_path"] == "disk.onnx"
    assert report["onnx_max_abs_diff"] == 1e-7
    assert CHECKER.breaches(report) == []


def test_the_checker_wants_the_network_beside_the_report(
    journeys: Mapping[str, Path], tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    path.write_bytes((journeys["casa"] / "report.json").read_bytes())
    assert CHECKER.main([str(path)]) == 1
    (tmp_path / "disk.onnx").write_bytes(b"an ONNX file")
    assert CHECKER.main([str(path)]) == 0


def test_the_page_shows_the_figures(journeys: Mapping[str, Path]) -> None:
    html = (journeys["native"] / "report.html").read_text()
    row = read_json(journeys["native"] / "report.json")["metrics"]["synthetic"]["network"]
    assert f"{row['incl_mae_deg']:.3g}" in html
    assert html.count("data:image/png;base64,") == 3


def _renamed(report: dict[str, Any]) -> None:
    report["metrics"]["casa"] = report["metrics"].pop("native")


def _without_interval(report: dict[str, Any]) -> None:
    del report["metrics"]["synthetic"]["network"]["intervals"]["pa_mae_deg"]


def _without_method(report: dict[str, Any]) -> None:
    del report["metrics"]["native"]["gaussian_fit"]


def _not_finite(report: dict[str, Any]) -> None:
    report["metrics"]["native"]["network"]["incl_mae_deg"] = float("nan")


def _fewer_disks(report: dict[str, Any]) -> None:
    report["metrics"]["synthetic"]["network"]["n"] = 255


def _without_stage(report: dict[str, Any]) -> None:
    del report["seconds"]["infer"]


def _one_more(report: dict[str, Any]) -> None:
    report["note"] = "more"


def _far_from_torch(report: dict[str, Any]) -> None:
    report["onnx_max_abs_diff"] = 0.1


def _no_object(report: dict[str, Any]) -> None:
    report["seconds_by_disk"] = [1.0]


def _both_sides(report: dict[str, Any]) -> None:
    report["disks"]["held_out"] = report["disks"]["training"]


@pytest.mark.parametrize(
    ("change", "breach"),
    [
        (_renamed, "metrics.native is missing"),
        (_without_interval, "metrics.synthetic.network.intervals.pa_mae_deg is missing"),
        (_without_method, "metrics.native.gaussian_fit is missing"),
        (_not_finite, "metrics.native.network.incl_mae_deg is nan, outside its interval"),
        (_fewer_disks, "metrics.synthetic.network.n is 255; 256 disks were held out"),
        (_without_stage, "seconds.infer is missing"),
        (_one_more, "note is not promised"),
        (_far_from_torch, "onnx_max_abs_diff is 0.1"),
        (_no_object, "seconds_by_disk is no object"),
        (_both_sides, "a disk is trained on and held out"),
    ],
)
def test_the_checker_names_what_is_off(
    change: Callable[[dict[str, Any]], None], breach: str, journeys: Mapping[str, Path]
) -> None:
    changed = read_json(journeys["native"] / "report.json")
    change(changed)
    assert any(found.startswith(breach) for found in CHECKER.breaches(changed))


def test_the_page_on_the_report_lists_every_key() -> None:
    text = (ROOT / "docs" / "report.md").read_text(encoding="utf-8")
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    named = {key for cell in cells for key in re.findall(r"`([^`]+)`", cell)}
    leaves = {"options": CHECKER.OPTIONS, "disks": CHECKER.DISKS}
    leaves |= {"provenance": CHECKER.PROVENANCE, "metrics": ("BACKEND", "synthetic")}
    leaves |= {"seconds": ("STAGE",), "seconds_by_disk": ("ID",)}
    promised = {key for key in CHECKER.TOP if key not in leaves}
    promised |= {f"{group}.{key}" for group, keys in leaves.items() for key in keys}
    assert named == promised | set(CHECKER.SCORE)
