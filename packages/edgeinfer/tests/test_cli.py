from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeinfer import models
from edgeinfer.cli import main

Edit = Callable[[Callable[[Any], Any]], Path]
Capture = pytest.CaptureFixture[str]


def one_error(capsys: Capture) -> str:
    """The only line on standard error; nothing may be on standard output."""
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err.startswith("edgeinfer: error: ")
    assert found.err.count("\n") == 1
    return found.err


def test_run_prints_a_line_of_json_for_each_image(
    exported: Path, sky_folder: Path, capsys: Capture
) -> None:
    assert main(["run", str(exported), str(sky_folder), "--json", "--threads", "1"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [Path(r["file"]).name for r in rows] == ["sky_0.fits", "sky_1.fits", "sky_2.fits"]
    assert list(rows[0]) == [
        "file",
        "axis_ratio",
        "pa_deg",
        "dx_arcsec",
        "dy_arcsec",
        "usable",
        "reasons",
        "seconds",
    ]
    # Item i was put i pixels of 0.01 arcsec to the north of the reference pixel.
    assert [r["dy_arcsec"] for r in rows] == pytest.approx([0.0, 0.01, 0.02], abs=5e-4)
    assert [r["dx_arcsec"] for r in rows] == pytest.approx([0.0] * 3, abs=5e-4)


def test_run_prints_a_table_for_people(exported: Path, sky_folder: Path, capsys: Capture) -> None:
    assert main(["run", str(exported), *map(str, sorted(sky_folder.iterdir()))]) == 0
    found = capsys.readouterr()
    lines = found.out.splitlines()
    assert lines[0].split()[:3] == ["file", "axis_ratio", "pa_deg"]
    assert len(lines) == 4
    assert "images: 3/3" in found.err


def test_exit_status_tells_whether_files_were_answered(
    exported: Path, sky_folder: Path, capsys: Capture
) -> None:
    missing = str(sky_folder / "nonesuch.fits")
    assert main(["run", str(exported), missing, str(sky_folder), "--json"]) == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == {"file": missing, "error": "no such file"}
    assert len(rows) == 4
    assert main(["run", str(exported), missing, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == "no such file"


def test_run_writes_a_file(
    exported: Path, sky_folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "answers.csv"
    assert main(["run", str(exported), str(sky_folder), "-o", str(out)]) == 0
    assert capsys.readouterr().out == ""
    with out.open(newline="") as file:
        assert [r["usable"] for r in csv.DictReader(file)] == ["True"] * 3
    assert main(["run", str(exported), str(sky_folder), "-o", str(tmp_path / "a.txt")]) == 2
    assert "give a name in .csv or .jsonl" in one_error(capsys)


def test_run_refuses_bad_models_and_nothing_to_do(
    exported: Path, sky_folder: Path, edited: Edit, capsys: Capture
) -> None:
    assert main(["run", str(exported)]) == 2
    assert "no images given" in one_error(capsys)
    assert main(["run", str(sky_folder / "sky_0.fits"), str(sky_folder)]) == 2
    assert "not an ONNX model" in one_error(capsys)
    without_card = edited(lambda model: model.ClearField("metadata_props"))
    assert main(["run", str(without_card), str(sky_folder)]) == 2
    assert "no model card in the metadata" in one_error(capsys)
    assert main(["run", str(exported), str(sky_folder), "--batch-size", "0"]) == 2
    assert "batch size is 0" in one_error(capsys)


def test_export_reports_what_it_wrote(copy_of_run: Path, capsys: Capture) -> None:
    out = copy_of_run / "disk.onnx"
    assert main(["export", str(copy_of_run / "best.pt"), "-o", str(out), "--json"]) == 0
    found = capsys.readouterr()
    row = json.loads(found.out)
    assert row["bytes"] == out.stat().st_size
    assert row["max_abs_diff"] <= 1e-4
    assert found.err == ""


def test_export_refuses_and_writes_nothing(copy_of_run: Path, capsys: Capture) -> None:
    out = copy_of_run / "disk.onnx"
    (copy_of_run / "best.pt").write_bytes((copy_of_run / "best.pt").read_bytes()[:500])
    assert main(["export", str(copy_of_run / "best.pt"), "-o", str(out)]) == 2
    assert "not a checkpoint, or cut short" in one_error(capsys)
    assert main(["export", str(copy_of_run / "none.pt"), "-o", str(out)]) == 2
    assert "none.pt: no such file" in one_error(capsys)
    assert main(["export", str(copy_of_run / "best.pt"), "-o", str(copy_of_run)]) == 2
    assert "is a folder; give the name of the ONNX file" in one_error(capsys)
    assert sorted(p.name for p in copy_of_run.iterdir()) == ["best.card.json", "best.pt"]


def test_verify_fails_with_status_one(exported: Path, edited: Edit, capsys: Capture) -> None:
    assert main(["verify", str(exported), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(row["ok"] for row in rows)

    def forget(model: Any) -> None:
        del model.metadata_props[1:]

    assert main(["verify", str(edited(forget))]) == 1
    found = capsys.readouterr()
    assert "golden_item" in found.out
    assert "2 checks failed: parity_at_export, golden_item" in found.err


def test_bench_prints_milliseconds(exported: Path, capsys: Capture) -> None:
    assert main(["bench", str(exported), "--repeat", "2", "--pixels", "32", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {(r["stage"], r["batch"]) for r in rows} >= {("network", 1), ("network", 32)}
    assert all(r["wall_ms"] > 0 for r in rows)


def test_stopped_by_hand_it_leaves_no_file(
    exported: Path, sky_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(models, "decode", stop)
    out = sky_folder / "answers.csv"
    assert main(["run", str(exported), str(sky_folder), "-o", str(out)]) == 130
    assert "edgeinfer: stopped; no file was written; run it again" in capsys.readouterr().err
    assert not list(sky_folder.glob("*answers*"))
