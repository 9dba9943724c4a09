"""Check a report.json of the main job: exactly the keys it promises, each with a value that counts.

``python tools/checks/report.py FOLDER/report.json`` prints each breach; it exits 1 if there is one.
The keys are explained in ``docs/report.md``, which a test holds to this list.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

METHODS = ("network", "predict_mean", "gaussian_fit")
FIGURES = ("incl_mae_deg", "pa_mae_deg", "centre_mae_arcsec")
STAGES = ("catalogue", "skies", "observe", "train", "export", "infer", "score")
SYNTHETIC = 256

SCORE = (*FIGURES, "intervals", "n", "n_pa", "definitions")
TOP = (
    "options",
    "model",
    "metrics",
    "onnx_max_abs_diff",
    "onnx_path",
    "onnx_bytes",
    "seconds",
    "seconds_by_disk",
    "training_cpu_seconds",
    "disks",
    "provenance",
)
OPTIONS = ("disks", "preset", "backend", "seed")
DISKS = ("training", "held_out")
PROVENANCE = ("producer", "versions", "configuration", "seed")


def _keys(where: str, value: Any, wanted: tuple[str, ...]) -> Iterator[str]:
    """Breaches of "an object with exactly these keys"."""
    if not isinstance(value, Mapping):
        yield f"{where or 'report'} is no object"
        return
    for key in wanted:
        if key not in value:
            yield f"{where}.{key}".lstrip(".") + " is missing"
    for key in value:
        if key not in wanted:
            yield f"{where}.{key}".lstrip(".") + " is not promised"


def _number(value: Any, low: float, high: float = math.inf) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and low <= value <= high


def _scores(where: str, row: Mapping[str, Any]) -> Iterator[str]:
    """Breaches in the figures of one method on one set of disks."""
    if not _number(row["n"], 1):
        yield f"{where}.n is {row['n']!r}"
    if not _number(row["n_pa"], 0, row["n"]):
        yield f"{where}.n_pa is {row['n_pa']!r} of {row['n']!r} disks"
    counted = [name for name in FIGURES if name != "pa_mae_deg" or row["n_pa"]]
    yield from _keys(f"{where}.intervals", row["intervals"], tuple(counted))
    yield from _keys(f"{where}.definitions", row["definitions"], tuple(counted))
    for name in FIGURES:
        if name not in counted:
            if row[name] is not None:
                yield f"{where}.{name} is {row[name]!r}, although no disk counts"
            continue
        interval = row["intervals"].get(name)
        ends = isinstance(interval, list) and len(interval) == 2
        if not ends or not all(_number(end, 0) for end in interval):
            yield f"{where}.intervals.{name} is {interval!r}"
        elif not _number(row[name], interval[0], interval[1]):
            yield f"{where}.{name} is {row[name]!r}, outside its interval {interval}"


def _metrics(report: Mapping[str, Any]) -> Iterator[str]:
    """Breaches in the scores of all sets and methods."""
    backend = report["options"]["backend"]
    sizes = {backend: len(report["disks"]["held_out"]), "synthetic": SYNTHETIC}
    yield from _keys("metrics", report["metrics"], tuple(sizes))
    for name, size in sizes.items():
        methods = report["metrics"].get(name, {})
        yield from _keys(f"metrics.{name}", methods, METHODS)
        for method in METHODS:
            row, where = methods.get(method), f"metrics.{name}.{method}"
            breaches = list(_keys(where, row, SCORE))
            yield from breaches or _scores(where, row)
            if not breaches and row["n"] != size:
                yield f"{where}.n is {row['n']!r}; {size} disks were held out"


def _rest(report: Mapping[str, Any]) -> Iterator[str]:
    """Breaches outside the scores."""
    disks = report["disks"]
    known = {*disks["training"], *disks["held_out"]}
    if len(known) != report["options"]["disks"]:
        yield f"disks names {len(known)} disks; options.disks is {report['options']['disks']}"
    if set(disks["training"]) & set(disks["held_out"]):
        yield "a disk is trained on and held out"
    yield from _keys("seconds_by_disk", report["seconds_by_disk"], tuple(sorted(known)))
    for group in ("seconds", "seconds_by_disk"):
        for name, value in report[group].items():
            if not _number(value, 0):
                yield f"{group}.{name} is {value!r}"
    for name, high in (("onnx_max_abs_diff", 1e-4), ("onnx_bytes", math.inf)):
        if not _number(report[name], 0, high):
            yield f"{name} is {report[name]!r}"
    if not _number(report["training_cpu_seconds"], 0):
        yield f"training_cpu_seconds is {report['training_cpu_seconds']!r}"


def breaches(report: Mapping[str, Any]) -> list[str]:
    """What a report lacks, has too much, or says wrongly; empty when it is as promised.

    Parameters
    ----------
    report : mapping
        The contents of report.json.
    """
    found = list(_keys("", report, TOP))
    groups = {"options": OPTIONS, "disks": DISKS, "provenance": PROVENANCE, "seconds": STAGES}
    for name, wanted in groups.items():
        if name in report:
            found += _keys(name, report[name], wanted)
    for name in ("metrics", "seconds_by_disk"):
        if not isinstance(report.get(name, {}), Mapping):
            found.append(f"{name} is no object")
    checks: tuple[Callable[[Mapping[str, Any]], Iterator[str]], ...] = (_metrics, _rest)
    # A report of another shape is told by its keys; its values can't be looked at.
    return found or [breach for check in checks for breach in check(report)]


def main(argv: list[str]) -> int:
    """Check one file, and that the ONNX it names lies beside it."""
    (path,) = map(Path, argv)
    report = json.loads(path.read_text(encoding="utf-8"))
    found = breaches(report)
    if not found and not (path.parent / report["onnx_path"]).is_file():
        found = [f"onnx_path is {report['onnx_path']!r}, which is not beside the report"]
    for breach in found:
        sys.stderr.write(f"{path}: {breach}\n")
    sys.stdout.write(f"report: {len(found)} breaches\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
