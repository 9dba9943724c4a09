"""report.json and report.html of a finished journey."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from skymodels import read_catalogue
from skyrun import read_json, read_text, write_json, write_text
from skytypes import ModelCard

from .page import page
from .pictures import DiskResult, disk_rows, loss_curves, predicted_against_true

if TYPE_CHECKING:
    from .stages import Journey

_SHOWN = 6


def _answers(journey: Journey) -> dict[str, dict[str, Any]]:
    """The operator's answers by disk."""
    lines = read_text(journey.path / "answers.jsonl").splitlines()
    rows = [json.loads(line) for line in lines]
    return {row["file"].split("/")[1]: row for row in rows}


def _disks(journey: Journey, answers: Mapping[str, Mapping[str, Any]]) -> list[DiskResult]:
    truths = {row.ID: row for row in read_catalogue(journey.catalogue)}
    found = []
    for name in sorted(answers)[:_SHOWN]:
        clean = next((journey.simulations / name).glob("*_simulated.fits"))
        dirty = clean.with_name(clean.name.replace("_simulated", "_dirty"))
        truth = {k: v for k, v in asdict(truths[name]).items() if isinstance(v, float)}
        found.append(
            DiskResult(name, journey.models / f"{name}.fits", dirty, clean, truth, answers[name])
        )
    return found


def _history(journey: Journey) -> list[dict[str, float]]:
    rows = csv.DictReader(read_text(journey.fit / "history.csv").splitlines())
    return [{k: float(v) for k, v in row.items() if v} for row in rows]


def _answer_rows(
    journey: Journey, answers: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Truth and answer of each held-out disk, side by side."""
    truths = {row.ID: row for row in read_catalogue(journey.catalogue)}
    rows = []
    for name, answer in sorted(answers.items()):
        row: dict[str, Any] = {"disk": name, "array": truths[name].array_cfg}
        for key in ("incl_deg", "pa_deg", "dx_arcsec", "dy_arcsec"):
            row[f"{key} true"] = float(getattr(truths[name], key))
            row[f"{key} said"] = float(answer[key])
        row["usable"] = "yes" if answer["usable"] else "; ".join(answer["reasons"])
        rows.append(row)
    return rows


def write_report(journey: Journey, seconds: Mapping[str, float]) -> None:
    """Write both files.

    Parameters
    ----------
    journey : Journey
        All other stages are done.
    seconds : mapping of stage to seconds [s]
    """
    scores = read_json(journey.path / "scores.json")
    card = ModelCard.from_json(read_text(journey.fit / "best.card.json"))
    records = {name: journey.folder.record(name) for name in ("train", "export", "observe")}
    report = {
        "options": asdict(journey.options),
        "model": card.architecture,
        "metrics": scores["metrics"],
        "onnx_max_abs_diff": records["export"]["max_abs_diff"],
        "onnx_path": journey.onnx.name,
        "onnx_bytes": records["export"]["bytes"],
        "seconds": dict(seconds),
        "seconds_by_disk": records["observe"]["seconds_by_disk"],
        "training_cpu_seconds": records["train"]["cpu_seconds"],
        "disks": {
            "training": journey.names(held_out=False),
            "held_out": journey.names(held_out=True),
        },
        "provenance": journey.provenance(),
    }
    pairs = {
        name: tuple({k: np.array(v) for k, v in part.items()} for part in pair)
        for name, pair in scores["pairs"].items()
    }
    seen, made = pairs[journey.options.backend], pairs["synthetic"]
    answers = _answers(journey)
    html = page(
        report,
        answers=_answer_rows(journey, answers),
        disks=disk_rows(_disks(journey, answers)),
        scatter=predicted_against_true(
            {
                "observed disks": (seen[0], seen[1]),
                "synthetic disks": (made[0], made[1]),
            }
        ),
        losses=loss_curves(_history(journey)),
    )
    write_json(journey.path / "report.json", report)
    write_text(journey.path / "report.html", html)
