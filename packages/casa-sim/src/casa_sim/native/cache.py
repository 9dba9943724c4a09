"""Setups kept: in memory, and on disk for the next run and for other processes."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections import OrderedDict
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from skyrun.files import atomic_path
from skytypes import Beam
from skytypes.errors import InputError, SkyError

from ..settings import ObservationSettings
from .setup import ImagingSetup, make_setup, observe_tracks, setup_key

VARIABLE = "CASA_SIM_CACHE"
MAX_MEMORY_BYTES = 1 << 29
MAX_DISK_BYTES = 1 << 30

# Numbers of another version need not agree in the last bit.
_FORMAT = 4  # grows when a setup of the same key would be another
_LIBRARIES = ("casa-sim", "ducc0", "numpy", "pyerfa", "scipy")


class SetupCache:
    """Setups by what decides them; the least recently used leave first.

    Parameters
    ----------
    folder : path or None
        Where they are kept on disk; None keeps them in memory only.
    max_memory_bytes, max_disk_bytes : int
        Bounds; a single setup over 1024 pixels takes 40 MB in memory and 17 MB on disk.

    Raises
    ------
    InputError
        If a bound is negative or ``folder`` is a file.

    Examples
    --------
    >>> cache = SetupCache()
    >>> settings = ObservationSettings("alma.cycle9.5.cfg", time_s=60, imsize_px=256)
    >>> cache.get(settings, 250.0, -30.0) is cache.get(settings, 250.0, -30.0)
    True
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] | None = None,
        *,
        max_memory_bytes: int = MAX_MEMORY_BYTES,
        max_disk_bytes: int = MAX_DISK_BYTES,
    ) -> None:
        if max_memory_bytes < 0 or max_disk_bytes < 0:
            raise InputError("a cache's size is negative; give 0 or more bytes")
        self.folder = None if folder is None else Path(folder)
        if self.folder is not None and self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"{self.folder}: is a file; give a folder for the cache")
        self.max_memory_bytes, self.max_disk_bytes = max_memory_bytes, max_disk_bytes
        self._kept: OrderedDict[str, ImagingSetup] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, settings: ObservationSettings, ra_deg: float, dec_deg: float) -> ImagingSetup:
        """The setup for a phase centre: from memory, from disk, or made now.

        Parameters
        ----------
        settings : ObservationSettings
        ra_deg, dec_deg : float
            J2000 [deg].

        Returns
        -------
        ImagingSetup

        Raises
        ------
        InputError
            As `make_setup`.
        """
        digest = _digest(settings, ra_deg, dec_deg)
        with self._lock:
            if digest in self._kept:
                self._kept.move_to_end(digest)
                return self._kept[digest]
        setup = self._read(digest, settings, ra_deg, dec_deg)
        if setup is None:
            setup = make_setup(settings, ra_deg, dec_deg)
            self._write(digest, setup)
        with self._lock:
            self._kept[digest] = setup
            while len(self._kept) > 1 and self._bytes() > self.max_memory_bytes:
                self._kept.popitem(last=False)
        return setup

    def __reduce__(self) -> tuple[Any, ...]:
        # Another process keeps its own; the folder is what they share.
        return _open_cache, (self.folder, self.max_memory_bytes, self.max_disk_bytes)

    def _bytes(self) -> int:
        """Memory of the kept setups, with what they compute when first asked."""
        return sum(
            3 * setup.psf.nbytes + 2 * 24 * len(setup.weights) for setup in self._kept.values()
        )

    def _read(
        self, digest: str, settings: ObservationSettings, ra_deg: float, dec_deg: float
    ) -> ImagingSetup | None:
        """A setup from disk; a file that is damaged counts as absent."""
        if self.folder is None:
            return None
        path, side = self.folder / f"{digest}.npz", 2 * settings.image_size_px
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                weights, psf = file["weights"], file["psf"]
                beam = Beam(*(float(v) for v in file["beam"]))
            os.utime(path)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile, SkyError):
            return None
        tracks = observe_tracks(settings, ra_deg, dec_deg)
        visibilities = settings.channels * sum(len(track.uvw_m) for track in tracks)
        if psf.shape != (side, side) or weights.shape != (visibilities,):
            return None
        return ImagingSetup(settings, tracks, weights, psf, beam)

    def _write(self, digest: str, setup: ImagingSetup) -> None:
        """Keep a setup on disk; a full or read-only disk only costs the next run its time."""
        if self.folder is None or self.max_disk_bytes == 0:
            return
        beam = (setup.beam.bmaj_arcsec, setup.beam.bmin_arcsec, setup.beam.bpa_deg)
        with suppress(OSError, SkyError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with atomic_path(self.folder / f"{digest}.npz") as path, path.open("wb") as file:
                np.savez(file, weights=setup.weights, psf=setup.psf, beam=np.array(beam))
            self._make_room(self.folder)

    def _make_room(self, folder: Path) -> None:
        found = sorted(folder.glob("*.npz"), key=lambda p: p.stat().st_mtime)
        total = sum(path.stat().st_size for path in found)
        for path in found:
            if total <= self.max_disk_bytes:
                return
            total -= path.stat().st_size
            path.unlink(missing_ok=True)


def default_cache() -> SetupCache:
    """The cache that commands use: in `VARIABLE`, or ``casa-sim`` in the user's cache folder.

    ``CASA_SIM_CACHE=off`` keeps setups in memory only.
    """
    place = os.environ.get(VARIABLE, "")
    if place.lower() == "off":
        return SetupCache()
    if place:
        return SetupCache(place)
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return SetupCache(Path(home) / "casa-sim")


def _open_cache(folder: Path | None, max_memory_bytes: int, max_disk_bytes: int) -> SetupCache:
    return SetupCache(folder, max_memory_bytes=max_memory_bytes, max_disk_bytes=max_disk_bytes)


@cache
def _versions() -> dict[str, str]:
    return {name: version(name) for name in _LIBRARIES}


def _digest(settings: ObservationSettings, ra_deg: float, dec_deg: float) -> str:
    key = {
        **setup_key(settings, ra_deg, dec_deg),
        "versions": _versions(),
        "format": _FORMAT,
    }
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:32]
