"""`bench_model`: milliseconds an image, by stage."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from skytypes import decode, encode
from skytypes.errors import InputError
from skytypes.samples import Sample

from .modelfile import read_model
from .probes import noise_tensors, probe_pictures, reads_pictures
from .sessions import Session

MAX_PIXELS = 8192
_SEED = 3
_WARM_UP = 3


@dataclass(frozen=True)
class Timing:
    """Time of one stage at one batch size, a picture.

    Parameters
    ----------
    stage : str
        ``encode``, ``network``, ``decode``; or ``total``, the three after one another.
    batch : int
    repeats : int
    wall_ms, wall_low_ms, wall_high_ms : float
        Median over the repeats and the 95 % interval of that median [ms an image].
    cpu_ms : float
        Median of the processor time of the whole process, all threads [ms an image].
    """

    stage: str
    batch: int
    repeats: int
    wall_ms: float
    wall_low_ms: float
    wall_high_ms: float
    cpu_ms: float

    def row(self) -> dict[str, object]:
        """The times as one line of a table or of JSON."""
        return asdict(self)


def median_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, and the 95 % interval of the median whatever the distribution.

    Parameters
    ----------
    values : sequence of float
        At least one.

    Returns
    -------
    (median, low, high)
        In the unit of ``values``. For fewer than six the interval is their range, which holds less
        than 95 %.

    Notes
    -----
    The interval runs between order statistics l and n + 1 - l with the largest l for which
    2 P(Binomial(n, 1/2) < l) <= 0.05. Source: Conover 1999, Practical Nonparametric Statistics,
    3rd ed., sec. 3.2.

    Examples
    --------
    >>> median_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    (3.5, 1.0, 6.0)
    """
    ordered = sorted(values)
    count, below, place = len(ordered), 0.0, 0
    while place < count // 2:
        below += math.comb(count, place) / 2**count
        if 2 * below > 0.05:
            break
        place += 1
    place = max(place, 1)
    return float(np.median(ordered)), ordered[place - 1], ordered[count - place]


def _time(function: Callable[[], object], repeats: int) -> list[tuple[float, float]]:
    """Wall and processor seconds of each call, after a warm-up."""
    for _ in range(_WARM_UP):
        function()
    times = []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        function()
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    return times


def _timing(stage: str, batch: int, times: Sequence[tuple[float, float]]) -> Timing:
    per_image = 1000 / batch
    wall = median_interval([w * per_image for w, _ in times])
    cpu = median_interval([c * per_image for _, c in times])
    return Timing(stage, batch, len(times), *wall, cpu[0])


def bench_model(
    path: str | os.PathLike[str],
    *,
    threads: int = 1,
    repeats: int = 50,
    batches: Sequence[int] = (1, 32),
    pixels: int = 256,
) -> list[Timing]:
    """Measure how long an image takes on this machine.

    Parameters
    ----------
    path : path
        The ONNX file.
    threads : int
        Threads of onnxruntime. Those of numpy (for ``encode``) are set by ``OMP_NUM_THREADS``
        before Python starts.
    repeats : int
        Calls timed, after three that are not.
    batches : sequence of int
    pixels : int
        Side of the pictures, where the card resamples them [pixel].

    Returns
    -------
    list of Timing
        Reading the file is not in it. A card that does not read pictures has only ``network``.

    Raises
    ------
    InputError, ModelFileError
        If the file can't be loaded, or a number is below its least.
    """
    if repeats < 1 or not 8 <= pixels <= MAX_PIXELS or any(b < 1 for b in batches):
        raise InputError(
            f"repeats {repeats}, pixels {pixels}, batches {list(batches)}; "
            f"give repeats and batches of 1 or more, pixels from 8 to {MAX_PIXELS}"
        )
    session = Session(read_model(path), threads=threads)
    return [t for batch in batches for t in _stages(session, batch, repeats, pixels)]


def _stages(session: Session, batch: int, repeats: int, pixels: int) -> list[Timing]:
    card = session.file.card
    if not reads_pictures(card):
        tensors = noise_tensors(card, batch, seed=_SEED)
        return [_timing("network", batch, _time(lambda: session(tensors), repeats))]
    sample = probe_pictures(card, batch, seed=_SEED, pixels=pixels)
    encoded = encode(card.inputs, sample)
    raw = session(encoded)

    def just_read() -> Sample:
        """The pictures as they come from their files: no window has been looked for in them."""
        return Sample(sample.inputs, size=batch)

    def answer() -> object:
        seen = just_read()
        return decode(card, session(encode(card.inputs, seen)), seen)

    stages: dict[str, Callable[[], object]] = {
        "encode": lambda: encode(card.inputs, just_read()),
        "network": lambda: session(encoded),
        # Of pictures that were encoded, and so know their window.
        "decode": lambda: decode(card, raw, sample),
        "total": answer,
    }
    return [_timing(name, batch, _time(call, repeats)) for name, call in stages.items()]
