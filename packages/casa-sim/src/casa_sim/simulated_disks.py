"""`SimulatedDisks`: the images of a folder of simulated disks, with their truth, as a dataset."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from weakref import finalize

import numpy as np

from skytypes import Beam, Sample, SkyImage
from skytypes.errors import InputError
from skytypes.samples import image_sample

from .catalogue import read_catalogue
from .labels import LABELS, known_labels


class SimulatedDisks:
    """An `ArrayDataset` over ``folder/*/*_simulated.fits``, in the order of the names.

    Every file is read once at the start to see that it is whole; its pixels are read again when
    its item is asked for. Images may differ in size, so there is no ``batch``.

    Parameters
    ----------
    folder : path
        As ``casa-sim catalogue`` writes it.
    catalogue : path or None
        CSV whose labels are taken, by ID; None takes the truth in each file's header.
    labels : sequence of str
        Names that tell their units, as ``incl_deg`` does; all must be known of each disk.
    only : collection of str or None
        IDs to take, so that some disks of a folder can be held out; None takes all.
    cache : int
        Images kept in memory.

    Attributes
    ----------
    files : tuple of Path
        By item.
    groups : tuple of str
        ID of the disk, by item: what must not be split between training and validation.
    skipped : mapping of Path to str
        Files left out, and why.

    Raises
    ------
    InputError
        If the folder holds no usable file, or the catalogue is bad.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        catalogue: str | os.PathLike[str] | None = None,
        labels: Sequence[str] = LABELS,
        only: Collection[str] | None = None,
        cache: int = 16,
    ) -> None:
        self.folder = Path(folder)
        self.skipped: dict[Path, str] = {}
        self._label_names = tuple(labels)
        self._catalogue = None if catalogue is None else _labels_by_id(catalogue)
        self._room = max(1, cache)
        self._cache: OrderedDict[int, Sample] = OrderedDict()
        self._labels: list[dict[str, float]] = []
        found = _simulated_files(self.folder)
        if only is not None:
            found = [path for path in found if path.parent.name in only]
            _need_all(self.folder, found, only)
        self.files = tuple(path for path in found if self._take(path))
        self.groups = tuple(path.parent.name for path in self.files)
        if not self.files:
            raise InputError(self._nothing(found))

    @classmethod
    def example(cls) -> SimulatedDisks:
        """A small dataset for contract tests; its folder goes when it does.

        Returns
        -------
        SimulatedDisks
            Two images of 32 x 32 pixels [Jy/beam].

        Examples
        --------
        >>> disks = SimulatedDisks.example()
        >>> len(disks), disks.groups
        (2, ('Disk_001', 'Disk_002'))
        """
        from skyrun.fits import write_image

        folder = TemporaryDirectory()
        for number in (1, 2):
            path = Path(folder.name, f"Disk_00{number}", f"Disk_00{number}_B6_simulated.fits")
            path.parent.mkdir()
            truth = dict.fromkeys(LABELS, 0.1 * number)
            beam = Beam(0.1, 0.08, 30.0)
            image = SkyImage(number * np.eye(32), 0.02, "Jy/beam", beam=beam, truth=truth)
            write_image(path, image)
        # One image kept, so that each is read again.
        made = cls(folder.name, cache=1)
        finalize(made, folder.cleanup)
        return made

    def __len__(self) -> int:
        """Number of usable images."""
        return len(self.files)

    def __getitem__(self, index: int, /) -> Sample:
        """Image ``index`` and its labels; float32, pixels [Jy/beam] of shape (y, x)."""
        if not 0 <= index < len(self):
            raise IndexError(f"item {index} of {len(self)}")
        if index not in self._cache:
            image = _read(self.files[index])
            self._cache[index] = image_sample(image, self._labels[index])
            while len(self._cache) > self._room:
                self._cache.popitem(last=False)
        self._cache.move_to_end(index)
        return self._cache[index]

    def _take(self, path: Path) -> bool:
        """Whether a file is whole and its labels are known; if so its labels are kept."""
        try:
            image = _read(path)
            labels = self._labels_of(path, image)
        except InputError as error:
            self.skipped[path] = str(error)
            return False
        self._labels.append(labels)
        return True

    def _labels_of(self, path: Path, image: SkyImage) -> dict[str, float]:
        if image.beam is None:
            raise InputError(f"{path}: has no beam in its header")
        known: Mapping[str, object] = image.truth
        if self._catalogue is not None:
            if path.parent.name not in self._catalogue:
                raise InputError(f"{path}: the catalogue has no disk {path.parent.name!r}")
            known = self._catalogue[path.parent.name]
        return known_labels(known, self._label_names, what=str(path), advice="give the catalogue")

    def _nothing(self, found: Sequence[Path]) -> str:
        if not found:
            return f"{self.folder}: no */*_simulated.fits; make some with casa-sim catalogue"
        first = next(iter(self.skipped.values()))
        return f"{self.folder}: none of {len(found)} images is usable; {first}"


def _need_all(folder: Path, found: Sequence[Path], only: Collection[str]) -> None:
    absent = sorted(set(only) - {path.parent.name for path in found})
    if absent:
        raise InputError(f"{folder}: no image of {absent[0]!r}; make it with casa-sim catalogue")


def _simulated_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give one that casa-sim catalogue wrote")
    files = folder.glob("*/*_simulated.fits")
    return sorted(p for p in files if not p.parent.name.startswith("."))


def _read(path: Path) -> SkyImage:
    from skyrun.fits import read_image

    return read_image(path, blank="zero")


def _labels_by_id(catalogue: str | os.PathLike[str]) -> dict[str, dict[str, float]]:
    return {row.ID: row.labels for row in read_catalogue(catalogue)}
