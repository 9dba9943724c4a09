"""What real CASA does with antennas in one another's way, kept for casa-sim's tests.

``python tools/tables/casa_shadowing.py`` runs simobserve for `CASES` and tclean for `IMAGED`, some
minutes, and writes packages/casa-sim/tests/truth/casa_shadowing.npz; ``--check`` writes nothing and
exits 1 where the committed flags differ from fresh ones. It needs the casa extra.

The file holds `CASES` as JSON in ``cases``; as ``flags_n`` which rows of case n are flagged, bits
(`numpy.packbits`) of where a baseline's flag differs from that of the integration before; of
`IMAGED` what CASA measured (``measured``, JSON) and every `EVERY_PX`-th pixel, (y, x), of its PSF
and of its dirty image without noise, in 32767ths of their peaks.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from casa_sim.casa.calls import measurement_set, simobserve_arguments, tclean_arguments
from casa_sim.casa.installation import private_environment
from casa_sim.settings import ObservationSettings
from skyrun.files import atomic_path
from skytypes import SkyImage

Case = Mapping[str, Any]

FILE = Path(__file__).resolve().parents[2] / "packages/casa-sim/tests/truth/casa_shadowing.npz"
CONFIGURED = "CASA_SHADOWING_CONFIGURED"

# Array, place [deg], hour angle [h], total and single integration [s].
CASES: tuple[Case, ...] = tuple(
    dict(zip(("array", "ra", "dec", "hour_angle_h", "time_s", "integration_s"), row, strict=True))
    for row in (
        ("alma.cycle9.1.cfg", 68.0, 25.0, 0.0, 60.0, 10.0),
        ("alma.cycle9.1.cfg", 68.0, 20.0, 0.0, 600.0, 30.0),
        ("alma.cycle9.1.cfg", 200.0, -23.0, 4.0, 3600.0, 10.0),
        ("alma.cycle9.2.cfg", 310.0, -70.0, 1.5, 1800.0, 10.0),
        ("alma.cycle9.2.cfg", 68.0, 35.4, -2.0, 600.0, 60.0),
        ("alma.cycle9.3.cfg", 10.1, 35.0, 1.0, 1800.0, 10.0),
        ("alma.cycle9.4.cfg", 68.0, 25.0, -3.0, 300.0, 10.0),
        ("alma.cycle9.5.cfg", 10.1, 35.4, -2.0, 1800.0, 10.0),
        ("alma.cycle9.5.cfg", 250.0, -30.0, 0.0, 60.0, 10.0),
    )
)
IMAGED: Case = CASES[0]
"""Seen with noise too, and imaged."""
IMSIZE_PX = 256
EVERY_PX = 6


def sky_of(case: Case) -> SkyImage:
    """A round Gaussian of 0.5 Jy, 1.2 arcsec wide, to the south-west of the phase centre."""
    y, x = np.indices((256, 256)) - 128
    data = np.exp(-0.5 * ((x - 10) ** 2 + (y + 7) ** 2) / 100)
    return SkyImage(
        0.5 * data / data.sum(), 0.05, "Jy/pixel", ra_deg=case["ra"], dec_deg=case["dec"]
    )


def settings_of(case: Case, *, noise: str = "none") -> ObservationSettings:
    """The case as casa-sim takes it, but for the integration."""
    return ObservationSettings(
        case["array"],
        time_s=case["time_s"],
        hour_angle_h=case["hour_angle_h"],
        imsize_px=IMSIZE_PX,
        noise=noise,
        stage="dirty",
    )


def column(path: str, name: str) -> NDArray[Any]:
    """A column of a measurement set, its last axis the rows."""
    from casatools import table

    tool = table()
    tool.open(path)
    values: NDArray[Any] = tool.getcol(name)
    tool.close()
    return values


def observed(case: Case, *, noise: str = "none") -> str:
    """The measurement set that simobserve makes of a case, in the current folder."""
    from casatasks import simobserve
    from casatools import image

    settings, sky, tool = settings_of(case, noise=noise), sky_of(case), image()
    tool.fromarray("sky.im", np.ascontiguousarray(sky.data.T), overwrite=True)
    tool.done()
    asked = simobserve_arguments(settings, sky, case["array"], seed=1)
    simobserve(**{**asked, "integration": f"{case['integration_s']:g}s"})
    return measurement_set(case["array"], noisy=False)


def flags(case: Case) -> NDArray[np.bool_]:
    """Which rows CASA flags, shape (integrations, baselines)."""
    flagged = np.any(column(observed(case), "FLAG"), axis=(0, 1))
    return np.reshape(flagged, (round(case["time_s"] / case["integration_s"]), -1))


def changes(flagged: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Flags as bits of what changes from one integration to the next."""
    return np.packbits(np.concatenate([flagged[:1], flagged[1:] ^ flagged[:-1]]))


def rounded(picture: NDArray[Any]) -> NDArray[np.int16]:
    """Every `EVERY_PX`-th pixel, in 32767ths of the peak."""
    shares: NDArray[np.int16] = np.rint(
        picture[::EVERY_PX, ::EVERY_PX] / picture.max() * 32767
    ).astype(np.int16)
    return shares


def imaged(case: Case) -> dict[str, NDArray[Any]]:
    """What CASA measures of the noise of rows that are not flagged, and what it images."""
    from astropy.io import fits
    from casatasks import exportfits, tclean

    quiet = observed(case, noise="thermal")
    loud = quiet.replace(".ms", ".noisy.ms")
    good = ~column(quiet, "FLAG").any(axis=(0, 1))
    noise = (column(loud, "DATA") - column(quiet, "DATA"))[..., good].astype(np.complex128)
    clean = {**tclean_arguments(settings_of(case)), "niter": 0, "pblimit": -0.1}
    tclean(vis=quiet, imagename="disk", **clean)
    pictures: dict[str, NDArray[Any]] = {}
    for kind in ("psf", "image"):
        exportfits(imagename=f"disk.{kind}", fitsimage=f"{kind}.fits", dropdeg=True, overwrite=True)
        pictures[kind] = np.array(fits.getdata(f"{kind}.fits"), dtype=np.float64)
    header = fits.getheader("image.fits")
    told = {
        "sigma_jy": float(np.sqrt(np.mean(np.abs(noise) ** 2) / 2)),
        "visibilities": int(good.sum()),
        "beam": [3600 * header["BMAJ"], 3600 * header["BMIN"], header["BPA"] % 180],
        "peak_jy_beam": float(pictures["image"].max()),
    }
    return {
        "measured": np.array(json.dumps(told)),
        "psf": rounded(pictures["psf"]),
        "dirty": rounded(pictures["image"]),
    }


def fresh() -> dict[str, NDArray[Any]]:
    """All of the file, from CASA."""
    found = {"cases": np.array(json.dumps([dict(case) for case in CASES]))}
    for number, case in enumerate(CASES):
        flagged = flags(case)
        print(f"{case}: {flagged.mean():.2%} of {flagged.size} rows flagged", flush=True)
        found[f"flags_{number}"] = changes(flagged)
    return found | imaged(IMAGED)


def configured(folder: Path) -> None:
    """Start this script again in a private environment of CASA's, if it is not in one."""
    if CONFIGURED not in os.environ:
        own = private_environment(folder) | {CONFIGURED: str(folder)}
        os.execve(sys.executable, [sys.executable, *sys.argv], own)


def main() -> int:
    """Write or check the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        configured(Path(folder))
        with chdir(folder):
            found = fresh()
    if not check:
        with atomic_path(FILE) as path, path.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **found)
        print(f"{FILE.name}: {FILE.stat().st_size} bytes")
        return 0
    with np.load(FILE, allow_pickle=False) as kept:
        differ = [name for name in found if not np.array_equal(kept[name], found[name])]
    print(f"{FILE.name}: " + (f"differs in {', '.join(differ)}" if differ else "as committed"))
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
