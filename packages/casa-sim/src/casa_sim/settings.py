"""What is asked of the telescope and of the imaging; nothing here belongs to one backend."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from skytypes.errors import InputError

from .antennas import antenna_positions, is_antenna_list
from .arrays import BANDWIDTH_HZ, Band, beam_mas, find_array, find_band
from .imaging_rules import cell_rule_mas, imsize_rule, scales_rule
from .limits import (
    check_choice,
    check_more_compact,
    check_range,
    check_tuning,
    check_visibilities,
)
from .site import elevation_deg

INTEGRATION_S = 10.0
NOISES = ("thermal", "none")
STAGES = ("visibilities", "dirty", "clean")
WEIGHTINGS = ("natural", "uniform", "briggs")
MAX_NITER = 800
MIN_ELEVATION_DEG = 15.0

_PWV_MM = (0.05, 20.0)
_TIME_S = (60.0, 6 * 3600.0)
_ROBUST = 0.5
_NITER = (1, 100_000)
_IMSIZE = (64, 4096)
_SPECTRAL_INDEX = (-10.0, 10.0)
_OBSERVING = (
    "array_cfg",
    "array_cfg_sha256",
    "array_lo",
    "array_lo_sha256",
    "time_s",
    "integration_s",
    "hour_angle_h",
    "pwv_mm",
    "phase_rms_deg",
    "bandwidth_ghz",
    "channels",
)
"""What says nothing where baselines and noise come from a table."""


@dataclass(frozen=True)
class ObservationSettings:
    """One observation: the array, the weather, the time, and how the image is made.

    The track is centred on transit unless ``hour_angle_h`` says otherwise, in integrations of
    `INTEGRATION_S`.

    Parameters
    ----------
    array_cfg : str
        Antenna list: one of `casa_sim.arrays.ARRAYS`, or the path of one's own (``.cfg``).
    array_lo : str or None
        A second, more compact array that observes for the same time; both are imaged together.
    band : int
        One of `casa_sim.arrays.BANDS`.
    pwv_mm : float
        Precipitable water vapour [mm].
    time_s : float
        Total time of each array [s], a multiple of `INTEGRATION_S`.
    niter : int
        Most CLEAN iterations.
    robust : float
        Briggs parameter, -2 (uniform) to 2 (natural), dimensionless.
    cell_mas : float or None
        Pixel of the image [mas]; None takes the published rule (`cell_rule_mas`).
    imsize_px : int or None
        Side of the image; None takes the published rule (`imsize_rule`).
    weighting : str
        One of `WEIGHTINGS`; another ``robust`` than 0.5 goes with ``briggs`` only.
    taper_arcsec : float
        Full width of the Gaussian taper in the image [arcsec]; 0 for none.
    hour_angle_h : float
        Of the track's middle [h].
    noise : str
        ``thermal`` or ``none``.
    stage : str
        How far to go: ``visibilities``, ``dirty`` or ``clean``.
    phase_rms_deg : float
        Wandering of each antenna's phase [deg]; the native backend only.
    flux_error_percent : float
        One standard deviation of the flux scale's error [%]; the native backend only.
    frequency_ghz : float or None
        Middle of what is observed [GHz]; None means the band's (`casa_sim.arrays.BANDS`).
    bandwidth_ghz : float or None
        All channels together [GHz]; None means 7.5 GHz.
    channels : int
        Of equal width, side by side. All are imaged together (multi-frequency synthesis of one
        term): each has uv coverage and noise of its own.
    spectral_index : float
        The sky's brightness goes as (frequency / the sky's own) to this power; 0 means that it is
        the same in all channels.

    Raises
    ------
    InputError
        If a value is not allowed; the message says what is.

    Examples
    --------
    >>> s = ObservationSettings("alma.cycle9.7.cfg", band=6, pwv_mm=1.0, time_s=1800)
    >>> s.image_cell_mas, s.image_size_px, s.scales_px
    (8.0, 1024, (0, 3, 6, 12))
    >>> ObservationSettings("alma.cycle9.7.cfg", band=10)
    Traceback (most recent call last):
    ...
    skytypes.errors.InputError: band is 10; allowed: 3, 4, 5, 6, 7, 8, 9
    """

    array_cfg: str
    array_lo: str | None = None
    band: int = 6
    pwv_mm: float = 1.0
    time_s: float = 1800.0
    niter: int = MAX_NITER
    robust: float = _ROBUST
    cell_mas: float | None = None
    imsize_px: int | None = None
    weighting: str = "briggs"
    taper_arcsec: float = 0.0
    hour_angle_h: float = 0.0
    noise: str = "thermal"
    stage: str = "clean"
    phase_rms_deg: float = 0.0
    flux_error_percent: float = 0.0
    frequency_ghz: float | None = None
    bandwidth_ghz: float | None = None
    channels: int = 1
    spectral_index: float = 0.0

    def __post_init__(self) -> None:
        check_tuning(self.band, self.frequency_ghz, self.bandwidth_ghz, self.channels)
        find_array(self.array_cfg)
        if self.array_lo is not None:
            find_array(self.array_lo)
            same = Path(self.array_lo).name == Path(self.array_cfg).name
            if same and self.array_lo != self.array_cfg:
                raise InputError(
                    f"both antenna lists are named {Path(self.array_lo).name}; rename one of them"
                )
            check_more_compact(self.array_lo, self.array_cfg)
        check_range("pwv_mm", self.pwv_mm, _PWV_MM, "mm")
        check_range("time_s", self.time_s, _TIME_S, "s")
        if self.time_s % INTEGRATION_S:
            raise InputError(f"time_s is {self.time_s}; give a multiple of {INTEGRATION_S:g} s")
        check_range("niter", self.niter, _NITER, "iterations")
        check_range("robust", self.robust, (-2.0, 2.0), "")
        check_range("taper_arcsec", self.taper_arcsec, (0.0, 60.0), "arcsec")
        check_range("hour_angle_h", self.hour_angle_h, (-6.0, 6.0), "h")
        check_range("phase_rms_deg", self.phase_rms_deg, (0.0, 180.0), "deg")
        check_range("flux_error_percent", self.flux_error_percent, (0.0, 50.0), "%")
        check_range("spectral_index", self.spectral_index, _SPECTRAL_INDEX, "")
        check_choice("weighting", self.weighting, WEIGHTINGS)
        if self.weighting != "briggs" and self.robust != _ROBUST:
            raise InputError(
                f"robust {self.robust:g} does nothing to {self.weighting} weights; leave it out, "
                "or give weighting briggs"
            )
        check_choice("noise", self.noise, NOISES)
        check_choice("stage", self.stage, STAGES)
        coarsest = beam_mas(*self._setup) / 2
        check_range("cell_mas", self.image_cell_mas, (0.1, coarsest), "mas (half the beam)")
        check_range("imsize_px", self.image_size_px, _IMSIZE, "pixels")
        if self.image_size_px % 2:
            raise InputError(f"imsize_px is {self.image_size_px}; give an even number of pixels")
        check_visibilities(self.arrays, round(self.time_s / INTEGRATION_S), self.channels)

    @property
    def arrays(self) -> tuple[str, ...]:
        """The arrays that observe, the larger one first."""
        return (self.array_cfg,) if self.array_lo is None else (self.array_cfg, self.array_lo)

    @property
    def receiver(self) -> Band:
        """The band as it is tuned: frequency and primary beam."""
        return find_band(self.band, self._setup[2])

    @property
    def bandwidth_hz(self) -> float:
        """Of all channels together [Hz]."""
        return BANDWIDTH_HZ if self.bandwidth_ghz is None else self.bandwidth_ghz * 1e9

    @property
    def channel_width_hz(self) -> float:
        """Of one channel [Hz]."""
        return self.bandwidth_hz / self.channels

    @property
    def channels_hz(self) -> tuple[float, ...]:
        """Middle of each channel, rising [Hz]."""
        middle, width = self.receiver.frequency_hz, self.channel_width_hz
        return tuple(middle + (n - (self.channels - 1) / 2) * width for n in range(self.channels))

    @property
    def image_cell_mas(self) -> float:
        """Pixel of the image [mas]."""
        return self.cell_mas if self.cell_mas is not None else cell_rule_mas(*self._setup)

    @property
    def image_size_px(self) -> int:
        """Side of the square image [pixel]."""
        if self.imsize_px is not None:
            return self.imsize_px
        return imsize_rule(self.image_cell_mas, *self._setup[1:])

    @property
    def scales_px(self) -> tuple[int, ...]:
        """Scales of multiscale CLEAN [pixel]."""
        return scales_rule(self.image_cell_mas, *self._setup)

    @property
    def _beside_transit(self) -> str:
        return f" at hour angle {self.hour_angle_h:g} h" if self.hour_angle_h else ""

    @property
    def _setup(self) -> tuple[str, int, float | None]:
        frequency_hz = None if self.frequency_ghz is None else self.frequency_ghz * 1e9
        return self.array_cfg, self.band, frequency_hz

    def as_dict(self) -> dict[str, Any]:
        """All settings, those that a rule filled included, as JSON holds them."""
        filled = {
            "cell_mas": self.image_cell_mas,
            "imsize_px": self.image_size_px,
            "frequency_ghz": self.receiver.frequency_hz / 1e9,
            "bandwidth_ghz": self.bandwidth_hz / 1e9,
        }
        own = {
            f"{name}_sha256": hashlib.sha256(antenna_positions(path).tobytes()).hexdigest()
            for name, path in (("array_cfg", self.array_cfg), ("array_lo", self.array_lo))
            if path is not None and is_antenna_list(path)
        }
        # Where a list lies is nobody's business; what is in it is.
        names = {key.removesuffix("_sha256"): Path(getattr(self, key[:-7])).name for key in own}
        return {**asdict(self), **filled, **own, **names, "integration_s": INTEGRATION_S}

    def imaging_dict(self) -> dict[str, Any]:
        """The settings that matter where baselines and noise come from a table, as JSON holds them.

        Those of array, track, weather and channels, which did not observe, are left out. The
        array's longest baseline may have decided cell, image size and scales: these are told.

        Examples
        --------
        >>> settings = ObservationSettings("alma.cycle9.7.cfg").imaging_dict()
        >>> "array_cfg" in settings, settings["cell_mas"], settings["scales_px"]
        (False, 8.0, [0, 3, 6, 12])
        """
        told = {name: value for name, value in self.as_dict().items() if name not in _OBSERVING}
        return {**told, "scales_px": list(self.scales_px)}

    def check_target(self, dec_deg: float) -> None:
        """Refuse a declination that the array sees too low during the track.

        Parameters
        ----------
        dec_deg : float
            Declination of the phase centre [deg].

        Raises
        ------
        InputError
            If the elevation at either end of the track is below `MIN_ELEVATION_DEG`.
        """
        furthest_s = abs(self.hour_angle_h) * 3600 + self.time_s / 2
        low = elevation_deg(dec_deg, furthest_s)
        if low < MIN_ELEVATION_DEG:
            raise InputError(
                f"declination {dec_deg:g} deg: the elevation falls to {low:.1f} deg in a track of "
                f"{self.time_s:g} s{self._beside_transit}; it must stay above "
                f"{MIN_ELEVATION_DEG:g} deg"
            )
