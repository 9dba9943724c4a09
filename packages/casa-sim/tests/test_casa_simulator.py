"""`CasaSimulator` behind its contract, with a stand-in for CASA."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from casa_sim import CasaSimulator, ObservationSettings
from skytypes import Provenance, SkyImage, find
from skytypes.checks import check_simulator
from skytypes.errors import InputError, MissingPackageError

SETTINGS = ObservationSettings("alma.cycle9.7.cfg", imsize_px=64)


@pytest.mark.usefixtures("fake_casa")
def test_contract(sky: SkyImage, tmp_path: Path) -> None:
    with CasaSimulator(SETTINGS, keep=("dirty", "psf"), folder=tmp_path / "work") as simulator:
        check_simulator(simulator, sky)
        one, two = simulator.observe(sky, seed=1), simulator.observe(sky, seed=2)
    assert (one.image.data != two.image.data).any()
    assert one.dirty is not None
    assert one.psf is not None
    assert one.image.provenance is not None
    assert (one.image.provenance.seed, one.image.provenance.producer) == (1, "casa_sim.casa")
    assert dict(one.image.truth) == dict(sky.truth)
    assert one.settings["sigma_jy"] == [pytest.approx(0.01, rel=0.1)]
    assert one.settings["iterdone"] == 800
    assert not list((tmp_path / "work").glob("worker*"))
    assert not list((tmp_path / "work").glob("sky_*"))


@pytest.mark.usefixtures("fake_casa")
def test_where_the_sky_came_from_is_kept(sky: SkyImage) -> None:
    made = replace(sky, provenance=Provenance("skies", seed=9))
    with CasaSimulator(SETTINGS) as simulator:
        provenance = simulator.observe(made, seed=1).image.provenance
    assert provenance is not None
    assert provenance.configuration["sky"]["producer"] == "skies"
    assert provenance.configuration["sky"]["seed"] == 9


@pytest.mark.usefixtures("fake_casa")
def test_a_temporary_folder_is_removed(sky: SkyImage) -> None:
    simulator = CasaSimulator(SETTINGS)
    folder = simulator._folder
    simulator.observe(sky, seed=1)
    assert folder.exists()
    simulator.close()
    assert not folder.exists()


@pytest.mark.usefixtures("fake_casa")
def test_a_sky_beyond_its_image_is_refused(sky: SkyImage) -> None:
    beside = replace(sky, reference_px=(200.0, 16.0))
    with (
        CasaSimulator(SETTINGS) as simulator,
        pytest.raises(InputError, match="0 % of the sky's flux is within the image"),
    ):
        simulator.observe(beside, seed=1)


@pytest.mark.usefixtures("fake_casa")
def test_bad_options(sky: SkyImage) -> None:
    with pytest.raises(InputError, match="keep is 'fits'; allowed: dirty, psf, work"):
        CasaSimulator(SETTINGS, keep=("fits",))


def test_is_registered() -> None:
    assert find("simulators", "casa") is CasaSimulator


def test_missing_casa_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match="uv sync --extra casa"):
        CasaSimulator(SETTINGS)
