"""`EdgeModel`: answers in physical units from pictures or maps, by the card alone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skytypes import ModelCard, Sample, decode, encode
from skytypes.arrays import Array, to_numpy
from skytypes.errors import InputError
from skytypes.usability import reasons_not_usable

from .answers import Answer, value_of
from .errors import ModelFileError
from .items import Item, in_batches, read_picture, read_rows, reads_maps
from .modelfile import MAX_MODEL_BYTES, ModelFile, read_model
from .probes import PICTURE_INPUTS, reads_pictures
from .sessions import Session


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
            With the inputs that the card's channels start from; numpy arrays, pictures of shape
            (y, x) or (batch, y, x), row 0 south, column 0 east.

        Returns
        -------
        dict of str to array of shape (batch, ...)
            By output name, in the output's unit: angles [deg], offsets [arcsec].

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
        """Answers for files, in order; one that can't be read stops none of the others.

        Parameters
        ----------
        paths : iterable of path
            FITS images, one picture each (`skyrun.fits.read_image`), of any size, with a
            restoring beam; for a network of maps tables of them, one answer a row.
        batch_size : int
            Items that the network sees at once. They are read as they are needed, and fewer at
            once where they are large (`edgeinfer.items.MAX_NUMBERS`).

        Returns
        -------
        iterator of Answer

        Raises
        ------
        InputError
            If ``batch_size`` is below 1.
        ModelFileError
            If the card needs what neither a FITS picture nor a table of maps gives, or answers
            with pictures.
        """
        if batch_size < 1:
            raise InputError(f"batch size is {batch_size}; give 1 or more")
        self._check_for_files()
        if reads_maps(self.card):
            rows = chain.from_iterable(read_rows(self.card, path) for path in paths)
            return self._run_groups(rows, batch_size)
        # Before the clock of the first file starts; not at the top, since predict needs no FITS.
        import skyrun.fits  # noqa: F401

        return self._run_groups((read_picture(self.card, path) for path in paths), batch_size)

    def _run_groups(self, waiting: Iterator[Item], batch_size: int) -> Iterator[Answer]:
        for group in in_batches(waiting, batch_size):
            yield from self._answer_group(group)
            # Its pictures go before those of the next are read.
            del group

    def _check_for_files(self) -> None:
        if not reads_pictures(self.card) and not reads_maps(self.card):
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

    def _answer_group(self, items: list[Item]) -> Iterator[Answer]:
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

    def _answer(self, item: Item, raw: Mapping[str, Array], share: float) -> Answer:
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
