"""`PopulationMaps`: the maps of a dataset table with their labels, as networks are trained on."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeAlias
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from skyrun.maps import MapFolder, read_map_table
from skytypes import DatasetTable, Sample
from skytypes.errors import InputError

LABEL_UNITS: Final[Mapping[str, str]] = {
    "B_initial_log10_mean": "log10(G)",
    "B_initial_log10_sigma": "log10(G)",
    "P_initial_log10_mean": "log10(s)",
    "P_initial_log10_sigma": "log10(s)",
    "L_radio_log10_mean": "log10(erg s^-1)",
    "sigma_k": "km s^-1",
    "h_c": "kpc",
    "vk_c": "km s^-1",
}
"""Units of the parameters that a population is drawn with; the others are pure numbers."""

Numbers = NDArray[np.float64]
_Shapes: TypeAlias = tuple[tuple[int, int], ...]


class PopulationMaps:
    r"""An `ArrayDataset` over a table of maps, as ``popmaps generate`` and ``split`` write it.

    Each channel is an input of its own name, raw: float32 of shape (n_x, n_y), that is (RA, Dec),
    (P, P_dot) or (x, y). What a network sees of it is stated on its card. Maps are read when their
    item is asked for; stacks are mapped into memory. Pictures (``--data-type image``) give the
    place of a bin in its map's own range, 0 to 1.

    Parameters
    ----------
    csv_path : path
        ``dataset_full.csv``, ``dataset_train.csv``, ``dataset_atnf.csv`` ...
    channels : sequence of str or None
        Names of maps, in the order wanted; a name with ``*`` stands for all that it fits, in the
        order of the table. None takes every channel that some row has.
    labels : sequence of str or None
        None takes every label that all rows have.

    Attributes
    ----------
    channels : tuple of str
    labels : tuple of str
    units : mapping of str to str
        Of each label; empty for a pure number.
    shapes : mapping of str to (int, int)
        Bins along x and y of each channel.
    columns : tuple of str
        The channels in the order of the table.
    rows : tuple of int
        By item: row of the table, from 0.
    groups : tuple of str
        By item: file (and row) of its first map, the same whatever table lists it.
    skipped : mapping of str to str
        Rows left out, and why: a file that is missing, damaged or of another resolution.

    Raises
    ------
    InputError
        If the table is bad, lacks a channel or label, or no row is whole.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     np.save(name + "/ppdot_map.npy", np.ones((3, 4, 4)))
    ...     _ = Path(name, "t.csv").write_text(
    ...         "input:ppdot_map,h_c\nppdot_map.npy#0,0.1\nppdot_map.npy#2,0.3\n")
    ...     maps = PopulationMaps(name + "/t.csv")
    ...     maps.batch([1, 0]).inputs["ppdot_map"].shape, maps.units
    ((2, 4, 4), {'h_c': 'kpc'})
    """

    def __init__(
        self,
        csv_path: str | os.PathLike[str],
        *,
        channels: Sequence[str] | None = None,
        labels: Sequence[str] | None = None,
    ) -> None:
        self.path = Path(csv_path)
        table = read_map_table(self.path)
        self.channels = _choose_channels(self.path, table, channels)
        self.labels = _choose_labels(self.path, table, labels)
        self.units = {name: LABEL_UNITS.get(name, "") for name in self.labels}
        self.columns = tuple(n for n in table.inputs if n in self.channels)
        self.skipped: dict[str, str] = {}
        self._maps = MapFolder(self.path.parent)
        places = [table.inputs.index(name) for name in self.channels]
        cells = [tuple(row[p] for p in places) for row in table.files]
        found = [self._shapes(table.ids[row], cells[row]) for row in range(len(cells))]
        if not any(found):
            reason = next(iter(self.skipped.values()))
            raise InputError(f"{self.path}: none of {len(cells)} rows is whole; {reason}")
        self.shapes = dict(zip(self.channels, _common(found), strict=True))
        fits = [self._fits(table.ids[row], found[row]) for row in range(len(cells))]
        self.rows = tuple(row for row, good in enumerate(fits) if good)
        self._cells = [cells[row] for row in self.rows]
        self.groups = tuple(cells[row][0] for row in self.rows)
        known = [table.labels.index(name) for name in self.labels]
        values = [[table.values[row][k] for k in known] for row in self.rows]
        self._values: Numbers = np.array(values, np.float64).reshape(len(self.rows), len(known))

    @classmethod
    def example(cls) -> PopulationMaps:
        """A small dataset for contract tests; its folder goes when it does.

        Returns
        -------
        PopulationMaps
            Three stacked maps of 4 x 5 bins.

        Examples
        --------
        >>> maps = PopulationMaps.example()
        >>> len(maps), maps.shapes, maps.labels
        (3, {'ppdot_map': (4, 5)}, ('h_c',))
        """
        folder = TemporaryDirectory()
        stack = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
        np.save(Path(folder.name, "ppdot_map.npy"), stack)
        rows = "".join(f"ppdot_map.npy#{row},0.{row}\n" for row in range(len(stack)))
        table = Path(folder.name, "dataset.csv")
        table.write_text("input:ppdot_map,h_c\n" + rows)
        made = cls(table)
        finalize(made, folder.cleanup)
        return made

    def __len__(self) -> int:
        """Number of whole rows."""
        return len(self.rows)

    def __getitem__(self, index: int, /) -> Sample:
        """The maps and labels of item ``index``.

        Raises
        ------
        InputError
            If a file has changed, or holds numbers that are not finite; it is named.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"item {index} of {len(self)}")
        maps: dict[str, Any] = {}
        for name, cell in zip(self.channels, self._cells[index], strict=True):
            maps[name] = self._maps.read(cell)
            if maps[name].shape != self.shapes[name]:
                raise InputError(f"{self.path.parent / cell}: has changed since the table was read")
        labels = zip(self.labels, self._values[index], strict=True)
        return Sample(maps, {name: np.float32(value) for name, value in labels})

    def batch(self, indices: Sequence[int], /) -> Sample:
        """The items ``indices`` as one batch, maps of shape (batch, n_x, n_y)."""
        items = [self[int(i)] for i in indices]
        if not items:
            raise InputError("a batch of no items; give at least one index")
        maps = {name: np.stack([item.inputs[name] for item in items]) for name in self.channels}
        labels = {
            name: np.array([item.labels[name] for item in items], np.float32)
            for name in self.labels
        }
        return Sample(maps, labels, len(items))

    def label_values(self) -> dict[str, Numbers]:
        """The labels of all items in double precision, shape (item,), by name."""
        return {name: self._values[:, k].copy() for k, name in enumerate(self.labels)}

    def _shapes(self, name: str, cells: Sequence[str]) -> _Shapes | None:
        """Shapes of a row's maps; None, and the reason in ``skipped``, where one is bad."""
        absent = [c for c, cell in zip(self.channels, cells, strict=True) if not cell]
        if absent:
            self.skipped[name] = f"{self.path}: row {name} names no file for {absent[0]!r}"
            return None
        try:
            return tuple(self._maps.shape(cell) for cell in cells)
        except InputError as error:
            self.skipped[name] = str(error)
            return None

    def _fits(self, name: str, shapes: _Shapes | None) -> bool:
        if shapes is None:
            return False
        for (channel, wanted), given in zip(self.shapes.items(), shapes, strict=True):
            if given != wanted:
                self.skipped[name] = (
                    f"{self.path}: row {name}: {channel!r} has {given[0]} x {given[1]} bins, most "
                    f"have {wanted[0]} x {wanted[1]}; make all with one resolution"
                )
                return False
        return True


def _common(found: Sequence[_Shapes | None]) -> _Shapes:
    """The commonest shapes of a row; of equally common ones the first."""
    return Counter(shapes for shapes in found if shapes is not None).most_common(1)[0][0]


def _choose_channels(
    path: Path, table: DatasetTable, wanted: Sequence[str] | None
) -> tuple[str, ...]:
    if wanted is None:
        used = [any(row[k] for row in table.files) for k in range(len(table.inputs))]
        return tuple(name for name, some in zip(table.inputs, used, strict=True) if some)
    chosen: list[str] = []
    for pattern in wanted:
        fitting = [name for name in table.inputs if fnmatchcase(name, pattern)]
        if pattern in table.inputs:
            fitting = [pattern]
        if not fitting:
            raise InputError(
                f"{path}: has no channel {pattern!r}; it has {', '.join(table.inputs)}"
            )
        chosen += fitting
    return tuple(_once(path, "channel", chosen))


def _choose_labels(
    path: Path, table: DatasetTable, wanted: Sequence[str] | None
) -> tuple[str, ...]:
    unknown = {
        name
        for k, name in enumerate(table.labels)
        if any(math.isnan(values[k]) for values in table.values)
    }
    if wanted is None:
        return tuple(name for name in table.labels if name not in unknown)
    for name in wanted:
        if name not in table.labels:
            raise InputError(
                f"{path}: has no label {name!r}; it has {', '.join(table.labels) or 'none'}"
            )
        if name in unknown:
            raise InputError(f"{path}: label {name!r} is empty in some row; give all, or leave it")
    return tuple(_once(path, "label", list(wanted)))


def _once(path: Path, kind: str, names: list[str]) -> list[str]:
    if not names:
        raise InputError(f"{path}: no {kind} is given; give one or more, or leave them out for all")
    twice = [name for k, name in enumerate(names) if name in names[:k]]
    if twice:
        raise InputError(f"{path}: {kind} {twice[0]!r} is given twice; give each once")
    return names
