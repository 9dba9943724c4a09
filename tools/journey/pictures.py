"""Pictures of the report, as PNG bytes."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from numpy.typing import NDArray

from skyrun.fits import read_image
from skytypes import SkyImage

INK, TRUTH, ANSWER = "#20303c", "#2b9348", "#d1495b"


@dataclass(frozen=True)
class DiskResult:
    """A disk of the catalogue that was observed, and what the network said of it."""

    name: str
    sky: Path
    dirty: Path
    clean: Path
    truth: Mapping[str, float]
    answer: Mapping[str, float]


def _png(figure: Figure) -> bytes:
    out = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(out, format="png", dpi=110, metadata={"Software": "skyloom"})
    return out.getvalue()


def _show(axes: Axes, image: SkyImage, half_arcsec: float) -> None:
    """A picture in offsets from its reference position: east left, north up."""
    ny, nx = image.data.shape
    x, y = image.centre_px
    scale = image.pixel_scale_arcsec
    extent = ((x + 0.5) * scale, (x - nx + 0.5) * scale, -(y + 0.5) * scale, (ny - y - 0.5) * scale)
    data: NDArray[Any] = np.arcsinh(image.data / (0.05 * float(np.max(image.data)) or 1.0))
    axes.imshow(data, origin="lower", extent=extent, cmap="inferno", interpolation="nearest")
    axes.set(xlim=(half_arcsec, -half_arcsec), ylim=(-half_arcsec, half_arcsec))
    axes.tick_params(labelsize=7)


def _ellipse(
    axes: Axes, disk: Mapping[str, float], rout_arcsec: float, colour: str, dashes: str
) -> None:
    """The outer edge of a disk as its inclination, position angle and centre say."""
    axes.add_patch(
        Ellipse(
            (disk["dx_arcsec"], disk["dy_arcsec"]),
            2 * rout_arcsec,
            2 * rout_arcsec * max(math.cos(math.radians(disk["incl_deg"])), 0.02),
            # The patch's angle is from +x; x is east here, the position angle from +y (north).
            angle=90 - disk["pa_deg"],
            fill=False,
            color=colour,
            linestyle=dashes,
            linewidth=1.5,
        )
    )


def disk_rows(disks: Sequence[DiskResult]) -> bytes:
    """A row for each disk: sky, dirty image, CLEAN image with true and predicted outlines.

    Outlines have the true outer radius, which the network does not estimate.
    """
    figure = Figure(figsize=(8.2, 2.7 * len(disks)), layout="constrained")
    grid = figure.subplots(len(disks), 3, squeeze=False)
    for row, disk in zip(grid, disks, strict=True):
        rout = float(disk.truth["rout_arcsec"])
        half = 1.6 * rout + 0.1
        for axes, path, title in zip(
            row, (disk.sky, disk.dirty, disk.clean), ("sky", "dirty", "CLEAN"), strict=True
        ):
            _show(axes, read_image(path, blank="zero"), half)
            axes.set_title(f"{disk.name}: {title}" if title == "sky" else title, fontsize=9)
        _ellipse(row[2], disk.truth, rout, "white", "-")
        _ellipse(row[2], disk.answer, rout, "#00e5ff", "--")
        row[0].set_ylabel("north [arcsec]", fontsize=8)
        row[0].set_xlabel("east [arcsec]", fontsize=8)
    return _png(figure)


def loss_curves(history: Sequence[Mapping[str, float]]) -> bytes:
    """Training and validation loss by epoch."""
    figure = Figure(figsize=(5.2, 3.2), layout="constrained")
    axes = figure.subplots()
    epochs = [row["epoch"] for row in history]
    axes.plot(epochs, [row["train_loss"] for row in history], color=INK, label="training")
    axes.plot(epochs, [row["val_loss"] for row in history], color=ANSWER, label="validation")
    axes.set(xlabel="epoch", ylabel="loss", yscale="log")
    axes.legend(frameon=False)
    return _png(figure)


def predicted_against_true(
    sets: Mapping[str, tuple[Mapping[str, NDArray[Any]], Mapping[str, NDArray[Any]]]],
) -> bytes:
    """Answers against truth, a row for each set and a column for each quantity."""
    names = {
        "incl_deg": "inclination [deg]",
        "pa_deg": "position angle [deg]",
        "dx_arcsec": "centre, east [arcsec]",
        "dy_arcsec": "centre, north [arcsec]",
    }
    figure = Figure(figsize=(11, 2.9 * len(sets)), layout="constrained")
    grid = figure.subplots(len(sets), len(names), squeeze=False)
    for row, (title, (truth, answer)) in zip(grid, sets.items(), strict=True):
        for axes, (name, label) in zip(row, names.items(), strict=True):
            true, said = np.asarray(truth[name]), np.asarray(answer[name])
            if name == "pa_deg":
                # An axis has no direction: show the equal angle that lies nearer the truth.
                said = true + (said - true + 90) % 180 - 90
            axes.axline((float(true[0]), float(true[0])), slope=1, color=TRUTH, linewidth=1)
            axes.plot(true, said, ".", color=INK, markersize=4, alpha=0.7)
            both = np.concatenate([true, said])
            room = 0.05 * float(np.ptp(both)) or 1e-3
            ends = (float(both.min()) - room, float(both.max()) + room)
            axes.set(xlim=ends, ylim=ends, aspect="equal")
            axes.locator_params(nbins=4)
            axes.set_xlabel(f"true {label}", fontsize=8)
            axes.tick_params(labelsize=7)
        row[0].set_ylabel(f"{title}\npredicted", fontsize=9)
    return _png(figure)
