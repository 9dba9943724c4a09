"""One disk through real CASA: what its image and its noise must be, by other means.

The sky is an elliptical Gaussian, elongated to the north-east (position angle 45 deg) and placed
to the north-east of the phase centre. Everything below is read off one run.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray

from casa_sim.casa.calls import VISIBILITIES, measurement_set
from casa_sim.casa.campaign import CasaCampaign
from casa_sim.casa.worker import CasaWorker
from casa_sim.errors import CasaError
from casa_sim.native.correlator import observe_visibilities
from casa_sim.native.imaging import clean_image, image_visibilities
from casa_sim.native.setup import ImagingSetup, make_setup
from casa_sim.settings import ObservationSettings
from casa_sim.tasks import DiskResult, DiskTask
from casa_sim.visibility_table import Visibilities
from skyrun.fits import read_image, write_image
from skytypes import Beam, SkyImage

pytestmark = [
    pytest.mark.casa,
    pytest.mark.skipif(
        importlib.util.find_spec("casatasks") is None, reason="CASA is not installed (extra casa)"
    ),
]

FLUX_JY = 0.05
EAST_ARCSEC, NORTH_ARCSEC = 0.6, 0.9
FWHM_ARCSEC = (1.2, 0.5)
PA_DEG = 45.0
SEED = 5
NATURAL_PX = 1024
SETTINGS = ObservationSettings(
    "alma.cycle9.5.cfg", band=6, pwv_mm=1.0, time_s=300.0, niter=200, imsize_px=256
)


def _gaussian_sky() -> SkyImage:
    pixel, size = 0.02, 256
    row, column = np.indices((size, size))
    east, north = -(column - size // 2) * pixel, (row - size // 2) * pixel
    offset = np.stack([east - EAST_ARCSEC, north - NORTH_ARCSEC])
    inverse = np.linalg.inv(Beam(*FWHM_ARCSEC, PA_DEG).covariance_arcsec2())
    data = np.exp(-0.5 * np.einsum("iyx,ij,jyx->yx", offset, inverse, offset))
    truth = {"pa_deg": PA_DEG, "dx_arcsec": EAST_ARCSEC, "dy_arcsec": NORTH_ARCSEC}
    return SkyImage(FLUX_JY * data / data.sum(), pixel, "Jy/pixel", frequency_hz=230e9, truth=truth)


@dataclass(frozen=True)
class Run:
    """What the one run left."""

    result: DiskResult
    again: DiskResult
    untouched: bool
    elsewhere: tuple[Path, ...]
    out: Path
    image: SkyImage
    psf: SkyImage
    header: Any
    natural_rms: float
    seen: Visibilities
    failure: str


def _more_of_casa(folder: Path, scratch: Path) -> tuple[float, Visibilities, str]:
    """Rms [Jy/beam] of the naturally weighted image of the noise alone, noisy minus noiseless;
    CASA's own noisy visibilities; and what is told when a task of CASA fails.
    """
    scratch.mkdir()
    calls: list[tuple[str, dict[str, Any]]] = []
    for name, noisy in (("with", True), ("without", False)):
        vis = str(folder / measurement_set(SETTINGS.array_cfg, noisy=noisy))
        clean = {"vis": vis, "imagename": name, "imsize": NATURAL_PX, "cell": "22mas"}
        calls.append(("tclean", {**clean, "niter": 0, "weighting": "natural", "pblimit": -0.1}))
        exported = {"imagename": f"{name}.residual", "fitsimage": f"{name}.fits"}
        calls.append(("exportfits", {**exported, "dropdeg": True}))
    noisy_set = [str(folder / measurement_set(SETTINGS.array_cfg))]
    calls.append(("export_visibilities", {"vis": noisy_set, "file": VISIBILITIES}))
    absent = {"vis": "absent.ms", "imagename": "none", "imsize": 64, "cell": "22mas"}
    with CasaWorker(scratch / "worker") as worker:
        with pytest.raises(CasaError) as caught:
            worker.run([("tclean", absent)], folder=scratch, log=scratch / "failed.log")
        # The same process goes on.
        worker.run(calls, folder=scratch, log=scratch / "casa.log")
    with_noise, without = (
        np.array(fits.getdata(scratch / f"{n}.fits")) for n in ("with", "without")
    )
    with np.load(scratch / VISIBILITIES) as file:
        uvw, values = np.ascontiguousarray(file["uvw_m"]), file["values"]
    seen = Visibilities(uvw, values, np.zeros(len(values)), 230e9, 250.0, -30.0)
    return float((with_noise - without).std()), seen, str(caught.value)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder, out = tmp_path_factory.mktemp("casa"), tmp_path_factory.mktemp("products") / "out"
    elsewhere = tuple(folder / name for name in ("here", "home", "tmp", "cache"))
    for place in elsewhere:
        place.mkdir()
    here, home, tmp, cache = elsewhere
    write_image(folder / "gauss.fits", _gaussian_sky())
    task = DiskTask("gauss", folder / "gauss.fits", SETTINGS, SEED)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        patch.setenv("HOME", str(home))
        patch.setenv("TMPDIR", str(tmp))
        patch.setenv("XDG_CACHE_HOME", str(cache))
        campaign = CasaCampaign(out, keep=("psf", "work"))
        (result,) = campaign.run([task], quiet=True)
        assert result.status == "made", result.reason
        stamp = Path(result.file).stat().st_mtime_ns
        (again,) = campaign.run([task], quiet=True)
        untouched = Path(result.file).stat().st_mtime_ns == stamp
        natural, seen, failure = _more_of_casa(out / "gauss" / "work", folder / "more")
    yield Run(
        result,
        again,
        untouched,
        elsewhere,
        out,
        read_image(result.file),
        read_image(out / "gauss" / "gauss_B6_psf.fits"),
        fits.getheader(result.file),
        natural,
        seen,
        failure,
    )


def _fit_gaussian(psf: SkyImage) -> NDArray[np.float64]:
    """Covariance [arcsec^2] (east, north) of a unit-peak Gaussian fitted to the PSF's core.

    Gauss-Newton on the three numbers of the inverse covariance, pixels above 0.35, uniform weight.
    """
    x, y = psf.centre_px
    row, column = np.nonzero(psf.data > 0.35)
    value = psf.data[row, column].astype(float)
    east = -(column - x) * psf.pixel_scale_arcsec
    north = (row - y) * psf.pixel_scale_arcsec
    assert np.hypot(east, north).max() < 0.3  # the core alone, no sidelobe
    terms = -0.5 * np.stack([east**2, 2 * east * north, north**2], axis=1)
    guess = np.linalg.lstsq(terms, np.log(value), rcond=None)[0]
    for _ in range(20):
        model = np.exp(terms @ guess)
        guess += np.linalg.lstsq(terms * model[:, None], value - model, rcond=None)[0]
    a, b, c = guess
    return np.asarray(np.linalg.inv([[a, b], [b, c]]))


def test_header_beam_is_a_gaussian_fit_of_the_psf(run: Run) -> None:
    beam = run.image.beam
    assert beam is not None
    fitted = _fit_gaussian(run.psf)
    assert np.abs(beam.covariance_arcsec2() - fitted).max() < 0.01 * np.trace(fitted)
    assert run.psf.beam == beam
    assert run.psf.data.max() == pytest.approx(1, abs=1e-5)


def _moments(run: Run) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Flux [Jy], centroid and covariance (east, north) [arcsec] of the bright part of the image.

    Positions come from the header's WCS, as any other program would read it.
    """
    data, wcs = fits.getdata(run.result.file).astype(float), WCS(run.header)
    row, column = np.indices(data.shape)
    ra, dec = wcs.all_pix2world(column, row, 0)
    east = (ra - run.image.ra_deg) * math.cos(math.radians(run.image.dec_deg)) * 3600
    north = (dec - run.image.dec_deg) * 3600
    near = np.hypot(east - EAST_ARCSEC, north - NORTH_ARCSEC) < 1.5
    assert run.image.beam is not None
    flux = data[near].sum() * run.image.pixel_scale_arcsec**2 / run.image.beam.area_arcsec2
    weight = np.where(near & (data > 0.1 * data.max()), data, 0)
    weight /= weight.sum()
    centre = np.array([(weight * east).sum(), (weight * north).sum()])
    offset = np.stack([east - centre[0], north - centre[1]])
    return float(flux), centre, np.einsum("yx,iyx,jyx->ij", weight, offset, offset)


def test_a_source_in_the_north_east_is_imaged_there(run: Run) -> None:
    _, centre, _ = _moments(run)
    assert centre == pytest.approx([EAST_ARCSEC, NORTH_ARCSEC], abs=0.01)
    # Row 0 south, column 0 east: north-east is at a high row and a low column.
    row, column = (int(i) for i in np.unravel_index(run.image.data.argmax(), (256, 256)))
    assert row > 128 > column


def test_a_source_elongated_to_the_north_east_stays_so(run: Run) -> None:
    _, _, covariance = _moments(run)
    pa = 0.5 * math.degrees(math.atan2(2 * covariance[0, 1], covariance[1, 1] - covariance[0, 0]))
    assert pa == pytest.approx(PA_DEG, abs=2)


def test_flux_is_recovered(run: Run) -> None:
    flux, _, _ = _moments(run)
    assert flux == pytest.approx(FLUX_JY, rel=0.1)


def test_noise_of_a_visibility_is_that_of_the_radiometer_equation(run: Run) -> None:
    # 230 GHz, 1 mm, airmass 1.0075: Tsys from CASA's atmosphere, alma.md's formula.
    assert run.header["SIGMA1"] == pytest.approx(9.317e-3, rel=0.015)
    assert run.header["NVIS1"] == 43 * 42 // 2 * 30


def test_natural_weight_rms_is_sigma_over_root_n(run: Run) -> None:
    # Two polarisations, and real parts only reach an image.
    expected = run.header["SIGMA1"] / math.sqrt(2 * run.header["NVIS1"])
    assert run.natural_rms == pytest.approx(expected, rel=0.025)


def test_files_and_log_lie_in_the_folder_and_nothing_elsewhere(run: Run) -> None:
    assert "Begin Task: tclean" in (run.out / "gauss" / "casa.log").read_text()
    assert [list(place.iterdir()) for place in run.elsewhere] == [[]] * 4
    assert [p.name for p in run.out.iterdir()] == ["gauss"]


def test_a_second_run_makes_nothing(run: Run) -> None:
    assert (run.again.status, run.again.file) == ("kept", run.result.file)
    assert run.untouched


def test_a_failure_is_told_in_casas_own_words(run: Run) -> None:
    assert run.failure.startswith("CASA: tclean: ")
    assert "absent.ms" in run.failure
    assert run.failure.endswith("failed.log)")
    assert "\n" not in run.failure


def test_the_noisy_visibilities_are_imaged(run: Run) -> None:
    row, column = np.indices(run.image.data.shape)
    far = np.hypot(row - 128, column - 128) > 110
    # Briggs weights keep more noise than natural ones; without noise there would be far less.
    natural = run.header["SIGMA1"] / math.sqrt(2 * run.header["NVIS1"])
    assert 1.0 < float(run.image.data[far].std()) / natural < 2.0


def test_the_header_says_how_it_was_made(run: Run) -> None:
    assert run.image.truth["pa_deg"] == PA_DEG
    provenance = run.image.provenance
    assert provenance is not None
    assert provenance.seed == SEED
    assert provenance.versions["casatasks"].startswith("6.7")
    assert provenance.configuration["settings"]["array_cfg"] == SETTINGS.array_cfg


@pytest.fixture(scope="module")
def setup(run: Run) -> ImagingSetup:
    """The native backend's, for the same observation."""
    return make_setup(SETTINGS, run.image.ra_deg, run.image.dec_deg)


def _apart(ours: NDArray[Any], casas: NDArray[Any]) -> float:
    return float(np.linalg.norm(ours - casas) / np.linalg.norm(casas))


def test_native_baselines_are_casas(run: Run, setup: ImagingSetup) -> None:
    assert _apart(setup.uvw_m, run.seen.uvw_m) < 5e-6


def test_native_visibilities_are_casas_but_for_the_noise(run: Run, setup: ImagingSetup) -> None:
    ours = observe_visibilities(_gaussian_sky(), SETTINGS, seed=1, tracks=setup.tracks)
    true = observe_visibilities(
        _gaussian_sky(), replace(SETTINGS, noise="none"), seed=1, tracks=setup.tracks
    )
    casas = run.seen.values - true.values
    # Conjugates, or x for y, would leave the source itself in the difference.
    assert np.std(casas) == pytest.approx(np.std(ours.values - true.values), rel=0.02)


def test_native_psf_and_beam_are_casas(run: Run, setup: ImagingSetup) -> None:
    assert _apart(setup.inner_psf, run.psf.data) < 2e-3
    assert run.image.beam is not None
    casas = run.image.beam.covariance_arcsec2()
    assert _apart(setup.beam.covariance_arcsec2(), casas) < 5e-3


def test_native_image_of_casas_visibilities_is_casas(run: Run, setup: ImagingSetup) -> None:
    dirty = image_visibilities(run.seen, setup)
    image, counted = clean_image(dirty, setup, niter=SETTINGS.niter)
    assert counted["iterdone"] == pytest.approx(run.header["ITERDONE"], abs=5)
    assert np.corrcoef(image.ravel(), run.image.data.ravel())[0, 1] > 0.9999
    assert _apart(image, run.image.data) < 0.01
