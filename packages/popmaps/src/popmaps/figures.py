"""Figures of a dataset by matplotlib: maps by channel, and histograms of labels."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from .maps.layout import FULL_MAPS, SURVEY_MAPS, SURVEYS, map_grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .maps.axes import Axis
    from .overview import ChannelView

MOST_PANELS: Final = 60

_PANEL_INCHES: Final = (3.6, 2.9)
_DPI: Final = 80
_MOST_BINS: Final = 40
_SET_COLOURS: Final = {"train": "#0072b2", "valid": "#d55e00", "test": "#009e73"}

Floats = NDArray[np.float64]


def maps_figure(channels: Sequence[ChannelView], *, mean: bool) -> Figure:
    """A panel for each channel, the first axis of its map to the right and the second upwards.

    Parameters
    ----------
    channels : sequence of ChannelView
        At most `MOST_PANELS` are drawn.
    mean : bool
        The mean over samples, else the chosen sample.

    Returns
    -------
    matplotlib.figure.Figure
    """
    shown = channels[:MOST_PANELS]
    by_survey = all(channel.name in SURVEY_MAPS for channel in shown)
    figure, axes = _panels(len(shown), len(SURVEYS) if by_survey else 4)
    for axis, channel in zip(axes, shown, strict=True):
        values = channel.mean if mean else channel.sample
        axis.set_title(plain(channel.name), fontsize=9, parse_math=False)
        if values is None:
            axis.text(0.5, 0.5, "no map", ha="center", va="center", transform=axis.transAxes)
            axis.set_axis_off()
        else:
            _draw_map(figure, axis, channel.name, values)
    return figure


def _draw_map(figure: Figure, axis: Any, name: str, values: Floats) -> None:
    extent: tuple[float, float, float, float] | None = None
    labels = ("bin", "bin")
    if name in FULL_MAPS or name in SURVEY_MAPS:
        grid = map_grid(name, 2, 2)
        extent = (*_limits(grid.x), *_limits(grid.y))
        labels = (_axis_label(grid.x), _axis_label(grid.y))
    shades = axis.imshow(
        values.T, origin="lower", extent=extent, aspect="auto", interpolation="nearest"
    )
    axis.set_xlabel(labels[0], fontsize=8)
    axis.set_ylabel(labels[1], fontsize=8)
    axis.tick_params(labelsize=7)
    figure.colorbar(shades, ax=axis).ax.tick_params(labelsize=7)


def _limits(axis: Axis) -> tuple[float, float]:
    """Ends of an axis as drawn: of a logarithmic one the exponents."""
    return (math.log10(axis.low), math.log10(axis.high)) if axis.log else (axis.low, axis.high)


def _axis_label(axis: Axis) -> str:
    return f"{'log10 ' if axis.log else ''}{axis.name} [{axis.unit}]"


def labels_figure(
    labels: Mapping[str, Floats], sets: Mapping[str, tuple[int, Mapping[str, Floats]]]
) -> Figure:
    """A histogram for each label: all samples in grey, a line for each set.

    Parameters
    ----------
    labels : mapping of str to array
        At most `MOST_PANELS` are drawn.
    sets : mapping of str to (int, mapping of str to array)
        Rows and labels of train, valid and test.

    Returns
    -------
    matplotlib.figure.Figure
        The height of a bar is the fraction of samples in it.
    """
    shown = list(labels.items())[:MOST_PANELS]
    figure, axes = _panels(len(shown), 4)
    for axis, (name, values) in zip(axes, shown, strict=True):
        axis.set_title(plain(name), fontsize=9, parse_math=False)
        axis.tick_params(labelsize=7)
        edges = _edges(values)
        if edges is None:
            told = f"{values.min():.6g} to {values.max():.6g}" if values.size else "no values"
            axis.text(0.5, 0.5, told, ha="center", va="center", transform=axis.transAxes)
            axis.set_axis_off()
            continue
        axis.stairs(_fractions(values, edges), edges, fill=True, color="0.8", label="all")
        for part, (_, columns) in sets.items():
            inside = columns.get(name, np.empty(0))
            if inside.size:
                axis.stairs(_fractions(inside, edges), edges, color=_SET_COLOURS[part], label=part)
        axis.legend(fontsize=7)
    return figure


def _edges(values: Floats) -> Floats | None:
    """Edges of the bins of a histogram; None where the values do not spread, or are no use."""
    if values.size == 0:
        return None
    low, high = float(values.min()), float(values.max())
    size = max(abs(low), abs(high))
    # Nearer to the ends of what a double holds, matplotlib's ticks overflow.
    if size > 1e300 or not high - low > max(1e-9 * size, 1e-300):
        return None
    # Rice's rule, so that few samples do not stand in a bin each.
    bins = min(math.ceil(2 * values.size ** (1 / 3)), _MOST_BINS)
    return np.linspace(low, high, bins + 1)


def _fractions(values: Floats, edges: Floats) -> Floats:
    counts, _ = np.histogram(values, edges)
    return counts / values.size


def _panels(number: int, columns: int) -> tuple[Figure, list[Any]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = max(1, min(columns, number))
    rows = max(1, -(-number // columns))
    width, height = _PANEL_INCHES
    figure = Figure(figsize=(columns * width, rows * height), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for unused in axes[number:]:
        unused.set_axis_off()
    return figure, axes[:number]


def plain(text: str) -> str:
    """Text that any font has, of a length for a title.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> plain("sigma_k")
    'sigma_k'
    """
    shown = "".join(c if c.isprintable() and c.isascii() else "?" for c in text)
    return shown if len(shown) <= 48 else shown[:45] + "..."


def figure_png(figure: Figure) -> bytes:
    """A figure as PNG, the same bytes for the same figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    """
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
