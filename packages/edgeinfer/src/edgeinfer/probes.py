"""Pictures and tensors to try a network on: drawn from a seed, the same on every machine."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from skytypes import Beam, ModelCard, Sample, SkyImage, encode, item_rng
from skytypes.samples import image_sample, stack_samples

PICTURE_INPUTS = frozenset(
    {
        "image",
        "pixel_scale_arcsec",
        "bmaj_arcsec",
        "bmin_arcsec",
        "bpa_deg",
        "reference_x_px",
        "reference_y_px",
    }
)
"""What a FITS picture gives a network (`skytypes.samples.image_sample`)."""

PIXELS = 96


def reads_pictures(card: ModelCard) -> bool:
    """Whether every channel of the card starts from something that a FITS picture gives."""
    return all(c.source in PICTURE_INPUTS for spec in card.inputs for c in spec.channels)


def _shape(card: ModelCard, pixels: int) -> tuple[int, int]:
    """Rows and columns that the card can take: its own where a channel does not resample."""
    for spec in card.inputs:
        for channel in spec.channels:
            names = {operation.name for operation in channel.chain}
            if len(spec.shape) == 3 and channel.source == "image" and "resample" not in names:
                return spec.shape[1], spec.shape[2]
    return pixels, pixels


def _picture(shape: tuple[int, int], seed: int, index: int) -> Sample:
    """A tilted Gaussian source with noise, seen with a random beam, as an interferometer has it."""
    rng = item_rng(seed, index, "edgeinfer.probe")
    ny, nx = shape
    small = min(shape)
    pixel = 10 ** rng.uniform(-2.3, -1.3)
    sigma = small * rng.uniform(0.05, 0.2)
    ratio, angle = rng.uniform(0.2, 1.0), rng.uniform(0, math.pi)
    x0, y0 = (n / 2 + 0.1 * n * rng.uniform(-1, 1) for n in (nx, ny))
    y, x = np.mgrid[:ny, :nx]
    east, north = x0 - x, y - y0
    along = east * math.sin(angle) + north * math.cos(angle)
    across = (east * math.cos(angle) - north * math.sin(angle)) / ratio
    flux = 10 ** rng.uniform(-4, -2)
    data = np.exp(-0.5 * (along**2 + across**2) / sigma**2)
    data = flux * (data + rng.uniform(0.005, 0.1) * rng.standard_normal(shape))
    bmaj = pixel * rng.uniform(3, 8)
    beam = Beam(bmaj, bmaj * rng.uniform(0.5, 1.0), rng.uniform(-90, 90))
    return image_sample(SkyImage(data, pixel, "Jy/beam", beam=beam))


def probe_pictures(card: ModelCard, count: int, *, seed: int, pixels: int = PIXELS) -> Sample:
    """A batch of random pictures of tilted sources with noise, of a size that the card can take.

    Parameters
    ----------
    card : ModelCard
        `reads_pictures` must hold.
    count : int
    seed : int
    pixels : int
        Side of a picture, where the card resamples it [pixel].

    Returns
    -------
    Sample
        Of ``count`` items; item i does not depend on ``count``.
    """
    shape = _shape(card, pixels)
    return stack_samples([_picture(shape, seed, i) for i in range(count)])


def probe_tensors(card: ModelCard, count: int, *, seed: int) -> dict[str, NDArray[np.float32]]:
    """Input tensors to try a network on.

    Parameters
    ----------
    card : ModelCard
    count : int
        Items in the batch.
    seed : int

    Returns
    -------
    dict of str to array of shape (count, ...), dimensionless
        Encoded random pictures where the card reads pictures, else standard normal numbers.

    Examples
    --------
    >>> from skytypes.specs import Channel, TensorSpec
    >>> card = ModelCard("toy", "0", "toy", (TensorSpec("v", (3,), (Channel("v", (), "v"),)),), ())
    >>> probe_tensors(card, 2, seed=1)["v"].shape
    (2, 3)
    """
    if reads_pictures(card):
        tensors = encode(card.inputs, probe_pictures(card, count, seed=seed))
        return {k: np.asarray(v, np.float32) for k, v in tensors.items()}
    return noise_tensors(card, count, seed=seed)


def noise_tensors(card: ModelCard, count: int, *, seed: int) -> dict[str, NDArray[np.float32]]:
    """Standard normal numbers in the shapes of the card's inputs, each (count, ...)."""
    return {
        spec.name: np.stack(
            [
                item_rng(seed, i, f"edgeinfer.noise.{spec.name}").standard_normal(spec.shape)
                for i in range(count)
            ]
        ).astype(np.float32)
        for spec in card.inputs
    }
