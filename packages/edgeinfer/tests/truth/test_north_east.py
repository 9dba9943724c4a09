"""Directions: a source placed by astropy's WCS is found where it was placed."""

from __future__ import annotations

from pathlib import Path

import astropy.units as u
import numpy as np
import onnxruntime
import pytest
import torch
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

from edgeinfer import load_model
from edgeinfer.golden import golden_inputs
from skyrun.fits import make_header, write_image
from skytypes import Beam, SkyImage, encode
from skytypes.samples import image_sample

PIXEL_ARCSEC = 0.01
EAST_ARCSEC, NORTH_ARCSEC = 0.13, 0.08
SHAPE = (96, 112)


def header_of(reference_px: tuple[float, float], east_step: float) -> fits.Header:
    """A header with its RA axis in the given direction, written by hand."""
    header = fits.Header()
    header["CTYPE1"], header["CTYPE2"] = "RA---SIN", "DEC--SIN"
    header["CRVAL1"], header["CRVAL2"] = 250.0, -30.0
    header["CRPIX1"], header["CRPIX2"] = reference_px[0] + 1, reference_px[1] + 1
    header["CDELT1"], header["CDELT2"] = east_step / 3600, PIXEL_ARCSEC / 3600
    header["CUNIT1"], header["CUNIT2"] = "deg", "deg"
    header["RADESYS"], header["BUNIT"] = "ICRS", "Jy/beam"
    header["BMAJ"], header["BMIN"], header["BPA"] = 0.05 / 3600, 0.04 / 3600, 30.0
    return header


def paint(header: fits.Header, *, pa_deg: float, axes_arcsec: tuple[float, float]) -> np.ndarray:
    """A Gaussian at the offset, elongated along ``pa_deg``, drawn in sky coordinates."""
    wcs = WCS(header)
    reference = SkyCoord(header["CRVAL1"] * u.deg, header["CRVAL2"] * u.deg)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    sky = wcs.pixel_to_world(x, y)
    east, north = (a.to_value(u.arcsec) for a in reference.spherical_offsets_to(sky))
    angle = np.radians(pa_deg)
    along = (east - EAST_ARCSEC) * np.sin(angle) + (north - NORTH_ARCSEC) * np.cos(angle)
    across = (east - EAST_ARCSEC) * np.cos(angle) - (north - NORTH_ARCSEC) * np.sin(angle)
    squared = (along / axes_arcsec[0]) ** 2 + (across / axes_arcsec[1]) ** 2
    return np.asarray(np.exp(-0.5 * squared))


@pytest.mark.parametrize("east_step", [-PIXEL_ARCSEC, PIXEL_ARCSEC], ids=["usual", "ra_mirrored"])
@pytest.mark.parametrize("reference_px", [(56.0, 48.0), (70.5, 31.25)], ids=["centre", "off"])
def test_source_to_the_north_east_is_found_there(
    exported: Path, tmp_path: Path, reference_px: tuple[float, float], east_step: float
) -> None:
    header = header_of(reference_px, east_step)
    data = paint(header, pa_deg=45.0, axes_arcsec=(0.08, 0.04))
    fits.writeto(tmp_path / "north_east.fits", data.astype(np.float32), header)
    (answer,) = load_model(exported).run_files([tmp_path / "north_east.fits"])
    assert answer.error is None
    found = dict(answer.values)
    assert found["dx_arcsec"] == pytest.approx(EAST_ARCSEC, abs=0.002)
    assert found["dy_arcsec"] == pytest.approx(NORTH_ARCSEC, abs=0.002)
    # Elongated to the north-east: position angle 45 deg, not 135.
    assert found["pa_deg"] == pytest.approx(45.0, abs=1.0)
    # The picture's own resampling widens both axes a little.
    assert found["axis_ratio"] == pytest.approx(0.5, abs=0.03)


def test_a_file_of_our_own_writer_agrees_with_astropy(exported: Path, tmp_path: Path) -> None:
    image = SkyImage(
        np.zeros(SHAPE, np.float32),
        PIXEL_ARCSEC,
        "Jy/beam",
        reference_px=(70.0, 31.0),
        beam=Beam(0.05, 0.04, 30.0),
    )
    data = paint(make_header(image), pa_deg=20.0, axes_arcsec=(0.08, 0.04))
    painted = SkyImage(data, PIXEL_ARCSEC, "Jy/beam", reference_px=(70.0, 31.0), beam=image.beam)
    write_image(tmp_path / "ours.fits", painted)
    (answer,) = load_model(exported).run_files([tmp_path / "ours.fits"])
    assert answer.values["dx_arcsec"] == pytest.approx(EAST_ARCSEC, abs=0.002)
    assert answer.values["dy_arcsec"] == pytest.approx(NORTH_ARCSEC, abs=0.002)
    assert answer.values["pa_deg"] == pytest.approx(20.0, abs=1.0)


def test_onnx_answers_as_torch_does(exported: Path) -> None:
    from edgeinfer_moments import CARD, MOMENTS

    session = onnxruntime.InferenceSession(exported.read_bytes())
    for batch in (1, 3, 5):
        rng = np.random.default_rng(batch)
        picture = rng.random((batch, 1, 32, 32), np.float32) ** 4
        with torch.inference_mode():
            theirs = MOMENTS.build()(torch.from_numpy(picture)).numpy()
        (ours,) = session.run(["output"], {"image": picture})
        assert np.abs(ours - theirs).max() <= 1e-5
    assert golden_inputs(CARD).sample is not None


def test_predict_is_encode_network_decode(exported: Path) -> None:
    """`predict` against the three steps taken apart, the network being torch's."""
    from edgeinfer_moments import CARD, MOMENTS

    from skytypes import decode

    data = paint(header_of((56.0, 48.0), -PIXEL_ARCSEC), pa_deg=70.0, axes_arcsec=(0.07, 0.05))
    sample = image_sample(SkyImage(data, PIXEL_ARCSEC, "Jy/beam", beam=Beam(0.05, 0.04, 0.0)))
    with torch.inference_mode():
        raw = MOMENTS.build()(torch.from_numpy(encode(CARD.inputs, sample)["image"])).numpy()
    wanted = decode(CARD, raw, sample)
    found = load_model(exported).predict(sample)
    for name in wanted:
        assert found[name] == pytest.approx(wanted[name], rel=1e-5, abs=1e-6)
