"""The course of a run, as a table and as a picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from skyrun.files import atomic_path, write_text

Row = Mapping[str, float]


def write_table(path: Path, rows: Sequence[Row]) -> None:
    """One row an epoch, as CSV; no times in it, so that the same run gives the same bytes."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, buffer.getvalue())


def draw_history(path: Path, rows: Sequence[Row]) -> None:
    """Losses and learning rate against the epoch, as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5), layout="constrained")
    canvas = FigureCanvasAgg(figure)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    epochs = [row["epoch"] for row in rows]
    for name, label in (("train_loss", "training"), ("val_loss", "validation")):
        top.plot(epochs, [row[name] for row in rows], marker="o", markersize=3, label=label)
    top.set_yscale("log")
    top.set_ylabel("loss")
    top.legend()
    bottom.plot(epochs, [row["lr"] for row in rows], color="tab:green")
    bottom.set_xlabel("epoch")
    bottom.set_ylabel("learning rate")
    with atomic_path(path) as temporary:
        canvas.print_figure(temporary, format="png")
