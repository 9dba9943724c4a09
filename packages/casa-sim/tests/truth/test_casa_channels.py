"""Two arrays and two channels off the usual frequency through real CASA: native does the same."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from casa_sim.casa.calls import measurement_set
from casa_sim.casa.observing import exported_visibilities, observe_with_casa
from casa_sim.casa.worker import CasaWorker
from casa_sim.native.correlator import observe_visibilities
from casa_sim.native.imaging import image_visibilities
from casa_sim.native.observing import observe_natively
from casa_sim.native.setup import make_setup
from casa_sim.settings import ObservationSettings
from casa_sim.visibility_table import Visibilities
from skytypes import Observation, SkyImage

pytestmark = [
    pytest.mark.casa,
    pytest.mark.skipif(
        importlib.util.find_spec("casatasks") is None, reason="CASA is not installed (extra casa)"
    ),
]

SETTINGS = ObservationSettings(
    "alma.cycle9.5.cfg",
    array_lo="alma.cycle9.3.cfg",
    time_s=60.0,
    imsize_px=256,
    stage="dirty",
    weighting="uniform",
    hour_angle_h=1.5,
    frequency_ghz=250.0,
    bandwidth_ghz=20.0,
    channels=2,
    spectral_index=2.0,
)


def _sky() -> SkyImage:
    y, x = np.mgrid[-64:64, -64:64]
    data = np.exp(-(((x - 12) / 20) ** 2) - ((y + 8) / 9) ** 2)
    return SkyImage(0.05 * data / data.sum(), 0.02, "Jy/pixel", frequency_hz=230e9)


@dataclass(frozen=True)
class Run:
    """What CASA made: images, and visibilities with and without noise."""

    made: Observation
    seen: Visibilities
    noiseless: Visibilities


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("casa")
    job, log, keep = folder / "job", folder / "casa.log", ("psf", "work")
    with CasaWorker(folder / "worker") as worker:
        made = observe_with_casa(worker, _sky(), SETTINGS, seed=3, folder=job, log=log, keep=keep)
        assert isinstance(made, Observation)
        both = []
        for noisy in (True, False):
            vis = [measurement_set(array, noisy=noisy) for array in SETTINGS.arrays]
            call: tuple[str, dict[str, Any]] = (
                "export_visibilities",
                {"vis": vis, "file": "v.npz"},
            )
            worker.run([call], folder=job, log=log)
            both.append(exported_visibilities(job / "v.npz", _sky(), SETTINGS, made.settings))
    yield Run(made, *both)


def _apart(ours: NDArray[Any], casas: NDArray[Any]) -> float:
    return float(np.linalg.norm(ours - casas) / np.linalg.norm(casas))


def test_visibilities_of_each_channel_are_casas(run: Run) -> None:
    ours = observe_visibilities(_sky(), replace(SETTINGS, noise="none"), seed=1)
    assert run.seen.channel_hz is not None
    assert np.unique(run.seen.channel_hz) == pytest.approx(SETTINGS.channels_hz, rel=1e-12)
    assert _apart(ours.middle_uvw_m, run.seen.middle_uvw_m) < 5e-6
    # Two arrays, of each two channels.
    for part in np.split(np.arange(len(ours.values)), 4):
        assert _apart(ours.values[part], run.noiseless.values[part]) < 5e-3


def test_noise_of_each_channel_is_casas(run: Run) -> None:
    ours = observe_natively(_sky(), SETTINGS, seed=1).settings["channel_sigma_jy"]
    # 5418 visibilities, two polarisations: CASA's own is good to 0.5 %.
    for array, sigma in enumerate(ours):
        assert sigma == pytest.approx(run.made.settings["channel_sigma_jy"][array], rel=0.02)
        assert sigma[1] > 1.02 * sigma[0]


def test_psf_beam_and_dirty_image_are_casas(run: Run) -> None:
    setup = make_setup(SETTINGS, 250.0, -30.0)
    assert run.made.psf is not None
    assert run.made.image.beam is not None
    assert _apart(setup.inner_psf, run.made.psf.data) < 5e-3
    casas = run.made.image.beam.covariance_arcsec2()
    assert _apart(setup.beam.covariance_arcsec2(), casas) < 1e-3
    assert _apart(image_visibilities(run.seen, setup), run.made.image.data) < 1e-3
    assert _apart(image_visibilities(run.noiseless, setup), run.made.image.data) > 0.05


def test_one_array_alone_is_another_image(run: Run) -> None:
    settings = replace(SETTINGS, array_lo=None)
    alone = make_setup(settings, 250.0, -30.0)
    first = len(alone.weights)
    assert run.seen.channel_hz is not None
    seen = replace(
        run.seen,
        uvw_m=run.seen.uvw_m[:first],
        values=run.seen.values[:first],
        sigma_jy=run.seen.sigma_jy[:first],
        channel_hz=run.seen.channel_hz[:first],
    )
    assert _apart(image_visibilities(seen, alone), run.made.image.data) > 0.05


def test_the_image_says_its_frequency(run: Run) -> None:
    assert run.made.image.frequency_hz == 250e9
    assert Path(run.made.settings["array_cfg"]).name == SETTINGS.array_cfg
