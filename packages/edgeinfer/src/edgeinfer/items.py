"""What a model is run on, read and encoded one by one: FITS pictures, rows of tables of maps."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from skyrun.maps import MapFolder, read_map_table
from skytypes import DatasetTable, ModelCard, Sample, SkyImage, encode
from skytypes.arrays import Array
from skytypes.errors import InputError, SkyError
from skytypes.samples import image_sample

from .images import ENDINGS

Place = str | os.PathLike[str]

MAX_NUMBERS = 1 << 24
"""Once the items of a batch hold so many pixels or bins together, no other is read beside them."""


@dataclass(frozen=True)
class Item:
    """One item on its way: what was read and encoded, or the error.

    Parameters
    ----------
    file : str
        What it is called in the answer.
    seconds : float
        Wall time of reading and encoding it [s].
    sample : Sample or None
        A batch of one; None after an error.
    tensors : mapping of str to array of shape (1, ...), dimensionless
    error : str or None
    reasons : tuple of str
        Why its answer must not be used, as far as the item itself says.
    """

    file: str
    seconds: float
    sample: Sample | None = None
    tensors: Mapping[str, Array] = field(default_factory=dict)
    error: str | None = None
    reasons: tuple[str, ...] = ()

    @property
    def numbers(self) -> int:
        """Pixels or bins that it holds in memory; 0 after an error."""
        if self.sample is None:
            return 0
        return sum(int(np.size(array)) for array in self.sample.inputs.values())


def in_batches(items: Iterable[Item], batch_size: int) -> Iterator[list[Item]]:
    """Items in the order given, in lists of ``batch_size``, or shorter ones where they are large.

    None is read before the list that it belongs to is asked for.

    Parameters
    ----------
    items : iterable of Item
    batch_size : int
        Most items of a list.

    Yields
    ------
    list of Item
        Closed by the item with which it holds `MAX_NUMBERS` or more.

    Examples
    --------
    >>> [len(batch) for batch in in_batches([Item("a.fits", 0.0, error="is empty")] * 5, 2)]
    [2, 2, 1]
    """
    batch: list[Item] = []
    held = 0
    for item in items:
        batch.append(item)
        held += item.numbers
        if len(batch) == batch_size or held >= MAX_NUMBERS:
            yield batch
            batch, held = [], 0
        # Nothing is held here while the next one is read.
        del item
    if batch:
        yield batch


def read_picture(card: ModelCard, path: Place) -> Item:
    """A FITS picture, encoded as the card states.

    Parameters
    ----------
    card : ModelCard
    path : path

    Returns
    -------
    Item
        With an error where the file can't be read or encoded.
    """
    from skyrun.fits import read_image

    start = time.perf_counter()
    if Path(path).is_dir():
        return Item(str(path), 0.0, error=f"holds no FITS file ({', '.join(ENDINGS)})")
    try:
        image = read_image(path)
        # What overflows on the way is found below, and not told by numpy in its own words.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            sample = image_sample(image).as_batch()
            tensors = encode(card.inputs, sample)
        if not all(np.isfinite(t).all() for t in tensors.values()):
            raise InputError(
                f"pixels from {image.data.min():.3g} to {image.data.max():.3g} {image.unit} do "
                "not encode to finite numbers; check the header's unit and scale"
            )
    except SkyError as error:
        return Item(str(path), time.perf_counter() - start, error=_reason(path, error))
    except MemoryError:
        reason = "needs more memory than there is; cut the source out of the picture"
        return Item(str(path), time.perf_counter() - start, error=reason)
    seconds = time.perf_counter() - start
    return Item(str(path), seconds, sample, tensors, reasons=_origin_reasons(image))


def reads_maps(card: ModelCard) -> bool:
    """Whether every channel of the card is a map of its own name, taken as it is.

    Examples
    --------
    >>> from skytypes.specs import Channel, TensorSpec
    >>> spec = TensorSpec("maps", (1, 8, 8), (Channel("ppdot_map", (), "ppdot_map"),))
    >>> reads_maps(ModelCard("toy", "0", "toy", (spec,), ()))
    True
    """
    return bool(card.inputs) and all(
        len(spec.shape) == 3
        and all(c.source == c.name and c.source != "image" for c in spec.channels)
        for spec in card.inputs
    )


def read_rows(card: ModelCard, path: Place) -> Iterator[Item]:
    """The rows of a table of maps, encoded as the card states.

    Columns are found by their names; columns that the card does not name are not looked at.

    Parameters
    ----------
    card : ModelCard
        `reads_maps` must hold.
    path : path
        CSV with columns ``input:NAME`` of files relative to it (`skyrun.maps`).

    Yields
    ------
    Item
        One a row, called ``PATH#ID``, with an error where a map is absent, bad or of another
        resolution; or one for the table, where it lacks a channel or has them in another order.
    """
    try:
        table = _table(card, Path(path))
    except SkyError as error:
        yield Item(str(path), 0.0, error=_reason(path, error))
        return
    maps = MapFolder(Path(path).parent)
    for row, name in enumerate(table.ids):
        start = time.perf_counter()
        file = f"{path}#{name}"
        try:
            sample = _row_sample(card, maps, dict(zip(table.inputs, table.files[row], strict=True)))
            tensors = encode(card.inputs, sample)
        except SkyError as error:
            yield Item(file, time.perf_counter() - start, error=_reason(path, error))
            continue
        yield Item(file, time.perf_counter() - start, sample, tensors)


def count_rows(path: Place) -> int:
    """Rows of a table of maps; 1 where it can't be read, for the line that says so."""
    try:
        return len(read_map_table(path).ids)
    except SkyError:
        return 1


def _table(card: ModelCard, path: Path) -> DatasetTable:
    if path.suffix.lower() != ".csv":
        raise InputError("the model takes maps; give the CSV of a dataset, as popmaps writes it")
    table = read_map_table(path)
    wanted = [c.source for spec in card.inputs for c in spec.channels]
    missing = [name for name in wanted if name not in table.inputs]
    if missing:
        raise InputError(
            f"has no channel {', '.join(missing)}; the model takes {', '.join(wanted)}, the table "
            f"has {', '.join(table.inputs)}"
        )
    _check_order(card, table)
    return table


def _check_order(card: ModelCard, table: DatasetTable) -> None:
    """Refuse a table whose channels stand otherwise than in the one that was trained on.

    Each is found by its name all the same; but a table in another order was not written by what
    wrote the other, and whether its names mean the same is not known.
    """
    trained = card.training.get("input_columns")
    if not isinstance(trained, list):
        return
    given = [name for name in table.inputs if name in trained]
    if given != trained:
        raise InputError(
            f"has the channels in the order {', '.join(given)}; the model was trained on "
            f"{', '.join(str(name) for name in trained)}: write the columns in that order"
        )


def _row_sample(card: ModelCard, maps: MapFolder, cells: Mapping[str, str]) -> Sample:
    read = {}
    for spec in card.inputs:
        for channel in spec.channels:
            cell = cells[channel.source]
            if not cell:
                raise InputError(f"names no file for {channel.source!r}, which the model takes")
            values = maps.read(cell)
            if values.shape != tuple(spec.shape[1:]):
                given, wanted = (f"{x} x {y}" for x, y in (values.shape, spec.shape[1:]))
                raise InputError(
                    f"{channel.source!r} has {given} bins, the model takes {wanted}; make the "
                    "maps with that resolution"
                )
            read[channel.source] = values[None]
    return Sample(read, size=1)


def _origin_reasons(image: SkyImage) -> tuple[str, ...]:
    """Said where offsets can't count from the header's reference position."""
    ny, nx = image.data.shape
    x, y = image.centre_px
    if -0.5 <= x <= nx - 0.5 and -0.5 <= y <= ny - 0.5:
        return ()
    return ("reference position outside the picture: offsets count from its middle pixel",)


def _reason(path: Place, error: SkyError) -> str:
    """The error's line without the file's name, which stands beside it."""
    return " ".join(str(error).split()).removeprefix(f"{path}: ")
