"""What CASA is asked for, against what it was given in the reference cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from casa_sim.casa.calls import (
    casa_seed,
    measurement_set,
    observing_calls,
    simobserve_arguments,
    tclean_arguments,
)
from casa_sim.casa.observing import sky_channels
from casa_sim.settings import ObservationSettings
from skytypes import SkyImage


@pytest.mark.shared_data
def test_tclean_gets_exactly_the_reference_arguments(reference: dict[str, Any]) -> None:
    params = reference["params"]
    settings = ObservationSettings(
        params["array_cfg"], band=params["band"], niter=min(params["niter"], 800)
    )
    assert tclean_arguments(settings) == reference["tclean"]


@pytest.mark.shared_data
def test_simobserve_gets_the_reference_sky_and_weather(reference: dict[str, Any]) -> None:
    params = reference["params"]
    settings = ObservationSettings(
        params["array_cfg"],
        band=params["band"],
        pwv_mm=params["pwv_mm"],
        time_s=params["total_time_s"],
    )
    sky = SkyImage(np.ones((1024, 1024)), reference["pixel_scale_arcsec"], "Jy/pixel")
    asked = dict(observing_calls(settings, sky, seed=1))["simobserve"]
    assert float(asked["incell"].removesuffix("arcsec")) == reference["pixel_scale_arcsec"]
    assert asked["incenter"] == f"{reference['freq_hz'] / 1e9:g}GHz"
    assert asked["inwidth"] == "7.5GHz"
    assert asked["indirection"] == asked["direction"] == "J2000 16h40m00.00000s -30d00m00.00000s"
    assert (asked["totaltime"], asked["integration"]) == (f"{params['total_time_s']}s", "10s")
    assert (asked["thermalnoise"], asked["user_pwv"]) == ("tsys-atm", params["pwv_mm"])
    assert (asked["hourangle"], asked["graphics"]) == ("transit", "none")


@pytest.mark.parametrize("pixel_arcsec", [0.01, 1.0, 10.0])
def test_a_sky_of_any_width_is_seen_by_one_pointing(pixel_arcsec: float) -> None:
    """Without a map's size simobserve covers the model with pointings, a primary beam apart."""
    settings = ObservationSettings("alma.cycle9.1.cfg", band=9)
    sky = SkyImage(np.ones((64, 64)), pixel_arcsec, "Jy/pixel")
    asked = simobserve_arguments(settings, sky, settings.array_cfg, seed=1)
    assert asked["mapsize"] == ["1arcsec", "1arcsec"]
    assert asked["direction"] == "J2000 16h40m00.00000s -30d00m00.00000s"


def test_both_noisy_sets_of_a_two_array_disk_are_imaged_by_name(sky: SkyImage) -> None:
    settings = ObservationSettings("alma.cycle9.7.cfg", array_lo="alma.cycle9.5.cfg")
    calls = observing_calls(settings, sky, seed=1)
    observed = [a for name, a in calls if name == "simobserve"]
    assert [a["antennalist"] for a in observed] == list(settings.arrays)
    assert observed[0]["seed"] != observed[1]["seed"]
    cleaned = [a for name, a in calls if name == "tclean"]
    assert [a["vis"] for a in cleaned] == [
        ["sim/sim.alma.cycle9.7.noisy.ms", "sim/sim.alma.cycle9.5.noisy.ms"]
    ]


def test_the_dirty_image_is_a_stop_on_the_way(sky: SkyImage) -> None:
    settings = ObservationSettings("alma.cycle9.7.cfg", niter=300)
    calls = observing_calls(settings, sky, seed=1, keep=("dirty", "psf"))
    first, second = (a for name, a in calls if name == "tclean")
    assert (first["niter"], second["niter"]) == (0, 300)
    assert (second["calcres"], second["calcpsf"]) == (False, False)
    exported = [(a["imagename"], a["fitsimage"]) for name, a in calls if name == "exportfits"]
    assert exported == [
        ("disk.image", "dirty.fits"),
        ("disk.image", "image.fits"),
        ("disk.psf", "psf.fits"),
    ]


def test_casa_seeds_fit_31_bits_and_differ() -> None:
    seeds = {casa_seed(seed, number) for seed in (0, 1, 2**63) for number in (0, 1)}
    assert len(seeds) == 6
    assert all(0 < s < 2**31 for s in seeds)


def test_a_list_of_one_s_own_is_given_to_casa_by_its_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.cfg").write_text("# coordsys=LOC\n0 0 0 12.\n100 0 0 12.\n0 300 0 12.\n")
    settings = ObservationSettings("mine.cfg", time_s=60)
    sky = SkyImage(np.ones((8, 8)), 0.01, "Jy/pixel")
    arguments = simobserve_arguments(settings, sky, "mine.cfg", seed=1)
    assert arguments["antennalist"] == str(tmp_path / "mine.cfg")
    assert measurement_set("mine.cfg") == "sim/sim.mine.noisy.ms"


def test_casa_is_told_all_digits_that_the_native_backend_computes_with(sky: SkyImage) -> None:
    """A sixth digit is too few: the cell must come back to a millionth."""
    settings = ObservationSettings(
        "alma.cycle9.7.cfg", cell_mas=100 / 46.1, taper_arcsec=1 / 30, hour_angle_h=-1 / 7
    )
    cleaned = tclean_arguments(settings)
    assert cleaned["cell"] == "2.16919739696mas"
    assert cleaned["uvtaper"] == ["0.0333333333333arcsec"]
    asked = simobserve_arguments(settings, sky, settings.array_cfg, seed=1)
    assert asked["hourangle"] == "-0.142857142857h"


@pytest.mark.parametrize(
    ("channels", "incenter", "inwidth"),
    [(1, "250GHz", "8GHz"), (3, "250GHz", "2.66666666667GHz"), (4, "251GHz", "2GHz")],
)
def test_casa_is_told_the_frequency_of_its_own_middle_channel(
    sky: SkyImage, channels: int, incenter: str, inwidth: str
) -> None:
    settings = ObservationSettings(
        "alma.cycle9.7.cfg", frequency_ghz=250.0, bandwidth_ghz=8.0, channels=channels
    )
    asked = simobserve_arguments(settings, sky, settings.array_cfg, seed=1)
    assert (asked["incenter"], asked["inwidth"]) == (incenter, inwidth)


def test_casa_gets_a_plane_for_each_channel(sky: SkyImage) -> None:
    flat = ObservationSettings("alma.cycle9.7.cfg")
    assert sky_channels(sky, flat) is sky.data
    steep = ObservationSettings("alma.cycle9.7.cfg", channels=3, spectral_index=2.0)
    cube = sky_channels(sky, steep)
    assert cube.shape == (3, *sky.data.shape)
    assert np.allclose(cube[2], sky.data * (232.5 / 230) ** 2)
    tuned = ObservationSettings("alma.cycle9.7.cfg", frequency_ghz=253.0, spectral_index=2.0)
    assert np.allclose(sky_channels(sky, tuned), sky.data * 1.21)
