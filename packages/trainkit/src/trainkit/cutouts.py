"""Large pictures cut once to what a network looks at, and pictures kept in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from skytypes import ArrayDataset, Sample
from skytypes.encoding import window_of
from skytypes.protocols import batch_of
from skytypes.samples import stack_samples
from skytypes.specs import TensorSpec
from skytypes.windows import Window, resample, whole_window

from .split import named_groups

MARGIN = 1.5
"""A square turned by any angle fits into one sqrt(2) times as wide; 1.5 leaves room to shift."""
CUT_PX = 256


def cut_out(
    specs: Sequence[TensorSpec], sample: Sample, *, margin: float = MARGIN, size: int = CUT_PX
) -> Sample:
    """The surroundings of the network's window as a smaller picture.

    Parameters
    ----------
    specs : sequence of TensorSpec
        What the network sees; they say where its window is.
    sample : Sample
        A single item, numpy, ``image`` of shape (y, x).
    margin : float
        Width of the cut in windows, dimensionless; the cut never leaves the picture.
    size : int
        Its side [pixel].

    Returns
    -------
    Sample
        A single item with ``image`` of shape (size, size), its pixel scale and reference pixel
        changed accordingly; beam and labels as they were.

    Examples
    --------
    >>> numbers = {k: np.float32(0.1) for k in ("bmaj_arcsec", "bmin_arcsec", "bpa_deg")}
    >>> middle = {k: np.float32(32) for k in ("reference_x_px", "reference_y_px")}
    >>> s = Sample({"image": np.zeros((64, 64), np.float32), **numbers, **middle,
    ...             "pixel_scale_arcsec": np.float32(0.02)})
    >>> cut = cut_out((), s, size=32)
    >>> cut.inputs["image"].shape, round(float(cut.inputs["pixel_scale_arcsec"]), 6)
    ((32, 32), 0.04)
    """
    batch = sample.as_batch()
    image = batch.inputs["image"]
    window, whole = window_of(specs, batch), whole_window(image)
    half = np.minimum(margin * window.half_px, whole.half_px)
    x = np.clip(window.x_px, *_room(image.shape[-1], half))
    y = np.clip(window.y_px, *_room(image.shape[-2], half))
    step = 2 * half / size
    inputs: dict[str, Any] = dict(batch.inputs)
    inputs["image"] = resample(image, Window(x, y, half), size)
    inputs["pixel_scale_arcsec"] = batch.inputs["pixel_scale_arcsec"] * step
    for name, middle in (("reference_x_px", x), ("reference_y_px", y)):
        inputs[name] = (batch.inputs[name] - (middle - half)) / step - 0.5
    # float32 again: the steps above may have widened it.
    return Sample({k: np.float32(v[0]) for k, v in inputs.items()}, sample.labels)


def _room(count: int, half: Any) -> tuple[Any, Any]:
    """Where the middle of a cut may lie so that the cut stays in the picture."""
    return half - 0.5, count - 0.5 - half


class CutDataset:
    """A dataset of large pictures as one of cuts of one size.

    Parameters
    ----------
    dataset : ArrayDataset
        Pictures may differ in size.
    specs : sequence of TensorSpec
        What the network sees.
    """

    def __init__(self, dataset: ArrayDataset, specs: Sequence[TensorSpec]) -> None:
        self.dataset = dataset
        self.specs = tuple(specs)
        self.groups = named_groups(dataset)

    def __len__(self) -> int:
        """Number of items."""
        return len(self.dataset)

    def __getitem__(self, index: int) -> Sample:
        """The cut of item ``index``."""
        return cut_out(self.specs, self.dataset[index])


class KeptDataset:
    """A dataset whose items are made once and kept in memory, as far as it is allowed.

    Parameters
    ----------
    dataset : ArrayDataset
        With items of one shape.
    max_bytes : int
        Bound of what is kept; items beyond it are made anew each time, with the same bits.

    Examples
    --------
    >>> class Counted:
    ...     made = 0
    ...     def __len__(self): return 3
    ...     def __getitem__(self, i):
    ...         Counted.made += 1
    ...         return Sample({"x": np.full(2, i, np.float32)})
    >>> kept = KeptDataset(Counted(), max_bytes=1000)
    >>> for _ in range(2):
    ...     _ = kept.batch([2, 0])
    >>> Counted.made
    2
    """

    def __init__(self, dataset: ArrayDataset, *, max_bytes: int) -> None:
        self.dataset = dataset
        self.groups = named_groups(dataset)
        self._left = max_bytes
        self._kept: dict[int, Sample] = {}

    def __len__(self) -> int:
        """Number of items."""
        return len(self.dataset)

    def __getitem__(self, index: int) -> Sample:
        """Item ``index``."""
        return self.batch([index])[0]

    def batch(self, indices: Sequence[int]) -> Sample:
        """The items ``indices`` as one batch."""
        made: dict[int, Sample] = {}
        missing = sorted({int(i) for i in indices} - self._kept.keys())
        if missing:
            fresh = batch_of(self.dataset, missing)
            for place, index in enumerate(missing):
                made[index] = self._keep(index, fresh[place])
        return stack_samples([made.get(int(i)) or self._kept[int(i)] for i in indices])

    def _keep(self, index: int, sample: Sample) -> Sample:
        arrays = (*sample.inputs.values(), *sample.labels.values())
        size = sum(np.asarray(a).nbytes for a in arrays)
        if size <= self._left:
            self._left -= size
            # A copy: a view would hold the whole batch that it was made in.
            self._kept[index] = sample = sample.map(np.array)
        return sample
