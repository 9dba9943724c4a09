"""The report's page: one HTML file with everything inside."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from html import escape
from string import Template
from typing import Any

from .scoring import THROUGH

_PAGE = Template(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Skyloom: disk to edge</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; color: #20303c; max-width: 64rem; margin: 2rem auto;
       padding: 0 1rem; }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin-top: 2.2rem }
table { border-collapse: collapse; font-size: .92rem }
th, td { border-bottom: 1px solid #d5dbe0; padding: .3rem .8rem; text-align: right }
th:first-child, td:first-child { text-align: left }
img { max-width: 100%; height: auto } .note { color: #5b6b77; font-size: .9rem }
pre { background: #f4f6f8; padding: .8rem; overflow-x: auto; font-size: .8rem }
</style></head><body>
<h1>From a catalogue row to an ONNX model that measures a disk</h1>
<p>$summary</p>
<h2>Errors on disks the training never saw</h2>
$errors
<p class="note">$definitions</p>
<h2>Held-out disks $through</h2>
<img alt="sky, dirty and CLEAN pictures" src="data:image/png;base64,$disks">
<p class="note">arcsinh scale; white: true outline, dashed: predicted (with the true radius).</p>
$answers
<h2>Predicted against true</h2>
<img alt="predicted against true" src="data:image/png;base64,$scatter">
<h2>Training</h2>
<img alt="loss curves" src="data:image/png;base64,$losses">
<h2>Seconds by stage</h2>
$seconds
<h2>Record</h2>
<pre>$record</pre>
</body></html>
"""
)


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows as an HTML table; numbers to four digits."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    head = "".join(f"<th>{escape(c)}</th>" for c in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_cell(row.get(c, '')))}</td>" for c in columns) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def error_rows(metrics: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[dict[str, object]]:
    """A row for each set and method: every error with its interval and n."""
    rows = []
    for dataset, methods in metrics.items():
        for method, scores in methods.items():
            row: dict[str, object] = {"disks": dataset, "method": method.replace("_", " ")}
            for name, score in scores.items():
                if name.endswith(("_deg", "_arcsec")):
                    row[name] = _figure(score, scores["intervals"].get(name))
            row["n"] = f"{scores['n']} (position angle {scores['n_pa']})"
            rows.append(row)
    return rows


def _figure(value: float | None, interval: Sequence[float] | None) -> str:
    if value is None or interval is None:
        return "no disk counts"
    return f"{value:.3g} ({interval[0]:.3g} to {interval[1]:.3g})"


def _definitions(metrics: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """How the figures are computed, said once."""
    network = next(iter(metrics.values()))["network"]
    return "; ".join(f"{name}: {text}" for name, text in network["definitions"].items())


def page(
    report: Mapping[str, Any],
    *,
    answers: Sequence[Mapping[str, object]],
    disks: bytes,
    scatter: bytes,
    losses: bytes,
) -> str:
    """The whole page as HTML; pictures are PNG bytes."""
    options = report["options"]
    return _PAGE.substitute(
        summary=escape(
            f"{options['disks']} disks through the {options['backend']} backend, preset "
            f"{options['preset']}, seed {options['seed']}; network {report['model']}. "
            f"ONNX and torch differ by at most {report['onnx_max_abs_diff']:.1e}."
        ),
        errors=table(error_rows(report["metrics"])),
        disks=base64.b64encode(disks).decode(),
        answers=table(answers),
        scatter=base64.b64encode(scatter).decode(),
        through=escape(THROUGH[options["backend"]]),
        losses=base64.b64encode(losses).decode(),
        seconds=table([{"stage": k, "seconds": v} for k, v in report["seconds"].items()]),
        record=escape(json.dumps(report, indent=2)),
        definitions=escape(_definitions(report["metrics"])),
    )
