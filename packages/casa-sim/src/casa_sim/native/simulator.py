"""`NativeSimulator`: the native backend behind the `skytypes.ImageSimulator` contract."""

from __future__ import annotations

from collections.abc import Collection

from skytypes import Observation, SkyImage

from ..products import PICTURES, check_image_stage, check_keep
from ..settings import ObservationSettings
from .cache import SetupCache
from .observing import observe_natively


class NativeSimulator:
    """Observes skies without CASA; what depends only on the settings is computed once.

    Parameters
    ----------
    settings : ObservationSettings
    keep : collection of str
        ``dirty``, ``psf``: give these with each observation.
    cache : SetupCache or None
        Where setups are kept; None keeps this simulator's own in memory.

    Raises
    ------
    InputError
        If ``keep`` holds another name, or the settings end before there is an image.

    Examples
    --------
    >>> import numpy as np
    >>> settings = ObservationSettings("alma.cycle9.5.cfg", time_s=60, imsize_px=256)
    >>> observation = NativeSimulator(settings).observe(
    ...     SkyImage(np.eye(64), 0.01, "Jy/pixel"), seed=1
    ... )
    >>> observation.image.unit, observation.image.data.shape
    ('Jy/beam', (256, 256))
    """

    def __init__(
        self,
        settings: ObservationSettings,
        *,
        keep: Collection[str] = (),
        cache: SetupCache | None = None,
    ) -> None:
        check_image_stage(settings.stage)
        self.settings, self.keep = settings, check_keep(keep, PICTURES)
        self._cache = cache or SetupCache()

    @classmethod
    def example(cls) -> NativeSimulator:
        """A small simulator for contract tests.

        Returns
        -------
        NativeSimulator

        Examples
        --------
        >>> NativeSimulator.example().settings.imsize_px
        128
        """
        return cls(ObservationSettings("alma.cycle9.5.cfg", time_s=60, imsize_px=128, niter=20))

    def observe(self, sky: SkyImage, /, *, seed: int) -> Observation:
        """The image of a sky.

        Parameters
        ----------
        sky : SkyImage
            In Jy/pixel, data of shape (y, x).
        seed : int
            Decides the noise; the same seed gives the same bits.

        Returns
        -------
        Observation
            Image [Jy/beam] with its beam.

        Raises
        ------
        InputError
            If the sky can't be observed with these settings, or most of it lies beyond the image.
        """
        return observe_natively(sky, self.settings, seed=seed, keep=self.keep, cache=self._cache)
