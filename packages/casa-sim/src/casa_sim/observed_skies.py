"""`ObservedSkies`: skies observed when they are asked for, as a dataset."""

from __future__ import annotations

import json
import operator
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from skytypes import Beam, Sample, SkyImage, SkySource, find, item_rng
from skytypes.errors import InputError
from skytypes.samples import image_sample, stack_samples

from .catalogue import LABELS
from .native.cache import SetupCache
from .native.emission import emission_box, reach_px
from .native.gain_errors import flux_scale_factor
from .native.image_plane import ImagePlane, make_image_plane, raised_reach_px
from .native.observing import clean_image, image_visibilities, observe_visibilities
from .native.setup import ImagingSetup, setup_key
from .native.uv_noise import UvNoise
from .settings import ObservationSettings
from .skies import check_sky

STREAM = "casa_sim.observed"
Stage = Literal["dirty", "clean"]
Route = Literal["visibilities", "image-plane"]
Settings: TypeAlias = (
    ObservationSettings | Sequence[ObservationSettings] | Callable[[int], ObservationSettings]
)

_KEPT_PLANES = 64


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
        self.source = find_skies(source) if isinstance(source, str) else _skies(source)
        self.seed, self.stage, self.route, self.labels = seed, stage, route, tuple(labels)
        self._settings = settings if callable(settings) else self._listed(settings)
        self._cache = cache or SetupCache()
        self._planes: OrderedDict[str, _Planes] = OrderedDict()
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
        if self.route == "image-plane" and settings.phase_rms_deg:
            raise InputError(
                f"phase_rms_deg is {settings.phase_rms_deg:g}; the image-plane route has no "
                "antennas, so give 0 or the route visibilities"
            )
        if self.route == "image-plane" and settings.spectral_index:
            raise InputError(
                f"spectral_index is {settings.spectral_index:g}; the image-plane route has one sky "
                "for all channels, so give 0 or the route visibilities"
            )
        return replace(settings, stage=self.stage)

    def __len__(self) -> int:
        """Number of skies."""
        return len(self.source)

    def __getitem__(self, index: int, /) -> Sample:
        """Item ``index``: image [Jy/beam] of shape (y, x), its beam and pixel, and its truth."""
        image = self.observe(index)
        return image_sample(image, self._labels_of(image))

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
            If the sky can't be observed with its settings; the sky is named.
        """
        settings, sky = self.settings(index), self.source.sky(index)
        seed = int(item_rng(self.seed, index, STREAM).integers(1 << 63))
        try:
            check_sky(sky, settings)
            way = self._by_plane if self.route == "image-plane" else self._by_visibilities
            data, beam = way(sky, settings, seed)
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

    def _setup(self, sky: SkyImage, settings: ObservationSettings) -> ImagingSetup:
        return self._cache.get(settings, sky.ra_deg, sky.dec_deg)

    def _by_visibilities(
        self, sky: SkyImage, settings: ObservationSettings, seed: int
    ) -> tuple[NDArray[np.float32], Beam]:
        setup = self._setup(sky, settings)
        seen = observe_visibilities(sky, settings, seed=seed, tracks=setup.tracks)
        dirty = image_visibilities(seen, setup)
        return (clean_image(dirty, setup)[0] if self.stage == "clean" else dirty), setup.beam

    def _by_plane(
        self, sky: SkyImage, settings: ObservationSettings, seed: int
    ) -> tuple[NDArray[np.float32], Beam]:
        planes = self._planes_of(sky, settings)
        scale = sky.pixel_scale_arcsec / planes.noise.cell_arcsec
        data = sky.data[None].astype(np.float32)
        box = emission_box(data)
        reach = reach_px(box, sky.centre_px, scale)
        plane = planes.reaching(reach, lambda: self._setup(sky, settings))
        dirty = plane.dirty(data, sky.pixel_scale_arcsec, centre_px=sky.centre_px, box=box)[0]
        if settings.flux_error_percent:
            dirty *= np.float32(flux_scale_factor(settings.flux_error_percent, seed=seed))
        if settings.noise == "thermal":
            dirty += planes.noise.images(planes.noise.draw(settings, seeds=[seed]))[0]
        if self.stage == "clean":
            dirty = clean_image(dirty, self._setup(sky, settings))[0]
        return dirty, planes.beam

    def _planes_of(self, sky: SkyImage, settings: ObservationSettings) -> _Planes:
        """What the image-plane route needs of a setup; the least recently used leave first."""
        key = json.dumps(setup_key(settings, sky.ra_deg, sky.dec_deg))
        if key not in self._planes:
            setup = self._setup(sky, settings)
            self._planes[key] = _Planes(setup.beam, UvNoise(setup))
            while len(self._planes) > _KEPT_PLANES:
                self._planes.popitem(last=False)
        self._planes.move_to_end(key)
        return self._planes[key]

    def _labels_of(self, image: SkyImage) -> dict[str, float]:
        labels = {}
        for name in self.labels:
            value = image.truth.get(name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise InputError(f"sky {image.name!r}: its {name} is not known; give other labels")
            labels[name] = float(value)
        return labels

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs; it computes or reads its setups by itself."""
        return {**self.__dict__, "_planes": OrderedDict()}


@dataclass
class _Planes:
    """A setup's beam, its noise, and its image planes by how far they reach."""

    beam: Beam
    noise: UvNoise
    planes: list[ImagePlane] = field(default_factory=list)

    def reaching(self, reach_px: float, setup: Callable[[], ImagingSetup]) -> ImagePlane:
        """The narrowest plane that holds a sky, made if there is none."""
        raised = raised_reach_px(reach_px, self.noise.side_px)
        for plane in self.planes:
            if plane.reach_px == raised:
                return plane
        self.planes.append(make_image_plane(setup(), reach_px=reach_px))
        return self.planes[-1]


def find_skies(text: str) -> SkySource:
    """The skies that ``NAME`` or ``NAME=PLACE`` means.

    Parameters
    ----------
    text : str
        The name is registered under ``skytypes.skies``; what it names is called with the place as
        a path, or with nothing.

    Raises
    ------
    MissingPackageError
        If no package offers the name.
    InputError
        If it can't be opened like this.

    Examples
    --------
    >>> find_skies("nonesuch")
    Traceback (most recent call last):
    ...
    skytypes.errors.MissingPackageError: no sky source 'nonesuch' is installed ...
    """
    name, given, place = text.partition("=")
    maker = find("skies", name)
    try:
        return _skies(maker(Path(place)) if given else maker())
    except TypeError:
        raise InputError(f"skies {text!r}: can't be opened like this; give {name}=PLACE") from None


def _skies(source: object) -> SkySource:
    if not isinstance(source, SkySource):
        kind = type(source).__name__
        raise InputError(f"source is a {kind}; give an object with len() and sky(index), or a name")
    if not len(source):
        raise InputError("the source has no sky; give at least one")
    return source
