"""One page of pictures about a dataset, complete in one file."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from skyrun.files import write_bytes
from skytypes.errors import InputError

from .figures import MOST_PANELS, figure_png, labels_figure, maps_figure, plain
from .overview import Overview

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ENDINGS: Final = (".html", ".png")

_STYLE: Final = (
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;"
    "color:#222;background:#fff}img{max-width:100%;height:auto}"
    "table{border-collapse:collapse}th,td{padding:.15rem .8rem .15rem 0;text-align:left}"
    "h2{margin-top:2.2rem}"
)
_MOST_SKIPPED: Final = 20

Section: TypeAlias = "tuple[str, str, Figure | None]"
"""Heading, what there is to say, and its picture."""


def write_page(overview: Overview, out: Path) -> None:
    """Write the page of a dataset.

    Parameters
    ----------
    overview : Overview
    out : path
        ``.html``, with its pictures inside, or ``.png``, the pictures one below the other. The
        same dataset gives the same bytes.

    Raises
    ------
    InputError
        If the ending is another or the place can't be written to.
    """
    require_ending(out)
    sections = list(_sections(overview))
    content = _html(overview, sections) if out.suffix.lower() == ".html" else _png(sections)
    write_bytes(out, content)


def require_ending(out: Path) -> None:
    """Refuse a file that is neither ``.html`` nor ``.png``.

    Parameters
    ----------
    out : path

    Raises
    ------
    InputError
        If it is.
    """
    if out.suffix.lower() not in ENDINGS:
        raise InputError(f"{out}: a page is {' or '.join(ENDINGS)}; give such a name")


def _sections(overview: Overview) -> Iterator[Section]:
    channels = overview.channels
    if channels:
        most = max(channel.samples for channel in channels)
        pictures = " Pictures hold the place of a bin in its map's own range, 0 to 1." * any(
            channel.is_picture for channel in channels
        )
        told = _cut(len(channels)) + pictures
        if overview.rows > 1:
            heading = f"Mean of {most} of {overview.rows} samples"
            yield heading, told, maps_figure(channels, mean=True)
        yield f"Sample: {overview.sample}", told, maps_figure(channels, mean=False)
    known = {name: values for name, values in overview.labels.items() if values.size}
    if known:
        told = "Fraction of samples in each bin. " + _cut(len(known))
        unknown = [name for name in overview.labels if name not in known]
        told += f" Empty in every row: {', '.join(unknown)}." if unknown else ""
        yield "Labels", told, labels_figure(known, overview.sets)
    else:
        named = ", ".join(overview.labels) or "none"
        yield "Labels", f"No value of any label is known. Columns: {named}.", None


def _cut(number: int) -> str:
    return f"The first {MOST_PANELS} of {number}." if number > MOST_PANELS else ""


def _facts(overview: Overview) -> list[tuple[str, str]]:
    facts = [
        ("Table", overview.table),
        ("Samples", str(overview.rows)),
        ("Channels", str(len(overview.channels))),
        ("Labels", str(len(overview.labels))),
    ]
    facts += [(f"Set {name}", f"{rows} samples") for name, (rows, _) in overview.sets.items()]
    if overview.sets:
        facts.append(("In more than one set", f"{overview.shared} samples"))
    if overview.outdated:
        facts.append(("Sets", "not the rows of the table; split again"))
    if overview.skipped:
        facts.append(("Maps left out", str(len(overview.skipped))))
    return facts


def _html(overview: Overview, sections: list[Section]) -> bytes:
    title = f"Maps of {html.escape(overview.table)}"
    rows = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(told)}</td></tr>"
        for name, told in _facts(overview)
    )
    parts = [f"<h1>{title}</h1><table>{rows}</table>"]
    for heading, told, picture in sections:
        parts.append(f"<h2>{html.escape(heading)}</h2>")
        parts.append(f"<p>{html.escape(told)}</p>" if told else "")
        if picture is not None:
            data = base64.b64encode(figure_png(picture)).decode()
            alt = html.escape(heading, quote=True)
            parts.append(f'<img alt="{alt}" src="data:image/png;base64,{data}">')
    if overview.skipped:
        lines = overview.skipped[:_MOST_SKIPPED]
        more = len(overview.skipped) - len(lines)
        listed = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
        parts.append(f"<h2>Maps left out</h2><ul>{listed}</ul>")
        parts.append(f"<p>And {more} more.</p>" if more else "")
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style>"
    )
    body = "\n".join(part for part in parts if part)
    text = f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'
    # Names come from strangers' files: what is no letter must not stop the page.
    return text.encode("utf-8", "replace")


def _png(sections: list[Section]) -> bytes:
    from PIL import Image

    pictures = []
    for heading, _, figure in sections:
        if figure is not None:
            figure.suptitle(plain(heading), parse_math=False)
            pictures.append(Image.open(io.BytesIO(figure_png(figure))).convert("RGB"))
    if not pictures:
        raise InputError("the dataset has no map and no known label, so nothing to draw")
    width = max(picture.width for picture in pictures)
    page = Image.new("RGB", (width, sum(picture.height for picture in pictures)), "white")
    top = 0
    for picture in pictures:
        page.paste(picture, (0, top))
        top += picture.height
    out = io.BytesIO()
    page.save(out, format="PNG")
    return out.getvalue()
