"""A catalogue into a folder, with a stand-in for CASA."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from casa_sim import DiskResult, SimulatedDisks, simulate_catalogue
from casa_sim.campaign import BACKENDS
from casa_sim.products import product_name
from casa_sim.visibility_table import read_visibilities
from skyrun.fits import read_image, write_image
from skytypes import SkyImage
from skytypes.errors import InputError, MissingPackageError

pytestmark = pytest.mark.usefixtures("fake_casa")
MakeCatalogue = Callable[..., Path]


@pytest.fixture(autouse=True)
def _small_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size of the image is not what is tested here."""
    monkeypatch.setattr("casa_sim.imaging_rules.IMSIZE_PX", (64, 64))


def _simulate(catalogue: Path, **options: Any) -> list[DiskResult]:
    models, out = catalogue.parent / "models", catalogue.parent / "out"
    return list(simulate_catalogue(catalogue, models, out, backend="casa", quiet=True, **options))


def _product(catalogue: Path, name: str, stage: str = "simulated") -> Path:
    return catalogue.parent / "out" / name / product_name(name, 6, stage)


def test_disks_are_made_in_order_and_then_kept(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue({}, {"rout_arcsec": "1.2"}, {})
    made = _simulate(path, workers=2)
    assert [(r.name, r.status) for r in made] == [(f"Disk_00{n}", "made") for n in (1, 2, 3)]
    assert [Path(r.file) for r in made] == [_product(path, r.name) for r in made]
    stamps = [Path(r.file).stat().st_mtime_ns for r in made]
    again = _simulate(path, workers=1)
    assert [r.status for r in again] == ["kept"] * 3
    assert [Path(r.file).stat().st_mtime_ns for r in again] == stamps
    assert sorted(p.name for p in (path.parent / "out").iterdir()) == [
        ".lock",
        *(r.name for r in made),
    ]
    assert (
        "observing with alma.cycle9.5.cfg"
        in (_product(path, "Disk_002").parent / "casa.log").read_text()
    )


def test_the_number_of_workers_changes_nothing(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue({}, {})
    one = [Path(r.file).read_bytes() for r in _simulate(path, workers=2)]
    (path.parent / "out").rename(path.parent / "first")
    assert [Path(r.file).read_bytes() for r in _simulate(path, workers=1)] == one


def test_truth_travels_with_the_image(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue({})
    (result,) = _simulate(path)
    image = read_image(result.file)
    assert image.truth["incl_deg"] == 45.0
    assert image.truth["rc"] == 0.2
    assert image.provenance is not None
    assert image.provenance.configuration["settings"]["array_cfg"] == "alma.cycle9.7.cfg"


def test_labels_of_the_catalogue_fill_in(make_catalogue: MakeCatalogue, sky: SkyImage) -> None:
    path = make_catalogue({})
    bare = SkyImage(sky.data, sky.pixel_scale_arcsec, "Jy/pixel")
    write_image(path.parent / "models" / "Disk_001.fits", bare)
    (result,) = _simulate(path)
    truth = read_image(result.file).truth
    assert truth == {"incl_deg": 45.0, "pa_deg": 30.0, "dx_arcsec": 0.01, "dy_arcsec": -0.02}


def test_one_bad_disk_stops_no_other(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue({}, {"pwv": "11"}, {"pwv": "12"}, {"pwv": "15"}, {}, {})
    (path.parent / "models" / "Disk_005.fits").write_bytes(b"SIMPLE")
    made = _simulate(path, workers=1)
    assert [r.status for r in made] == ["made", *["failed"] * 4, "made"]
    reasons = [r.reason for r in made[1:5]]
    assert "simobserve: No overlap between model and pointings" in reasons[0]
    assert "Disk_002/casa.log" in reasons[0]
    assert "died (SIGKILL)" in reasons[1]
    assert "exportfits: " in reasons[2]
    assert "Disk_005.fits: does not begin as a FITS" in reasons[3]
    assert all("\n" not in reason for reason in reasons)
    assert not list((path.parent / "out").glob("Disk_00[2-5]/*.fits"))
    assert not list((path.parent / "out").glob(".work*"))


def test_a_sky_that_is_refused_leaves_nothing(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue({"band": "8"}, {})
    made = _simulate(path)
    assert "the sky is at 230 GHz but band 8" in made[0].reason
    assert sorted(p.name for p in (path.parent / "out").iterdir()) == [".lock", "Disk_002"]


def test_a_disk_that_hangs_is_given_up(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue({"pwv": "13"})
    (result,) = _simulate(path, timeout_s=0.5)
    assert result.status == "failed"
    assert "no answer in 0.5 s; ended (see" in result.reason
    assert not list((path.parent / "out").glob(".work*"))


def test_a_failed_disk_is_tried_again(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue({"pwv": "11"}, {})
    assert [r.status for r in _simulate(path)] == ["failed", "made"]
    assert [r.status for r in _simulate(make_catalogue({}, {}))] == ["made", "kept"]


@pytest.mark.parametrize("damage", ["cut", "removed", "unmarked"])
def test_a_half_made_disk_is_made_again(make_catalogue: MakeCatalogue, damage: str) -> None:
    path = make_catalogue({}, {})
    first = _simulate(path)
    image = Path(first[0].file)
    whole = image.read_bytes()
    if damage == "cut":
        image.write_bytes(whole[:3000])
    elif damage == "removed":
        image.unlink()
    else:
        for mark in (image.parent / ".done").iterdir():
            mark.unlink()
    assert [r.status for r in _simulate(path)] == ["made", "kept"]
    assert image.read_bytes() == whole


@pytest.mark.parametrize("change", [{"pwv": "2.0"}, {"seed": "99"}, {"band": "8"}])
def test_other_settings_make_it_again(
    make_catalogue: MakeCatalogue, sky: SkyImage, change: dict[str, str]
) -> None:
    _simulate(make_catalogue({}))
    path = make_catalogue(change)
    bare = SkyImage(sky.data, sky.pixel_scale_arcsec, "Jy/pixel")
    write_image(path.parent / "models" / "Disk_001.fits", bare)
    (result,) = _simulate(path)
    assert result.status == "made"
    # Nothing of the earlier settings stays beside it.
    assert list(Path(result.file).parent.glob("*.fits")) == [Path(result.file)]


def test_another_sky_makes_it_again(make_catalogue: MakeCatalogue, sky: SkyImage) -> None:
    path = make_catalogue({})
    _simulate(path)
    other = SkyImage(2 * sky.data, sky.pixel_scale_arcsec, "Jy/pixel", truth=sky.truth)
    write_image(path.parent / "models" / "Disk_001.fits", other)
    assert [r.status for r in _simulate(path)] == ["made"]


def test_other_labels_make_it_again(make_catalogue: MakeCatalogue, sky: SkyImage) -> None:
    """Of a sky without truth the catalogue's goes into the image: it must not stay there."""

    def made(**change: str) -> tuple[str, object]:
        path = make_catalogue(change)
        bare = SkyImage(sky.data, sky.pixel_scale_arcsec, "Jy/pixel")
        write_image(path.parent / "models" / "Disk_001.fits", bare)
        (result,) = _simulate(path)
        return result.status, read_image(result.file).truth["incl_deg"]

    assert [made(incl_deg=incl) for incl in ("30", "60", "60")] == [
        ("made", 30.0),
        ("made", 60.0),
        ("kept", 60.0),
    ]


def test_keep_writes_more_and_asking_for_less_keeps_it(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue({})
    _simulate(path)
    (result,) = _simulate(path, keep=("dirty", "psf", "work"))
    assert result.status == "made"
    folder = Path(result.file).parent
    assert sorted(p.name for p in folder.glob("*.fits")) == [
        "Disk_001_B6_dirty.fits",
        "Disk_001_B6_psf.fits",
        "Disk_001_B6_simulated.fits",
    ]
    assert (folder / "work" / "sim" / "sim.alma.cycle9.7.noisy.ms").is_dir()
    assert read_image(_product(path, "Disk_001", "dirty")).beam is not None
    assert [r.status for r in _simulate(path)] == ["kept"]


def test_only_some(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue({}, {}, {})
    assert [r.name for r in _simulate(path, only=("Disk_002",))] == ["Disk_002"]
    with pytest.raises(InputError, match="no disk 'Disk_9'"):
        _simulate(path, only=("Disk_9",))


def test_models_of_another_catalogue_are_refused(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue({"incl_deg": "60.0"})
    (result,) = _simulate(path)
    assert result.status == "failed"
    assert "its incl_deg is 45.0 but the catalogue says 60" in result.reason


def test_stopping_early_leaves_no_process_and_no_work(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue(*[{}] * 4)
    out = path.parent / "out"
    models = path.parent / "models"
    results = simulate_catalogue(path, models, out, backend="casa", workers=2, quiet=True)
    assert next(results).status == "made"
    results.close()  # type: ignore[attr-defined]
    assert not list(out.glob(".work*"))
    again = _simulate(path)
    assert again[0].status == "kept"
    assert {r.status for r in again} <= {"made", "kept"}
    assert len(SimulatedDisks(out)) == 4


def test_work_of_a_killed_run_is_cleared(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue({})
    out = path.parent / "out"
    dead = out / ".work-999999999"
    mine = out / f".work-{os.getppid()}"
    for folder in (dead, mine):
        (folder / "worker_0").mkdir(parents=True)
    _simulate(path)
    assert not dead.exists()
    assert mine.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 0}, "workers is 0; give 1 or more"),
        ({"keep": ("ms",)}, "keep is 'ms'; allowed"),
        ({"timeout_s": 0.0}, "timeout is 0 s"),
    ],
)
def test_bad_options(make_catalogue: MakeCatalogue, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        _simulate(make_catalogue({}), **options)


def test_folders_that_are_none(make_catalogue: MakeCatalogue, tmp_path: Path) -> None:
    path = make_catalogue({})
    with pytest.raises(InputError, match="no such folder; give the folder of the sky models"):
        simulate_catalogue(path, tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(InputError, match="is a file; give a folder"):
        simulate_catalogue(path, tmp_path / "models", path)


def test_missing_casa(make_catalogue: MakeCatalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_catalogue({})
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match="uv sync --extra casa"):
        _simulate(path)
    assert not (path.parent / "out").exists()


def test_channels_of_casa_come_one_after_the_other(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue({"time_s": "60"})
    tuned = {"channels": 4, "bandwidth_ghz": 8.0}
    (result,) = _simulate(path, stage="visibilities", **tuned)
    seen = read_visibilities(result.file)
    assert seen.channel_hz is not None
    assert seen.channel_hz[::500].tolist() == [227e9, 229e9, 231e9, 233e9]
    assert np.array_equal(seen.uvw_m[:500], seen.uvw_m[500:1000])
    # Stokes I of two polarisations of 0.01 Jy each.
    assert seen.sigma_jy[::500] == pytest.approx([0.01 / 2**0.5] * 4, rel=0.1)
    (image,) = _simulate(path, **tuned)
    header = fits.getheader(image.file)
    assert (header["NCHAN"], header["BANDWID"]) == (4, 8.0)


@pytest.mark.parametrize("noise", ["thermal", "none"])
@pytest.mark.parametrize("channels", [1, 2])
def test_both_backends_write_the_same_cards(
    make_catalogue: MakeCatalogue, noise: str, channels: int
) -> None:
    path = make_catalogue({"time_s": "60", "array_cfg": "alma.cycle9.5.cfg", "niter": "5"})
    headers = {}
    for backend in BACKENDS:
        models, out = path.parent / "models", path.parent / backend
        (result,) = simulate_catalogue(
            path, models, out, backend=backend, quiet=True, noise=noise, channels=channels
        )
        headers[backend] = fits.getheader(result.file)
    assert set(headers["casa"]) == set(headers["native"])
    sigmas = [header["SIGMA1"] for header in headers.values()]
    assert [sigma == 0 for sigma in sigmas] == [noise == "none"] * 2
