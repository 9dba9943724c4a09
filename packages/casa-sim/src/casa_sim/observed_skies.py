"""`ObservedSkies`: skies observed when they are asked for, as a dataset."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias, get_args

from skytypes import Sample, SkyImage, SkySource, item_rng
from skytypes.errors import InputError
from skytypes.samples import image_sample, stack_samples

from .labels import LABELS, known_labels
from .native.cache import SetupCache
from .native.routes import ROUTES, Route
from .settings import ObservationSettings
from .skies import check_field, check_sky
from .sky_sources import check_skies, find_skies

STREAM = "casa_sim.observed"
Stage = Literal["dirty", "clean"]
Settings: TypeAlias = (
    ObservationSettings | Sequence[ObservationSettings] | Callable[[int], ObservationSettings]
)


class ObservedSkies:
    """An `ArrayDataset` of what the native simulator makes of skies, made when it is asked for.

    Item ``i`` is sky ``i``, observed with the settings of ``i`` and noise of its own: it depends on
    ``seed`` and ``i`` alone and has the same bits alone, in any batch and in any process.

    Parameters
    ----------
    source : SkySource or str
        The skies; or ``NAME`` or ``NAME=PLACE``, the name being registered under
        ``skytypes.skies``: ``disks=catalogue.csv`` are the disks of a catalogue.
    settings : ObservationSettings, sequence of them, or function
        One for all skies, one for each, or a function that gives those of sky ``index``. What
        depends on array, time, band, cell and weighting is computed once for each combination
        that occurs (0.1 to 0.5 s), so a few combinations for many skies are quick; water vapour
        and ``niter`` may differ freely. A function must be one of a module to reach other
        processes.
    seed : int
        Of all noise.
    stage : "dirty" or "clean"
        Instead of the settings' own: ``dirty`` to train on, ``clean`` to see what a user sees.
    route : "visibilities" or "image-plane"
        Every visibility with its noise; or the same image several times faster, noise drawn on a
        grid of the uv plane (`casa_sim.native.uv_noise`), without antenna phase errors and without
        spectral index.
    labels : sequence of str
        Names with units; all must be in the truth of each sky.
    cache : SetupCache or None
        Where setups are kept; None keeps this dataset's own in memory.

    Attributes
    ----------
    groups : sequence of str
        Those of the source, if it has any: what must not be split between training and validation.

    Raises
    ------
    InputError
        If an option is not allowed, the settings do not fit the source, or the source is empty.
    MissingPackageError
        If no package offers skies of that name.

    Examples
    --------
    >>> import numpy as np
    >>> class Points:
    ...     def __len__(self): return 2
    ...     def sky(self, index):
    ...         data = np.zeros((64, 64))
    ...         data[32, 32 + index] = 1e-2
    ...         return SkyImage(data, 0.02, "Jy/pixel", truth={"dx_arcsec": -0.02 * index})
    >>> settings = ObservationSettings("alma.cycle9.5.cfg", time_s=60, imsize_px=128)
    >>> dataset = ObservedSkies(Points(), settings, labels=["dx_arcsec"])
    >>> dataset.batch([1, 0]).inputs["image"].shape
    (2, 128, 128)
    """

    groups: Sequence[str]

    def __init__(
        self,
        source: SkySource | str,
        settings: Settings,
        *,
        seed: int = 0,
        stage: Stage = "dirty",
        route: Route = "visibilities",
        labels: Sequence[str] = LABELS,
        cache: SetupCache | None = None,
    ) -> None:
        for name, value, allowed in (("stage", stage, Stage), ("route", route, Route)):
            if value not in get_args(allowed):
                raise InputError(f"{name} is {value!r}; allowed: {', '.join(get_args(allowed))}")
        item_rng(seed, 0, STREAM)
        self.source = find_skies(source) if isinstance(source, str) else check_skies(source)
        self.seed, self.stage, self.route, self.labels = seed, stage, route, tuple(labels)
        self._settings = settings if callable(settings) else self._listed(settings)
        self._way = ROUTES[route](cache or SetupCache())
        groups = getattr(self.source, "groups", None)
        if groups is not None:
            self.groups = groups

    def _listed(
        self, settings: ObservationSettings | Sequence[ObservationSettings]
    ) -> tuple[ObservationSettings, ...]:
        if isinstance(settings, ObservationSettings):
            return (self._checked(settings),) * len(self.source)
        if len(settings) != len(self.source):
            raise InputError(
                f"{len(settings)} settings for {len(self.source)} skies; give one for each"
            )
        return tuple(self._checked(s) for s in settings)

    def _checked(self, settings: object) -> ObservationSettings:
        if not isinstance(settings, ObservationSettings):
            kind = type(settings).__name__
            raise InputError(f"settings are a {kind}; give ObservationSettings")
        ROUTES[self.route].check(settings)
        return replace(settings, stage=self.stage)

    def __len__(self) -> int:
        """Number of skies."""
        return len(self.source)

    def __getitem__(self, index: int, /) -> Sample:
        """Item ``index``: image [Jy/beam] of shape (y, x), its beam and pixel, and its truth."""
        image = self.observe(index)
        what = f"sky {image.name!r}"
        labels = known_labels(image.truth, self.labels, what=what, advice="give other labels")
        return image_sample(image, labels)

    def batch(self, indices: Sequence[int], /) -> Sample:
        """The items ``indices`` as one batch, the same bits as one by one.

        Parameters
        ----------
        indices : sequence of int
            Of images that have one size.

        Raises
        ------
        ContractError
            If there is no index, or the images differ in size.
        """
        return stack_samples([self[int(index)] for index in indices])

    def settings(self, index: int) -> ObservationSettings:
        """The settings that sky ``index`` is observed with.

        Raises
        ------
        InputError
            If a function gave settings that are not allowed.
        """
        index = operator.index(index)
        if not 0 <= index < len(self):
            raise IndexError(f"item {index} of {len(self)}")
        if callable(self._settings):
            return self._checked(self._settings(index))
        return self._settings[index]

    def observe(self, index: int) -> SkyImage:
        """The observed image of sky ``index``, with the sky's name and truth.

        Parameters
        ----------
        index : int

        Returns
        -------
        SkyImage
            Data of shape (y, x), float32 [Jy/beam].

        Raises
        ------
        InputError
            If the sky can't be observed with its settings, or most of it lies beyond the image;
            the sky is named.
        """
        settings, sky = self.settings(index), self.source.sky(index)
        seed = int(item_rng(self.seed, index, STREAM).integers(1 << 63))
        try:
            self._check(sky, settings)
            data, beam = self._way.image(sky, settings, seed=seed)
        except InputError as error:
            raise InputError(f"sky {index} ({sky.name or 'no name'}): {error}") from None
        return SkyImage(
            data,
            settings.image_cell_mas / 1000,
            "Jy/beam",
            ra_deg=sky.ra_deg,
            dec_deg=sky.dec_deg,
            frequency_hz=settings.receiver.frequency_hz,
            beam=beam,
            name=sky.name,
            truth=sky.truth,
        )

    def _check(self, sky: SkyImage, settings: ObservationSettings) -> None:
        """Refuse a sky that can't be observed so."""
        check_sky(sky, settings)
        check_field(sky, settings)
