"""`Sample`: one item, or a batch of items, of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .arrays import Array, namespace
from .errors import ContractError
from .images import SkyImage


@dataclass(frozen=True)
class Sample:
    """Inputs and truth of one item (``size`` None) or of a batch of ``size`` items.

    The inputs are raw: physical pixels, beam and pixel scale. What a network sees of them is
    stated by its `TensorSpec` and made by `encode`. The arrays are not to be changed in place:
    windows found in them are remembered, so that `encode` and `decode` look only once.

    Parameters
    ----------
    inputs : mapping of str to array
        For pictures: ``image`` of shape (y, x) [Jy/beam], and the numbers ``pixel_scale_arcsec``,
        ``bmaj_arcsec``, ``bmin_arcsec``, ``bpa_deg``, ``reference_x_px``, ``reference_y_px``.
        A batch has one more axis, in front, in each.
    labels : mapping of str to array
        Truth, names with units; numbers, or shape (size,) in a batch.
    size : int or None
        Items in the batch; None for a single item.

    Examples
    --------
    >>> a = Sample({"image": np.zeros((4, 4), np.float32)}, {"incl_deg": np.float32(30)})
    >>> b = stack_samples([a, a])
    >>> b.size, b.inputs["image"].shape
    (2, (2, 4, 4))
    """

    inputs: Mapping[str, Array]
    labels: Mapping[str, Array] = field(default_factory=dict)
    size: int | None = None
    _windows: dict[tuple[object, ...], Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if self.size is None:
            return
        for name, value in {**self.inputs, **self.labels}.items():
            shape = tuple(getattr(value, "shape", ()))
            if not shape or shape[0] != self.size:
                raise ContractError(
                    f"batch of {self.size}: {name!r} has shape {shape}; its first axis must be "
                    f"{self.size}"
                )

    def map(self, function: Callable[[Array], Array]) -> Sample:
        """The same sample with ``function`` applied to every array (to move it to a device, say).

        Examples
        --------
        >>> s = Sample({"x": np.ones(2)})
        >>> float(s.map(lambda a: 2 * a).inputs["x"][0])
        2.0
        """
        return Sample(
            {k: function(v) for k, v in self.inputs.items()},
            {k: function(v) for k, v in self.labels.items()},
            self.size,
        )

    def remember(self, key: tuple[object, ...], find: Callable[[], Any]) -> Any:
        """What was found under ``key`` before, else what ``find`` finds now."""
        if key not in self._windows:
            self._windows[key] = find()
        return self._windows[key]

    def as_batch(self) -> Sample:
        """The sample as a batch: itself if it is one, else a batch of one item."""
        return self if self.size is not None else stack_samples([self])

    def __getitem__(self, index: int) -> Sample:
        """Item ``index`` of a batch."""
        if self.size is None or not -self.size <= index < self.size:
            raise IndexError(f"item {index} of a sample of size {self.size}")
        return Sample(
            {k: v[index] for k, v in self.inputs.items()},
            {k: v[index] for k, v in self.labels.items()},
        )


def _stack(values: Sequence[Array]) -> Array:
    if hasattr(values[0], "detach"):
        return namespace(values[0]).stack(list(values))
    return np.stack([np.asarray(v) for v in values])


def stack_samples(samples: Sequence[Sample]) -> Sample:
    """Single samples put together into one batch.

    Parameters
    ----------
    samples : sequence of single Samples
        All with the same names and shapes, numpy arrays or torch tensors.

    Returns
    -------
    Sample
        With ``size = len(samples)``.

    Raises
    ------
    ContractError
        If there is none, or names or shapes differ.
    """
    if not samples:
        raise ContractError("no samples to stack; give at least one")

    def gather(maps: list[Mapping[str, Array]]) -> dict[str, Any]:
        names = set(maps[0])
        if any(set(m) != names for m in maps):
            raise ContractError(f"samples differ in their names; all must have {sorted(names)}")
        shapes = {k: {np.shape(m[k]) for m in maps} for k in maps[0]}
        for name, found in shapes.items():
            if len(found) > 1:
                raise ContractError(
                    f"{name!r} has shapes {sorted(found)}; encode each before stacking"
                )
        return {k: _stack([m[k] for m in maps]) for k in maps[0]}

    if any(s.size is not None for s in samples):
        raise ContractError("a batch can't be stacked again; give single samples")
    return Sample(
        gather([s.inputs for s in samples]), gather([s.labels for s in samples]), len(samples)
    )


def image_sample(image: SkyImage, labels: Mapping[str, float] | None = None) -> Sample:
    """A picture with a beam as a single `Sample` of float32 numbers.

    Offsets are counted from the reference position of the header; where that lies outside the
    picture (a cut-out of a mosaic), from the picture's middle pixel, ``(nx // 2, ny // 2)``.

    Parameters
    ----------
    image : SkyImage
        Needs a beam. ``image.data`` of shape (y, x) in ``image.unit``.
    labels : mapping or None
        Truth, names with units.

    Raises
    ------
    ContractError
        If the image has no beam, or a pixel beyond the range of float32.

    Examples
    --------
    >>> from skytypes import Beam
    >>> sky = SkyImage(np.ones((8, 8)), 0.01, "Jy/beam", beam=Beam(0.05, 0.04, 0.0))
    >>> sorted(image_sample(sky).inputs)[:3]
    ['bmaj_arcsec', 'bmin_arcsec', 'bpa_deg']
    """
    if image.beam is None:
        raise ContractError(f"image {image.name!r} has no beam; give one made by an interferometer")
    x, y = _origin_px(image)
    numbers = {
        "pixel_scale_arcsec": image.pixel_scale_arcsec,
        "bmaj_arcsec": image.beam.bmaj_arcsec,
        "bmin_arcsec": image.beam.bmin_arcsec,
        "bpa_deg": image.beam.bpa_deg,
        "reference_x_px": x,
        "reference_y_px": y,
    }
    inputs: dict[str, Any] = {k: np.float32(v) for k, v in numbers.items()}
    if float(np.max(np.abs(image.data))) > float(np.finfo(np.float32).max):
        raise ContractError(f"image {image.name!r} has pixels beyond 3.4e38; give another unit")
    inputs["image"] = np.asarray(image.data, dtype=np.float32)
    return Sample(inputs, {k: np.float32(v) for k, v in (labels or {}).items()})


def _origin_px(image: SkyImage) -> tuple[float, float]:
    ny, nx = image.data.shape
    x, y = image.centre_px
    inside = -0.5 <= x <= nx - 0.5 and -0.5 <= y <= ny - 0.5
    return (x, y) if inside else (float(nx // 2), float(ny // 2))
