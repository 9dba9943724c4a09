"""Disks made on the fly: `SyntheticDisks`, the dataset that networks train on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from skytypes import Sample, item_rng
from skytypes.errors import InputError

from .canvas import render_scenes
from .scenes import Scene, draw_scene

STREAM = "skymodels.synthetic"
_SIGMA_TO_FWHM = math.sqrt(8 * math.log(2))
_SIZES = (16, 2048)


def _numbers(scene: Scene, size: int) -> tuple[dict[str, float], dict[str, float]]:
    """Inputs and labels of a scene, without the picture."""
    major = scene.beam_sigma_arcsec * _SIGMA_TO_FWHM
    inputs = {
        "pixel_scale_arcsec": scene.crop_arcsec / size,
        "bmaj_arcsec": major,
        "bmin_arcsec": major * scene.beam_ratio,
        "bpa_deg": scene.beam_pa_deg,
        "reference_x_px": float(size // 2),
        "reference_y_px": float(size // 2),
    }
    labels = {
        "incl_deg": scene.incl_deg,
        "pa_deg": scene.pa_deg,
        "dx_arcsec": scene.dx_arcsec,
        "dy_arcsec": scene.dy_arcsec,
        "rout_arcsec": scene.structure["rout_arcsec"],
        "peak_over_rms": scene.peak_over_rms,
    }
    return inputs, labels


class SyntheticDisks:
    """Pictures of disks with their truth, made when they are asked for.

    Steps 1-5, 7 and 8 of the published recipe at its usual sampling, seen through an elliptical
    Gaussian beam with noise of the beam's shape. Item ``i`` depends on the seed and on ``i`` alone
    and has the same bits alone and in any batch. ``size`` changes how finely a scene is sampled,
    not the scene; the noise is drawn anew.

    Parameters
    ----------
    n : int
        Number of items.
    seed : int
    size : int
        Pixels along a side, 16 to 2048.

    Raises
    ------
    InputError
        If a number is out of range.

    Notes
    -----
    The beam's sigma is 0.3-3.5 px of a 128-pixel crop, its axis ratio 0.4-0.95. Peak over rms is
    log-uniform in 5-200. In half of the pictures there is low-frequency noise, white noise smoothed
    over 4-16 px of a 128-pixel crop, its rms 5-20 % of the noise's rms.

    Examples
    --------
    >>> disks = SyntheticDisks(100, seed=1, size=64)
    >>> disks.batch([3, 5]).inputs["image"].shape
    (2, 64, 64)
    """

    def __init__(self, n: int = 20000, *, seed: int, size: int = 128) -> None:
        if n < 1 or not _SIZES[0] <= size <= _SIZES[1]:
            raise InputError(
                f"{n} synthetic disks of {size} pixels a side; give at least 1, and "
                f"{_SIZES[0]} to {_SIZES[1]} pixels"
            )
        item_rng(seed, 0, STREAM)
        self.n = n
        self.seed = seed
        self.size = size

    @classmethod
    def example(cls) -> SyntheticDisks:
        """Four small items, for checks."""
        return cls(4, seed=1, size=32)

    def __len__(self) -> int:
        """Number of items."""
        return self.n

    def scene(self, index: int) -> Scene:
        """Everything drawn for an item but its noise.

        Parameters
        ----------
        index : int

        Returns
        -------
        Scene

        Raises
        ------
        IndexError
            If there is no such item.

        Examples
        --------
        >>> 0.8 <= SyntheticDisks(4, seed=1).scene(2).crop_arcsec <= 5.0
        True
        """
        return draw_scene(self._rng(index))

    def _rng(self, index: int) -> np.random.Generator:
        if not 0 <= index < self.n:
            raise IndexError(f"item {index} of {self.n} synthetic disks")
        return item_rng(self.seed, index, STREAM)

    def __getitem__(self, index: int) -> Sample:
        """Item ``index``: a picture in Jy/beam, its beam and pixel, and its truth."""
        whole = self.batch([index])
        inputs, labels = (
            {name: values[0] for name, values in group.items()}
            for group in (whole.inputs, whole.labels)
        )
        return Sample(inputs, labels)

    def batch(self, indices: Sequence[int]) -> Sample:
        """The items ``indices`` as one batch, the same bits as one by one.

        Parameters
        ----------
        indices : sequence of int

        Returns
        -------
        Sample
            Pictures of shape (batch, y, x) [Jy/beam], row 0 south, column 0 east.

        Raises
        ------
        IndexError
            If there is no such item.
        InputError
            If there is no index.

        Examples
        --------
        >>> SyntheticDisks(4, seed=1, size=32).batch([2, 0]).labels["pa_deg"].shape
        (2,)
        """
        rngs = [self._rng(int(i)) for i in indices]
        if not rngs:
            raise InputError("a batch of no items; give at least one index")
        scenes = [draw_scene(rng) for rng in rngs]
        numbers = [_numbers(scene, self.size) for scene in scenes]
        inputs, labels = (
            {name: np.array([one[name] for one in group], np.float32) for name in group[0]}
            for group in zip(*numbers, strict=True)
        )
        inputs["image"] = render_scenes(scenes, rngs, size=self.size)
        return Sample(inputs, labels, len(rngs))
