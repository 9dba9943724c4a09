"""CASA's exported images, checked against what was asked for and brought to our convention."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from skytypes import Beam, SkyImage

from ..errors import CasaError
from ..settings import ObservationSettings

_SAME_PLACE_ARCSEC = 1e-3


def read_casa_image(path: Path, sky: SkyImage, settings: ObservationSettings) -> SkyImage:
    """An image that CASA exported, as a `SkyImage` in Jy/beam.

    CASA's FITS has row 0 south and column 0 east already; this is checked, not assumed. Pixels
    that CASA masks (primary beam below ``pblimit``) become zero.

    Parameters
    ----------
    path : path
    sky : SkyImage
        What was observed; gives the position, name, truth and provenance.
    settings : ObservationSettings

    Returns
    -------
    SkyImage
        Data float32, shape (y, x); a PSF's unit is Jy/beam too (of a source of 1 Jy).

    Raises
    ------
    CasaError
        If the file is not the image that was asked for.
    """
    with fits.open(path) as hdus:
        header, data = hdus[0].header, np.array(hdus[0].data, dtype=np.float32)
    _check_geometry(path, header, data, sky, settings)
    if "BMAJ" not in header:
        raise CasaError(f"CASA: {path.name} has no beam in its header")
    # Twice: the first makes 180 of an angle that is just below 0.
    angle = float(header["BPA"]) % 180 % 180
    beam = Beam(float(header["BMAJ"]) * 3600, float(header["BMIN"]) * 3600, angle)
    return SkyImage(
        np.nan_to_num(data, nan=0.0),
        settings.image_cell_mas / 1000,
        "Jy/beam",
        ra_deg=sky.ra_deg,
        dec_deg=sky.dec_deg,
        frequency_hz=settings.receiver.frequency_hz,
        beam=beam,
        name=sky.name,
        truth=dict(sky.truth),
        provenance=sky.provenance,
    )


def _check_geometry(
    path: Path, header: Any, data: Any, sky: SkyImage, settings: ObservationSettings
) -> None:
    size, cell_deg = settings.image_size_px, settings.image_cell_mas / 3.6e6
    apart = math.hypot(
        (header["CRVAL1"] - sky.ra_deg + 180) % 360 - 180, header["CRVAL2"] - sky.dec_deg
    )
    good = (
        data.shape == (size, size)
        and str(header["CTYPE1"]).startswith("RA")
        and (header["CRPIX1"], header["CRPIX2"]) == (size // 2 + 1, size // 2 + 1)
        and math.isclose(header["CDELT1"], -cell_deg, rel_tol=1e-6)
        and math.isclose(header["CDELT2"], cell_deg, rel_tol=1e-6)
        and apart * 3600 < _SAME_PLACE_ARCSEC
    )
    if not good:
        raise CasaError(
            f"CASA: {path.name} has shape {data.shape}, pixel {header['CDELT1'] * 3.6e6:.9g} mas "
            f"and reference ({header['CRVAL1']}, {header['CRVAL2']}) deg; asked for {size} x "
            f"{size} of {settings.image_cell_mas:.9g} mas at ({sky.ra_deg}, {sky.dec_deg})"
        )
    if not np.isfinite(data).any():
        raise CasaError(f"CASA: {path.name} holds no number that is finite")
