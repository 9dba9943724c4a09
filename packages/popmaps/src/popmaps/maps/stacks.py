"""Stacks: one array a channel, shape (samples, n_x, n_y), that can be mapped into memory.

For 1e5 to 1e6 samples, where a file a map would be too many. Numbers are float32, which is what
networks are trained in; `numpy.load` with ``mmap_mode="r"`` reads only the rows asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skyrun.files import atomic_path, cannot_write

from .batches import PARTS, Batch, Settings
from .layout import map_grid, map_names


def stack_shapes(settings: Settings) -> dict[str, tuple[int, int]]:
    """Shape of each channel's map, by name.

    Parameters
    ----------
    settings : Settings
    """
    resolutions = settings.resolution_dyn, settings.resolution_ppdot
    return {name: map_grid(name, *resolutions).shape for name in map_names(settings.kind)}


def join_stacks(save_dir: Path, settings: Settings, kept: Sequence[tuple[Batch, int]]) -> list[str]:
    """Join the parts that the batches wrote into one stack a channel.

    Parameters
    ----------
    save_dir : Path
    settings : Settings
    kept : sequence of (Batch, int)
        In order; how many samples of each have maps.

    Returns
    -------
    list of str
        Names of the files.

    Raises
    ------
    InputError
        If a file can't be written.
    """
    total = sum(rows for _, rows in kept)
    start, files = 0, []
    for name, shape in stack_shapes(settings).items():
        cells = slice(start, start + shape[0] * shape[1])
        start = cells.stop
        file = f"{name}.npy"
        header = {"descr": "<f4", "fortran_order": False, "shape": (total, *shape)}
        try:
            with atomic_path(save_dir / file) as temporary, temporary.open("wb") as out:
                np.lib.format.write_array_header_1_0(out, header)
                for rows in _rows(save_dir, kept, cells):
                    out.write(np.ascontiguousarray(rows).tobytes())
        except OSError as error:
            raise cannot_write(save_dir / file, error) from error
        files.append(file)
    return files


def _rows(
    save_dir: Path, kept: Sequence[tuple[Batch, int]], cells: slice
) -> Iterator[NDArray[np.float32]]:
    for batch, rows in kept:
        if rows:
            part = np.load(save_dir / PARTS / f"{batch.name}.npy", mmap_mode="r")
            yield part[:, cells]
