"""Options that several verbs share; each group is a dataclass whose fields are flags."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

Out = Annotated[Path, Parameter(name=["--out", "-o"])]
Names = Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")]
Flag = Annotated[bool, Parameter(negative="")]


@dataclass(frozen=True)
class Target:
    """What observes, and for how long; a catalogue says it for each disk."""

    array: str = "alma.cycle9.7.cfg"
    """One of those that casa-sim arrays lists, or the file of your own antenna list (.cfg)."""
    array_lo: str | None = None
    """A second, more compact array; both are imaged together."""
    band: int = 6
    """3 to 9."""
    pwv: float = 1.0
    """Precipitable water vapour [mm]."""
    time: float = 1800.0
    """Total time of each array [s], a multiple of 10."""
    niter: int = 800
    """Most CLEAN iterations."""

    def settings(self) -> dict[str, Any]:
        """Fields of ObservationSettings."""
        return {
            "array_cfg": self.array,
            "array_lo": self.array_lo,
            "band": self.band,
            "pwv_mm": self.pwv,
            "time_s": self.time,
            "niter": self.niter,
        }


@dataclass(frozen=True)
class Imaging:
    """How the observation is made and imaged."""

    noise: Literal["thermal", "none"] = "thermal"
    """thermal, or none."""
    stage: Literal["visibilities", "dirty", "clean"] = "clean"
    """How far to go: visibilities, dirty or clean."""
    weighting: Literal["natural", "uniform", "briggs"] = "briggs"
    """Of the visibilities: natural, uniform or briggs."""
    robust: float = 0.5
    """Briggs parameter, -2 to 2."""
    taper_arcsec: float = 0.0
    """Full width of a Gaussian taper in the image [arcsec]; 0 for none."""
    cell_mas: float | None = None
    """Pixel of the image [mas]; by default the published rule."""
    imsize: int | None = None
    """Side of the image in pixels; by default the published rule."""
    hour_angle: float = 0.0
    """Of the track's middle [h]."""
    frequency_ghz: float | None = None
    """Middle of what is observed [GHz]; by default the band's."""
    bandwidth_ghz: float | None = None
    """Of all channels together [GHz]; by default 7.5."""
    channels: int = 1
    """Of equal width, imaged together."""
    spectral_index: float = 0.0
    """Of the sky's brightness; 0 is the same in all channels."""

    def settings(self) -> dict[str, Any]:
        """Fields of ObservationSettings."""
        fields = asdict(self)
        for flag, field in (("imsize", "imsize_px"), ("hour_angle", "hour_angle_h")):
            fields[field] = fields.pop(flag)
        return fields


@dataclass(frozen=True)
class Simulation:
    """Who simulates, and what only the native backend can do."""

    backend: Literal["native", "casa"] = "native"
    """native, or casa: the installed CASA."""
    phase_rms: float = 0.0
    """Wandering of the antennas' phases [deg]; native only."""
    flux_error: float = 0.0
    """One standard deviation of the flux scale's error [%]; native only."""

    def settings(self) -> dict[str, Any]:
        """Fields of ObservationSettings."""
        return {"phase_rms_deg": self.phase_rms, "flux_error_percent": self.flux_error}


FlatTarget = Annotated[Target, Parameter(name="*")]
FlatImaging = Annotated[Imaging, Parameter(name="*")]
FlatSimulation = Annotated[Simulation, Parameter(name="*")]

TARGET, IMAGING, SIMULATION = Target(), Imaging(), Simulation()
"""What is not said."""
