"""`EdgeModel`: answers in physical units from pictures, by the card alone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skytypes import ModelCard, Sample, SkyImage, decode, encode
from skytypes.arrays import Array, to_numpy
from skytypes.errors import InputError, SkyError
from skytypes.samples import image_sample
from skytypes.usability import reasons_not_usable

from .answers import Answer, value_of
from .errors import ModelFileError
from .images import ENDINGS
from .modelfile import MAX_MODEL_BYTES, ModelFile, read_model
from .probes import PICTURE_INPUTS, reads_pictures
from .sessions import Session


@dataclass(frozen=True)
class _Item:
    """One file on its way: what was read and encoded, or the error."""

    file: str
    seconds: float
    sample: Sample | None = None
    tensors: Mapping[str, Array] = field(default_factory=dict)
    error: str | None = None
    reasons: tuple[str, ...] = ()


class EdgeModel:
    """A network with its card, ready to answer; needs onnxruntime, never torch.

    Parameters
    ----------
    file : ModelFile
    threads : int or None
        Threads of onnxruntime; None leaves the choice to it.

    Raises
    ------
    ModelFileError
        If onnxruntime can't load it or the card does not fit the network.
    """

    def __init__(self, file: ModelFile, *, threads: int | None = None) -> None:
        self.file = file
        self.session = Session(file, threads=threads)

    @property
    def card(self) -> ModelCard:
        """What the network takes and says, and where it must not be trusted."""
        return self.file.card

    def predict(self, sample: Sample) -> dict[str, NDArray[np.floating]]:
        """Answers for one item or a batch.

        Parameters
        ----------
        sample : Sample
            With the inputs that the card's channels start from; numpy arrays.

        Returns
        -------
        dict of str to array of shape (batch, ...)
            By output name, in the output's unit.

        Raises
        ------
        ContractError
            If the sample lacks an input or has another shape than the card states.
        """
        batch = sample.as_batch()
        raw = self.session(encode(self.card.inputs, batch))
        return {k: to_numpy(v) for k, v in decode(self.card, raw, batch).items()}

    def run_files(
        self, paths: Iterable[str | os.PathLike[str]], *, batch_size: int = 8
    ) -> Iterator[Answer]:
        """Answers for FITS images, in order; a file that can't be read stops none of the others.

        Parameters
        ----------
        paths : iterable of path
            One picture each (`skyrun.fits.read_image`), of any size, with a restoring beam.
        batch_size : int
            Pictures that the network sees at once; only that many are held in memory.

        Returns
        -------
        iterator of Answer

        Raises
        ------
        InputError
            If ``batch_size`` is below 1.
        ModelFileError
            If the card needs what a FITS picture does not give, or answers with pictures.
        """
        if batch_size < 1:
            raise InputError(f"batch size is {batch_size}; give 1 or more")
        self._check_for_files()
        # Before the clock of the first file starts; not at the top, since predict needs no FITS.
        import skyrun.fits  # noqa: F401

        return self._run_groups(iter(paths), batch_size)

    def _run_groups(
        self, waiting: Iterator[str | os.PathLike[str]], batch_size: int
    ) -> Iterator[Answer]:
        while group := list(islice(waiting, batch_size)):
            yield from self._answer_group([self._read(path) for path in group])

    def _check_for_files(self) -> None:
        if not reads_pictures(self.card):
            sources = {c.source for spec in self.card.inputs for c in spec.channels}
            raise ModelFileError(
                f"{self.file.path}: the network needs {sorted(sources - PICTURE_INPUTS)}, which a "
                "FITS picture does not give; use edgeinfer.load_model and predict"
            )
        pictures = [o.name for o in self.card.outputs if o.decoder in ("mask", "image")]
        if pictures:
            raise ModelFileError(
                f"{self.file.path}: output {pictures[0]!r} is a picture, which no table holds; "
                "use edgeinfer.load_model and predict"
            )

    def _read(self, path: str | os.PathLike[str]) -> _Item:
        from skyrun.fits import read_image

        start = time.perf_counter()
        if Path(path).is_dir():
            return _Item(str(path), 0.0, error=f"holds no FITS file ({', '.join(ENDINGS)})")
        try:
            image = read_image(path)
            # What overflows on the way is found below, and not told by numpy in its own words.
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                sample = image_sample(image).as_batch()
                tensors = encode(self.card.inputs, sample)
            if not all(np.isfinite(t).all() for t in tensors.values()):
                raise InputError(
                    f"pixels from {image.data.min():.3g} to {image.data.max():.3g} {image.unit} do "
                    "not encode to finite numbers; check the header's unit and scale"
                )
        except SkyError as error:
            return _Item(str(path), time.perf_counter() - start, error=_reason(path, error))
        seconds = time.perf_counter() - start
        return _Item(str(path), seconds, sample, tensors, reasons=_origin_reasons(image))

    def _answer_group(self, items: list[_Item]) -> Iterator[Answer]:
        good = [item for item in items if item.error is None]
        start = time.perf_counter()
        names = [spec.name for spec in self.card.inputs]
        raw = (
            self.session({n: np.concatenate([i.tensors[n] for i in good]) for n in names})
            if good
            else {}
        )
        share = (time.perf_counter() - start) / max(len(good), 1)
        row = 0
        for item in items:
            if item.error is not None:
                yield Answer(item.file, seconds=item.seconds, error=item.error)
                continue
            yield self._answer(item, {k: v[row : row + 1] for k, v in raw.items()}, share)
            row += 1

    def _answer(self, item: _Item, raw: Mapping[str, Array], share: float) -> Answer:
        sample = item.sample
        if sample is None:
            raise ValueError(f"{item.file}: an item without a sample can't be answered")
        start = time.perf_counter()
        answers = decode(self.card, raw, sample)
        values = {o.name: value_of(answers[o.name][0], o.classes) for o in self.card.outputs}
        reasons = [f"{name} is not a number" for name, value in values.items() if value is None]
        reasons += reasons_not_usable(self.card, answers, sample)[0]
        reasons += item.reasons
        seconds = item.seconds + share + time.perf_counter() - start
        return Answer(item.file, values, tuple(reasons), seconds)


def _origin_reasons(image: SkyImage) -> tuple[str, ...]:
    """Said where offsets can't count from the header's reference position."""
    ny, nx = image.data.shape
    x, y = image.centre_px
    if -0.5 <= x <= nx - 0.5 and -0.5 <= y <= ny - 0.5:
        return ()
    return ("reference position outside the picture: offsets count from its middle pixel",)


def _reason(path: str | os.PathLike[str], error: SkyError) -> str:
    """The error's line without the file's name, which stands beside it."""
    return " ".join(str(error).split()).removeprefix(f"{path}: ")


def load_model(
    path: str | os.PathLike[str], *, threads: int | None = None, max_bytes: int = MAX_MODEL_BYTES
) -> EdgeModel:
    """A model from an ONNX file that carries its card.

    Parameters
    ----------
    path : path
        Written by ``edgeinfer export``, or any ONNX file of one piece with a card in its metadata.
    threads : int or None
        Threads of onnxruntime; None leaves the choice to it.
    max_bytes : int
        Larger files are refused.

    Returns
    -------
    EdgeModel

    Raises
    ------
    InputError, ModelFileError
        One line: what is wrong with the file.

    Examples
    --------
    >>> load_model("/nonesuch.onnx")
    Traceback (most recent call last):
    ...
    skytypes.errors.InputError: /nonesuch.onnx: no such file
    """
    return EdgeModel(read_model(Path(path), max_bytes=max_bytes), threads=threads)
