"""Two routes from a sky to its image: by every visibility, or by the image plane alone."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from skytypes import Beam, SkyImage
from skytypes.errors import InputError

from ..settings import ObservationSettings
from .cache import SetupCache
from .correlator import observe_visibilities
from .emission import emission_box, reach_px
from .gain_errors import flux_scale_factor
from .image_plane import ImagePlane, make_image_plane, raised_reach_px
from .imaging import clean_image, image_visibilities, masked
from .setup import ImagingSetup, setup_key
from .uv_noise import UvNoise

Route = Literal["visibilities", "image-plane"]
Image: TypeAlias = NDArray[np.float32]

_KEPT_PLANES = 64


class SkyRoute(Protocol):
    """What makes images of skies; settings are checked before."""

    def __init__(self, setups: SetupCache) -> None: ...

    @staticmethod
    def check(settings: ObservationSettings) -> None:
        """Refuse settings that the route can't follow."""

    def image(
        self, sky: SkyImage, settings: ObservationSettings, *, seed: int
    ) -> tuple[Image, Beam]:
        """The image that ``settings.stage`` says [Jy/beam], shape (y, x), and its beam.

        It is zero where the primary beam is below `casa_sim.native.setup.PB_LIMIT`.
        """


@dataclass(frozen=True)
class VisibilityRoute:
    """Every visibility with its noise, gridded."""

    setups: SetupCache

    @staticmethod
    def check(settings: ObservationSettings) -> None:
        """Nothing is refused."""

    def image(
        self, sky: SkyImage, settings: ObservationSettings, *, seed: int
    ) -> tuple[Image, Beam]:
        """The image of a sky [Jy/beam] and its beam.

        Parameters
        ----------
        sky : SkyImage
            In Jy/pixel, data of shape (y, x).
        settings : ObservationSettings
            ``stage`` is ``dirty`` or ``clean``.
        seed : int
            Decides the noise.
        """
        setup = self.setups.get(settings, sky.ra_deg, sky.dec_deg)
        seen = observe_visibilities(sky, settings, seed=seed, tracks=setup.tracks)
        dirty = image_visibilities(seen, setup)
        if settings.stage == "clean":
            return clean_image(dirty, setup, niter=settings.niter)[0], setup.beam
        return masked(dirty, setup.sensitive), setup.beam


class ImagePlaneRoute:
    """The sky convolved with the PSF, noise drawn on a grid of the uv plane: several times faster.

    Parameters
    ----------
    setups : SetupCache
        Of the point spread functions that skies are convolved with.
    """

    def __init__(self, setups: SetupCache) -> None:
        self.setups = setups
        self._planes: OrderedDict[str, _Planes] = OrderedDict()

    @staticmethod
    def check(settings: ObservationSettings) -> None:
        """Refuse what needs antennas, or a sky that differs by channel.

        Raises
        ------
        InputError
            If antenna phases are to be wrong, or there is a spectral index.

        Examples
        --------
        >>> ImagePlaneRoute.check(ObservationSettings("alma.cycle9.7.cfg", phase_rms_deg=5))
        Traceback (most recent call last):
        ...
        skytypes.errors.InputError: phase_rms_deg is 5; the image-plane route has no antennas, ...
        """
        if settings.phase_rms_deg:
            raise InputError(
                f"phase_rms_deg is {settings.phase_rms_deg:g}; the image-plane route has no "
                "antennas, so give 0 or the route visibilities"
            )
        if settings.spectral_index:
            raise InputError(
                f"spectral_index is {settings.spectral_index:g}; the image-plane route has one sky "
                "for all channels, so give 0 or the route visibilities"
            )

    def image(
        self, sky: SkyImage, settings: ObservationSettings, *, seed: int
    ) -> tuple[Image, Beam]:
        """The image of a sky [Jy/beam] and its beam; arguments as `VisibilityRoute.image`."""
        planes = self._planes_of(sky, settings)
        data = sky.data[None].astype(np.float32)
        box = emission_box(data)
        reach = reach_px(box, sky.centre_px, sky.pixel_scale_arcsec / planes.noise.cell_arcsec)
        plane = planes.reaching(reach, lambda: self._setup(sky, settings))
        dirty = plane.dirty(data, sky.pixel_scale_arcsec, centre_px=sky.centre_px, box=box)[0]
        if settings.flux_error_percent:
            dirty *= np.float32(flux_scale_factor(settings.flux_error_percent, seed=seed))
        if settings.noise == "thermal":
            dirty += planes.noise.images(planes.noise.draw(settings, seeds=[seed]))[0]
        if settings.stage == "clean":
            setup = self._setup(sky, settings)
            return clean_image(dirty, setup, niter=settings.niter)[0], planes.beam
        return masked(dirty, planes.sensitive), planes.beam

    def _setup(self, sky: SkyImage, settings: ObservationSettings) -> ImagingSetup:
        return self.setups.get(settings, sky.ra_deg, sky.dec_deg)

    def _planes_of(self, sky: SkyImage, settings: ObservationSettings) -> _Planes:
        """What is needed of a setup; the least recently used leave first."""
        key = json.dumps(setup_key(settings, sky.ra_deg, sky.dec_deg))
        if key not in self._planes:
            setup = self._setup(sky, settings)
            self._planes[key] = _Planes(setup.beam, setup.sensitive, UvNoise(setup))
            while len(self._planes) > _KEPT_PLANES:
                self._planes.popitem(last=False)
        self._planes.move_to_end(key)
        return self._planes[key]

    def __reduce__(self) -> tuple[Any, ...]:
        # Another process computes its own; the folder of the cache is what they share.
        return ImagePlaneRoute, (self.setups,)


@dataclass
class _Planes:
    """A setup's beam and mask, its noise, and its image planes by how far they reach."""

    beam: Beam
    sensitive: NDArray[np.bool_] | None
    noise: UvNoise
    planes: dict[int, ImagePlane] = field(default_factory=dict)

    def reaching(self, reach_px: float, setup: Callable[[], ImagingSetup]) -> ImagePlane:
        """The narrowest plane that holds a sky, made if there is none."""
        raised = raised_reach_px(reach_px, self.noise.side_px)
        if raised not in self.planes:
            self.planes[raised] = make_image_plane(setup(), reach_px=reach_px)
        return self.planes[raised]


ROUTES: Mapping[Route, type[SkyRoute]] = MappingProxyType(
    {"visibilities": VisibilityRoute, "image-plane": ImagePlaneRoute}
)
