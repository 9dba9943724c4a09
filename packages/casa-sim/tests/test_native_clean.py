"""CLEAN against its slow, obvious version, against known skies, and against its own promises."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from casa_sim.native.beams import beam_image, fit_beam, sidelobe_level
from casa_sim.native.clean import CleanControl, clean, robust_sigma
from casa_sim.native.convolution import Response
from casa_sim.native.images import dirty_image
from casa_sim.native.minor_cycle import minor_cycle
from casa_sim.native.restore import restored
from casa_sim.native.scales import convolved, scale_bias, scale_kernel, scale_responses
from casa_sim.native.setup import ImagingSetup, make_setup
from casa_sim.native.visibilities import predict
from casa_sim.settings import ObservationSettings
from skytypes import Beam, SkyImage
from skytypes.errors import InputError

SIDE = 128


@cache
def _setup() -> ImagingSetup:
    settings = ObservationSettings(
        "alma.cycle9.5.cfg", time_s=120, imsize_px=SIDE, cell_mas=30.0, robust=0.5
    )
    return make_setup(settings, 250.0, -30.0)


def _noise(seed: int, sigma: float = 1e-3) -> NDArray[np.float32]:
    return (sigma * np.random.default_rng(seed).standard_normal((SIDE, SIDE))).astype(np.float32)


def _model(seed: int) -> NDArray[np.float32]:
    """A few points and a disk."""
    rng = np.random.default_rng(seed)
    model = np.zeros((SIDE, SIDE), np.float32)
    model[rng.integers(20, 108, 5), rng.integers(20, 108, 5)] = rng.uniform(0.2, 1, 5)
    row, column = np.indices((SIDE, SIDE))
    model[(row - 60) ** 2 + (column - 70) ** 2 < 64] += 0.02
    return model


def _slow_cycle(  # noqa: PLR0917 - as the compiled one
    residual: NDArray[np.floating],
    psf: NDArray[np.floating],
    scales: list[float],
    bias: float,
    threshold: float,
    gain: float,
    most: int,
) -> list[tuple[int, int, int, float]]:
    """Multiscale CLEAN as one would write it down: every scale, every pixel, every time."""
    kernels = [scale_kernel(s) for s in scales]
    weight = scale_bias(scales, bias)
    planes = [fftconvolve(residual, k, mode="same") for k in kernels]
    cross = [
        [fftconvolve(fftconvolve(psf, a, mode="same"), b, mode="same") for b in kernels]
        for a in kernels
    ]
    peak = [c[i].max() for i, c in enumerate(cross)]
    found = []
    for _ in range(most):
        strengths = [weight[s] * p / peak[s] for s, p in enumerate(planes)]
        best = int(np.argmax([np.abs(s).max() for s in strengths]))
        y, x = np.unravel_index(np.abs(strengths[best]).argmax(), residual.shape)
        if abs(strengths[best][y, x]) < threshold:
            break
        flux = gain * strengths[best][y, x]
        found.append((best, int(y), int(x), float(flux)))
        n = residual.shape[0]
        for s in range(len(planes)):
            planes[s] = planes[s] - flux * cross[s][best][n - y : 2 * n - y, n - x : 2 * n - x]
    return found


@pytest.mark.parametrize(("scales", "bias"), [([0], 0.0), ([0, 3, 8], 0.0), ([0, 3, 8], 0.3)])
def test_the_compiled_cycle_finds_what_the_slow_one_finds(scales: list[float], bias: float) -> None:
    setup = _setup()
    dirty = setup.response(_model(1)) + _noise(2)
    responses = scale_responses(setup.psf, scales, bias)
    planes = np.stack([convolved(dirty, k) for k in responses.kernels])
    tiles = np.array([[y, x, 32, 32] for y in range(0, SIDE, 32) for x in range(0, SIDE, 32)])
    found = np.empty((150, 4))
    count = minor_cycle(
        planes,
        responses.cross,
        responses.pair,
        responses.gains,
        np.zeros((0, 0), np.float32),
        tiles,
        0.01,
        0.1,
        150,
        found,
    )
    slow = _slow_cycle(dirty, setup.psf, scales, bias, 0.01, 0.1, 150)
    assert count == len(slow) > 30
    kept = [scales.index(s) for s in scales if s not in responses.dropped]
    ours = [(kept[int(s)], int(y), int(x)) for s, y, x, _ in found[:count]]
    assert ours == [(s, y, x) for s, y, x, _ in slow]
    assert found[:count, 3] == pytest.approx([f for *_, f in slow], rel=1e-3, abs=1e-6)


def test_dropped_scales_would_never_have_been_chosen() -> None:
    setup = _setup()
    scales = [0.0, 2.0, 5.0, 10.0]
    assert scale_responses(setup.psf, scales, 0.9).dropped == (2.0, 5.0, 10.0)
    dirty = setup.response(_model(3)) + _noise(4)
    slow = _slow_cycle(dirty, setup.psf, scales, 0.9, 0.005, 0.1, 200)
    assert len(slow) > 50
    assert {scale for scale, *_ in slow} == {0}


def test_major_cycles_are_exact() -> None:
    """Convolution with the PSF over twice the field is what the visibilities would give."""
    setup, model = _setup(), _model(5)
    model[3, 5] = model[-2, -4] = 1.0
    sky = SkyImage(model.astype(float), setup.cell_arcsec, "Jy/pixel")
    seen = predict(sky, setup.uvw_m, setup.frequency_hz, epsilon=1e-8)
    true = dirty_image(
        seen,
        setup.uvw_m,
        setup.weights,
        setup.frequency_hz,
        imsize_px=SIDE,
        cell_arcsec=setup.cell_arcsec,
        epsilon=1e-6,
    )
    difference = setup.response(model) - true
    assert np.abs(difference).max() < 2e-5 * np.abs(true).max()


def _cleaned(dirty: NDArray[np.float32], **control: Any) -> Any:
    setup = _setup()
    responses = scale_responses(setup.psf, [0], 0.0)
    return clean(dirty, setup.response, responses, setup.sidelobe, CleanControl(**control))


def test_a_point_is_recovered() -> None:
    setup = _setup()
    model = np.zeros((SIDE, SIDE), np.float32)
    model[80, 40] = 1.0
    noise = 1e-4
    found = _cleaned(setup.response(model) + _noise(13, noise), niter=2000)
    assert found.stop == "nsigma"
    # It stops when the peak is down to 4.5 sigma of the residual: that much may be missing.
    missing = 4.6 * robust_sigma(found.residual) + 4 * noise
    assert missing < 0.01
    assert found.model.sum() == pytest.approx(1.0, abs=missing)
    # The last, faintest components may sit on a neighbour that noise made the higher.
    assert np.abs(found.model[76:85, 36:45]).sum() == pytest.approx(np.abs(found.model).sum())
    image = restored(found.model, found.residual, setup.beam, setup.cell_arcsec)
    assert image[80, 40] == pytest.approx(1.0, abs=6 * noise)


def test_model_and_residual_add_up_to_the_dirty_image() -> None:
    dirty = _setup().response(_model(6)) + _noise(7)
    found = _cleaned(dirty, niter=300)
    assert np.abs(_setup().response(found.model) + found.residual - dirty).max() < 1e-5


def test_it_stops_where_it_is_told() -> None:
    noise = _noise(8)
    assert _cleaned(noise, niter=500, nsigma=6).iterations == 0
    dirty = _setup().response(_model(9)) + noise
    assert _cleaned(dirty, niter=0).stop == "niter"
    limited = _cleaned(dirty, niter=70)
    assert (limited.iterations, limited.stop) == (70, "niter")
    deep = _cleaned(dirty, niter=100_000, nsigma=5)
    assert deep.stop == "nsigma"
    assert np.abs(deep.residual).max() <= 5 * robust_sigma(deep.residual) * 1.01


def test_nothing_is_put_where_the_mask_forbids() -> None:
    setup = _setup()
    mask = np.zeros((SIDE, SIDE), bool)
    mask[:, :64] = True
    responses = scale_responses(setup.psf, [0], 0.0)
    dirty = setup.response(_model(10)) + _noise(11)
    found = clean(
        dirty, setup.response, responses, setup.sidelobe, CleanControl(niter=200), mask=mask
    )
    assert found.iterations > 0
    assert not found.model[~mask].any()


def test_a_disk_that_fills_the_field_is_not_cut() -> None:
    row, column = np.indices((SIDE, SIDE))
    model = (((row - 64) ** 2 + (column - 64) ** 2) < 60**2).astype(np.float32)
    setup = _setup()
    found = _cleaned(setup.response(model), niter=20_000)
    outer = ((row - 64) ** 2 + (column - 64) ** 2 < 58**2) & (np.hypot(row - 64, column - 64) > 45)
    image = restored(found.model, found.residual, setup.beam, setup.cell_arcsec)
    # Per beam: the disk has 1 Jy/pixel everywhere, its outer parts too.
    assert np.median(image[outer]) == pytest.approx(np.median(image[60:68, 60:68]), rel=0.1)


@pytest.mark.parametrize("bpa_deg", [-80.0, -30.0, -1e-9, 0.0, 1e-9, 25.0, 70.0, 90.0])
def test_a_gaussian_psf_has_its_own_beam(bpa_deg: float) -> None:
    beam = Beam(0.25, 0.17, bpa_deg)
    fitted = fit_beam(beam_image(beam, SIDE, 0.02), 0.02)
    ours, true = fitted.covariance_arcsec2(), beam.covariance_arcsec2()
    assert np.linalg.norm(ours - true) < 1e-3 * np.linalg.norm(true)
    assert 0 <= fitted.bpa_deg < 180
    assert abs((fitted.bpa_deg - bpa_deg + 90) % 180 - 90) < 0.1
    assert sidelobe_level(beam_image(beam, SIDE, 0.02), beam, 0.02) == 0


def test_restoring_is_convolving_with_the_beam() -> None:
    model, beam = _model(12), Beam(0.2, 0.12, 35.0)
    ours = restored(model, np.zeros_like(model), beam, 0.02)
    wide = fftconvolve(model, beam_image(beam, 2 * SIDE, 0.02))
    true = wide[SIDE : 2 * SIDE, SIDE : 2 * SIDE]
    assert np.abs(ours - true).max() < 1e-4 * true.max()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CleanControl(gain=0), "gain is 0; give more than 0"),
        (lambda: CleanControl(nsigma=float("nan")), "nsigma is nan"),
        (lambda: CleanControl(niter=-1), "niter is -1"),
        (lambda: scale_kernel(-1), "scale is -1; give 0 or more"),
        (lambda: scale_responses(np.ones((8, 8), np.float32), [3], 0.5), "the first must be 0"),
        (lambda: scale_responses(np.ones((8, 8), np.float32), [0, 9], 0.5), "larger than the"),
        (lambda: scale_bias([0, 2], 2.0), "small-scale bias is 2; allowed: 0 to 1"),
        (lambda: Response(np.ones((8, 6), np.float32)), "a PSF of shape"),
        (lambda: fit_beam(np.ones((64, 64)), 0.01), "the beam is more than"),
        (lambda: fit_beam(np.pad([[1.0]], ((32, 31), (32, 31))), 0.01), "the beam covers"),
    ],
)
def test_bad_input(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()
