"""A comparison of backends as files: the table as CSV and JSON, and a picture."""

from __future__ import annotations

import csv
import importlib.util
import io
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skyrun.files import atomic_path, write_json, write_text
from skytypes import SkyImage
from skytypes.errors import MissingPackageError

from .casa.installation import check_casa_installed
from .casa.worker import JOB_TIMEOUT_S
from .comparison import Comparison, compare_backends
from .comparison_table import COLUMNS, relative_rms, source_box
from .settings import ObservationSettings
from .skies import check_sky, read_sky

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

TABLE_CSV = "comparison.csv"
TABLE_JSON = "comparison.json"
PICTURE = "comparison.png"

_MARGIN_BEAMS = 6.0


def compare_sky(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str],
    settings: ObservationSettings,
    *,
    seed: int = 0,
    timeout_s: float = JOB_TIMEOUT_S,
    quiet: bool = False,
) -> Comparison:
    """Compare the backends on a sky model and leave table, picture and CASA's messages.

    Writes `TABLE_CSV`, `TABLE_JSON`, `PICTURE` and ``casa.log``.

    Parameters
    ----------
    path : path
        FITS, one picture in Jy/pixel (`casa_sim.skies.read_sky`).
    out : path
        Folder, made if missing.
    settings : ObservationSettings
    seed : int
        Decides the noise.
    timeout_s : float
        Longest time for CASA [s].
    quiet : bool
        Show no progress bar.

    Returns
    -------
    Comparison

    Raises
    ------
    MissingPackageError
        If CASA or matplotlib is not installed; nothing is written then.
    InputError
        If the sky can't be read, or not be observed so.
    CasaError
        If CASA failed.
    """
    check_casa_installed()
    _check_matplotlib()
    sky = read_sky(path)
    check_sky(sky, settings)
    made = compare_backends(sky, settings, seed=seed, folder=out, timeout_s=timeout_s, quiet=quiet)
    write_table(made, out)
    write_picture(made, Path(out) / PICTURE)
    return made


def write_table(comparison: Comparison, out: str | os.PathLike[str]) -> None:
    """Write the rows as CSV (an empty field where a column means nothing) and as JSON (null).

    Parameters
    ----------
    comparison : Comparison
    out : path
        Folder, made if missing.
    """
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(comparison.rows)
    write_text(folder / TABLE_CSV, text.getvalue())
    write_json(folder / TABLE_JSON, list(comparison.rows))


def write_picture(comparison: Comparison, path: str | os.PathLike[str]) -> None:
    """Draw both images, CASA's visibilities imaged natively, and what that leaves, on one scale.

    Parameters
    ----------
    comparison : Comparison
    path : path
        PNG, written whole or not at all.

    Raises
    ------
    MissingPackageError
        If matplotlib is not installed.
    """
    _check_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    casa, same = comparison.casa.image, comparison.same_visibilities.image
    box = source_box(comparison.sky, casa, margin_beams=_MARGIN_BEAMS)
    panels = {
        "CASA": casa,
        "native, noise of its own": comparison.native.image,
        "CASA's visibilities imaged natively": same,
        f"that minus CASA: {relative_rms(same.data[box], casa.data[box]):.2%} rms": replace(
            casa, data=same.data - casa.data
        ),
    }
    shown = np.stack([image.data[box] for image in panels.values()])
    limits = float(shown.min()), float(shown.max())
    figure = Figure(figsize=(8.4, 7.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, 2, sharex=True, sharey=True)
    for axis, (title, image) in zip(axes.flat, panels.items(), strict=True):
        drawn = draw_image(axis, image, box, limits=limits)
        axis.set_title(title, fontsize=10)
    figure.colorbar(drawn, ax=axes, label="mJy/beam", shrink=0.7)
    figure.supxlabel("east [arcsec]", fontsize=10)
    figure.supylabel("north [arcsec]", fontsize=10)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=90)


def draw_image(
    axis: Axes, image: SkyImage, box: tuple[slice, slice], *, limits: tuple[float, float]
) -> AxesImage:
    """Draw part of an image with its beam in the lower left corner; east is left.

    Parameters
    ----------
    axis : matplotlib Axes
    image : SkyImage
        In Jy/beam.
    box : (slice, slice)
        Rows and columns to draw.
    limits : (float, float)
        Ends of the colour scale [Jy/beam].

    Returns
    -------
    matplotlib AxesImage
        In mJy/beam, for a colour bar.
    """
    from matplotlib.patches import Ellipse

    pixel, (x, y) = image.pixel_scale_arcsec, image.centre_px
    rows, columns = box
    # Column 0 is east, and offsets to the east are positive: the axis falls to the right.
    west, east = (-(edge - 0.5 - x) * pixel for edge in (columns.stop, columns.start))
    south, north = ((edge - 0.5 - y) * pixel for edge in (rows.start, rows.stop))
    drawn = axis.imshow(
        1e3 * image.data[box],
        origin="lower",
        extent=(east, west, south, north),
        vmin=1e3 * limits[0],
        vmax=1e3 * limits[1],
        cmap="inferno",
        interpolation="nearest",
    )
    if image.beam is not None:
        beam, margin = image.beam, 0.08 * (north - south)
        # matplotlib turns from x (east) to y (north), a position angle from north to east.
        axis.add_patch(
            Ellipse(
                (east - margin, south + margin),
                beam.bmin_arcsec,
                beam.bmaj_arcsec,
                angle=-beam.bpa_deg,
                facecolor="none",
                edgecolor="white",
            )
        )
    return drawn


def _check_matplotlib() -> None:
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingPackageError("matplotlib is not installed; run: uv sync --extra casa")
