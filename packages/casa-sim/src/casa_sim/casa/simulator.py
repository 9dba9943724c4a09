"""`CasaSimulator`: CASA behind the `skytypes.ImageSimulator` contract."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Collection
from pathlib import Path

from skytypes import Observation, SkyImage

from ..errors import CasaError
from ..products import check_image_stage, check_keep
from ..settings import ObservationSettings
from .installation import check_casa_installed
from .observing import observe_with_casa
from .worker import JOB_TIMEOUT_S, CasaWorker


class CasaSimulator:
    """Observes skies with the installed CASA, in a process of its own.

    The process starts with the first sky (2-10 s) and serves all later ones; `close` it, or use
    the simulator as a context manager.

    Parameters
    ----------
    settings : ObservationSettings
    keep : collection of str
        ``dirty``, ``psf``: give these with each observation.
    folder : path or None
        For CASA's files; None takes a temporary folder. Removed by `close`.
    timeout_s : float
        Longest time for one sky [s].

    Raises
    ------
    MissingPackageError
        If CASA is not installed.
    InputError
        If ``keep`` holds another name.

    Examples
    --------
    >>> settings = ObservationSettings("alma.cycle9.7.cfg", band=6)
    >>> with CasaSimulator(settings) as simulator:  # doctest: +SKIP
    ...     observation = simulator.observe(sky, seed=1)
    """

    def __init__(
        self,
        settings: ObservationSettings,
        *,
        keep: Collection[str] = (),
        folder: str | os.PathLike[str] | None = None,
        timeout_s: float = JOB_TIMEOUT_S,
    ) -> None:
        check_casa_installed()
        check_image_stage(settings.stage)
        self.settings = settings
        self.keep = check_keep(keep) - {"work"}
        self._temporary = None
        if folder is None:
            # Removed with the object too, should close() be forgotten.
            self._temporary = tempfile.TemporaryDirectory(
                prefix="casa-sim-", ignore_cleanup_errors=True
            )
            folder = self._temporary.name
        self._worker = CasaWorker(Path(folder) / "worker", timeout_s=timeout_s)
        self._folder = Path(folder)
        self._count = itertools.count()

    def __enter__(self) -> CasaSimulator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def observe(self, sky: SkyImage, /, *, seed: int) -> Observation:
        """The CLEAN image of a sky, from noisy visibilities.

        Parameters
        ----------
        sky : SkyImage
            In Jy/pixel, data of shape (y, x).
        seed : int
            Decides the noise; the same seed gives the same bits.

        Returns
        -------
        Observation
            Image [Jy/beam] with its beam; ``settings`` holds the measured noise by array.

        Raises
        ------
        InputError
            If the sky can't be observed with these settings, or most of it lies beyond the image.
        CasaError
            If CASA fails; the message holds its reason.
        """
        number = next(self._count)
        made = observe_with_casa(
            self._worker,
            sky,
            self.settings,
            seed=seed,
            folder=self._folder / f"sky_{number}",
            log=self._folder / "casa.log",
            keep=self.keep,
        )
        if not isinstance(made, Observation):
            raise CasaError("CASA: made no image; this is a defect of casa-sim")
        return made

    def close(self) -> None:
        """End the CASA process and remove its files."""
        self._worker.close()
        if self._temporary is not None:
            self._temporary.cleanup()
