"""Skies observed on the fly: items, their bits in any order and process, and what is refused."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import casa_sim.disks_observed
from casa_sim import ObservationSettings, SetupCache
from casa_sim.disks_observed import DisksObserved
from casa_sim.labels import LABELS
from casa_sim.native.observing import observe_natively
from casa_sim.observed_skies import ObservedSkies, Stage
from casa_sim.sky_sources import find_skies
from skytypes import Sample, SkyImage, SkySource, item_rng
from skytypes.checks import check_dataset, check_sky_source
from skytypes.errors import ContractError, InputError, MissingPackageError

SETTINGS = ObservationSettings("alma.cycle9.5.cfg", time_s=60, imsize_px=96)
NAME = "casa-sim-points"


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The skies of tests/fake_skies are installed within."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "fake_skies"))
    yield
    sys.modules.pop("casa_sim_points", None)


@pytest.fixture
def points(_installed: None) -> SkySource:
    return find_skies(NAME)


def same(one: Sample, two: Sample) -> bool:
    pairs = [(one.inputs, two.inputs), (one.labels, two.labels)]
    return all(set(a) == set(b) for a, b in pairs) and all(
        np.asarray(a[k]).tobytes() == np.asarray(b[k]).tobytes() for a, b in pairs for k in a
    )


def test_source(points: SkySource) -> None:
    check_sky_source(points, items=4)


@pytest.mark.parametrize("route", ["visibilities", "image-plane"])
@pytest.mark.parametrize("stage", ["dirty", "clean"])
def test_contract(points: SkySource, stage: Any, route: Any) -> None:
    settings = replace(SETTINGS, niter=30)
    check_dataset(ObservedSkies(points, settings, stage=stage, route=route))


@pytest.mark.parametrize("route", ["visibilities", "image-plane"])
def test_same_bits_in_another_process(points: SkySource, route: Any) -> None:
    dataset = ObservedSkies(points, SETTINGS, seed=3, route=route)
    here = [dataset[i] for i in range(4)]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        last, batch = pool.submit(dataset.__getitem__, 3), pool.submit(dataset.batch, [2, 0])
        assert same(here[3], last.result())
        assert same(here[2], batch.result()[0])
        assert same(here[0], batch.result()[1])


def test_an_item_is_the_point_where_its_truth_says(points: SkySource) -> None:
    quiet = replace(SETTINGS, noise="none")
    for route in ("visibilities", "image-plane"):
        dataset = ObservedSkies(points, quiet, route=route)
        for index in range(len(dataset)):
            item = dataset[index]
            image, scale = item.inputs["image"], item.inputs["pixel_scale_arcsec"]
            row, column = np.unravel_index(image.argmax(), image.shape)
            east = (item.inputs["reference_x_px"] - column) * scale
            north = (row - item.inputs["reference_y_px"]) * scale
            assert abs(east - item.labels["dx_arcsec"]) <= 0.51 * scale
            assert abs(north - item.labels["dy_arcsec"]) <= 0.51 * scale
            assert image.max() == pytest.approx(0.02, rel=0.02)
            assert set(item.labels) == set(LABELS)


def test_the_visibility_route_is_the_native_simulator(points: SkySource) -> None:
    cache = SetupCache()
    cases: list[tuple[Stage, int]] = [("dirty", 20), ("clean", 20), ("clean", 5)]
    for stage, niter in cases:
        settings = replace(SETTINGS, stage=stage, niter=niter)
        dataset = ObservedSkies(points, settings, stage=stage, seed=5, cache=cache)
        seed = int(item_rng(5, 2, "casa_sim.observed").integers(1 << 63))
        wanted = observe_natively(points.sky(2), settings, seed=seed, cache=cache).image
        found = dataset.observe(2)
        assert found.data.tobytes() == wanted.data.tobytes()
        assert (found.beam, found.pixel_scale_arcsec) == (wanted.beam, wanted.pixel_scale_arcsec)
        assert dict(found.truth) == dict(wanted.truth)


def test_routes_differ_by_noise_only(points: SkySource) -> None:
    quiet = replace(SETTINGS, noise="none")
    loud = replace(SETTINGS, flux_error_percent=30.0, noise="none")
    for settings in (quiet, loud):
        both = [
            ObservedSkies(points, settings, route=r)[1] for r in ("visibilities", "image-plane")
        ]
        one, two = (sample.inputs["image"] for sample in both)
        assert np.abs(one - two).max() < 1e-3 * one.max()
    strong = ObservedSkies(points, loud, route="image-plane")[1].inputs["image"].max()
    assert abs(strong / 0.02 - 1) > 0.01


def test_each_sky_has_its_own_settings_and_noise(points: SkySource) -> None:
    arrays = ("alma.cycle9.4.cfg", "alma.cycle9.5.cfg", "alma.cycle9.5.cfg", "alma.cycle9.6.cfg")
    several = [replace(SETTINGS, array_cfg=a, pwv_mm=1 + i / 4) for i, a in enumerate(arrays)]
    listed = ObservedSkies(points, several, route="image-plane")
    asked = ObservedSkies(points, several.__getitem__, route="image-plane")
    assert same(listed.batch([3, 1, 0]), asked.batch([3, 1, 0]))
    assert listed.settings(3).array_cfg == "alma.cycle9.6.cfg"
    assert listed.settings(3).stage == "dirty"
    noise = [ObservedSkies(points, SETTINGS, seed=s)[0].inputs["image"] for s in (0, 1)]
    assert np.abs(noise[0] - noise[1]).max() > 1e-4


def test_a_wide_sky_takes_a_wider_plane() -> None:
    data = np.zeros((300, 300))
    data[150, 150] = data[20, 280] = 1.0

    class Wide:
        def __len__(self) -> int:
            return 1

        def sky(self, index: int) -> SkyImage:
            return SkyImage(data, 0.02, "Jy/pixel")

    quiet = replace(SETTINGS, noise="none")
    one, two = (
        ObservedSkies(Wide(), quiet, route=route, labels=()).observe(0).data
        for route in ("visibilities", "image-plane")
    )
    assert np.abs(one - two).max() < 1e-3


def test_found_by_name_and_place(tmp_path: Path) -> None:
    assert not hasattr(ObservedSkies(NAME, SETTINGS), "groups")
    named = ObservedSkies(f"{NAME}={tmp_path}/P", SETTINGS)
    assert list(named.groups) == ["P0", "P1", "P2", "P3"]


def test_disks_of_a_catalogue(
    make_catalogue: Any, points: SkySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_catalogue({}, {"band": "8"}, {"array_lo": ""}, {"pwv": "2.0"}, models=False)
    asked: list[str] = []

    def found(text: str) -> SkySource:
        asked.append(text)
        return points

    monkeypatch.setattr(casa_sim.disks_observed, "find_skies", found)
    dataset = DisksObserved(path, imsize_px=96)
    assert asked == [f"disks={path}"]
    assert dataset.groups == ("Disk_001", "Disk_002", "Disk_003", "Disk_004")
    assert dataset.settings(1).band == 8
    assert dataset.settings(3).pwv_mm == 2.0
    check_dataset(dataset)
    assert DisksObserved(path).settings(0).image_size_px == 1024
    path.write_text(path.read_text().replace("Disk_004", "Disk_001"))
    with pytest.raises(InputError, match="line 5: ID Disk_001 was given in line 2"):
        DisksObserved(path)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"stage": "visibilities"}, "stage is 'visibilities'; allowed: dirty, clean"),
        ({"route": "uv"}, "route is 'uv'; allowed: visibilities, image-plane"),
        ({"seed": -1}, "seed is -1"),
        ({"settings": [SETTINGS]}, "1 settings for 4 skies; give one for each"),
        ({"settings": ["band 6"] * 4}, "settings are a str; give ObservationSettings"),
        ({"source": [1, 2]}, "source is a list; give an object with .* sky"),
        (
            {"settings": replace(SETTINGS, phase_rms_deg=5.0), "route": "image-plane"},
            "phase_rms_deg is 5; the image-plane route has no antennas",
        ),
    ],
)
def test_refused(points: SkySource, options: dict[str, Any], match: str) -> None:
    given = {"source": points, "settings": SETTINGS, **options}
    with pytest.raises(InputError, match=match):
        ObservedSkies(given.pop("source"), given.pop("settings"), **given)


def test_items_refused(points: SkySource) -> None:
    dataset = ObservedSkies(points, lambda index: None, labels=["rout_arcsec"])  # type: ignore[arg-type, return-value]
    with pytest.raises(InputError, match="settings are a NoneType"):
        dataset[0]
    for index in (-1, 4):
        with pytest.raises(IndexError, match=f"item {index} of 4"):
            dataset[index]
    with pytest.raises(InputError, match="'Point_0': its rout_arcsec is not known"):
        ObservedSkies(points, SETTINGS, labels=["rout_arcsec"])[0]
    with pytest.raises(InputError, match="'Point_0': its kind is not known"):
        ObservedSkies(points, SETTINGS, labels=["kind"])[0]
    sizes = [replace(SETTINGS, imsize_px=64 + 2 * i) for i in range(4)]
    with pytest.raises(ContractError, match="'image' has shapes"):
        ObservedSkies(points, sizes).batch([0, 1])


@pytest.mark.parametrize("route", ["visibilities", "image-plane"])
def test_a_sky_beyond_its_image_is_refused(points: SkySource, route: Any) -> None:
    """Sky 2 lies 0.12 arcsec north of the middle."""
    small = ObservationSettings("alma.cycle9.8.cfg", time_s=60, imsize_px=64, cell_mas=3.0)
    dataset = ObservedSkies(points, small, route=route)
    assert dataset.observe(0).data.shape == (64, 64)
    message = r"^sky 2 \(Point_2\): 0 % of the sky's flux is within the image of 0.192 arcsec"
    with pytest.raises(InputError, match=message):
        dataset[2]


class Wide:
    """Skies of 2 arcsec, brightest at the edge."""

    def __len__(self) -> int:
        return 1

    def sky(self, index: int) -> SkyImage:
        y, x = np.indices((200, 200)) - 100
        truth = dict.fromkeys(LABELS, 0.0)
        return SkyImage(np.hypot(x, y), 0.01, "Jy/pixel", name="Disk_001", truth=truth)


def test_small_images_of_disks_may_cut_them_but_not_lose_them(
    make_catalogue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(casa_sim.disks_observed, "find_skies", lambda text: Wide())
    path = make_catalogue({"array_lo": ""}, models=False)
    assert DisksObserved(path, imsize_px=96)[0].inputs["image"].shape == (96, 96)
    with monkeypatch.context() as small:
        small.setattr("casa_sim.imaging_rules.IMSIZE_PX", (96, 96))
        with pytest.raises(InputError, match=r"^sky 0 \(Disk_001\): 6 % of the sky's flux is"):
            DisksObserved(path)[0]
    path = make_catalogue({"array_lo": "", "dy_arcsec": "-0.4"}, models=False)
    with pytest.raises(InputError, match=r"Disk_001: its centre, 0.01 arcsec east and -0.4 north"):
        DisksObserved(path, imsize_px=96)
    assert len(DisksObserved(path, imsize_px=128)) == 1


def test_a_sky_that_cant_be_observed_is_named() -> None:
    class Empty:
        def __len__(self) -> int:
            return 1

        def sky(self, index: int) -> SkyImage:
            return SkyImage(np.zeros((16, 16)), 0.01, "Jy/pixel", name="Nothing")

    for route in ("visibilities", "image-plane"):
        with pytest.raises(InputError, match=r"^sky 0 \(Nothing\): the sky is empty"):
            ObservedSkies(Empty(), SETTINGS, route=route)[0]


def test_names_refused() -> None:
    with pytest.raises(MissingPackageError, match="no sky source 'nonesuch' is installed"):
        ObservedSkies("nonesuch", SETTINGS)
    with pytest.raises(MissingPackageError, match="no sky source ''"):
        ObservedSkies("", SETTINGS)
