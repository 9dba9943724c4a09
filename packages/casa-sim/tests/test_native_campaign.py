"""A catalogue into a folder, with the native backend."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from casa_sim import DiskResult, SimulatedDisks, simulate_catalogue
from casa_sim.cli import main
from casa_sim.native.cache import VARIABLE
from casa_sim.native.campaign import shared_cache
from casa_sim.products import product_name
from skyrun.fits import read_image, write_image
from skyrun.folder import locked_folder
from skytypes import SkyImage
from skytypes.errors import InputError

MakeCatalogue = Callable[..., Path]
QUICK = {"time_s": "60", "array_cfg": "alma.cycle9.5.cfg", "array_lo": "", "niter": "50"}


@pytest.fixture(autouse=True)
def _small_and_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Small images, and a cache of the test's own."""
    monkeypatch.setattr("casa_sim.imaging_rules.IMSIZE_PX", (128, 128))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    shared_cache.cache_clear()
    yield
    shared_cache.cache_clear()


def _simulate(catalogue: Path, **options: Any) -> list[DiskResult]:
    models, out = catalogue.parent / "models", catalogue.parent / "out"
    return list(simulate_catalogue(catalogue, models, out, quiet=True, **options))


def test_disks_are_made_in_order_and_then_kept(make_catalogue: MakeCatalogue) -> None:
    two = {"array_lo": "alma.cycle9.4.cfg", "rout_arcsec": "1.2"}
    path = make_catalogue(QUICK, {**QUICK, **two}, {**QUICK, "seed": "8"})
    made = _simulate(path)
    assert [(r.name, r.status) for r in made] == [(f"Disk_00{n}", "made") for n in (1, 2, 3)]
    assert read_image(made[0].file).truth["incl_deg"] == 45.0
    assert Path(made[0].file).read_bytes() != Path(made[2].file).read_bytes()
    stamps = [Path(r.file).stat().st_mtime_ns for r in made]
    again = _simulate(path)
    assert [r.status for r in again] == ["kept"] * 3
    assert [Path(r.file).stat().st_mtime_ns for r in again] == stamps
    assert len(SimulatedDisks(path.parent / "out")) == 3


def test_other_labels_make_it_again(make_catalogue: MakeCatalogue, sky: SkyImage) -> None:
    """Of a sky without truth the catalogue's goes into the image: it must not stay there."""

    def made(**change: str) -> tuple[str, object]:
        path = make_catalogue({**QUICK, **change})
        bare = SkyImage(sky.data, sky.pixel_scale_arcsec, "Jy/pixel")
        write_image(path.parent / "models" / "Disk_001.fits", bare)
        (result,) = _simulate(path)
        return result.status, read_image(result.file).truth["incl_deg"]

    assert [made(incl_deg=incl) for incl in ("30", "60", "60")] == [
        ("made", 30.0),
        ("made", 60.0),
        ("kept", 60.0),
    ]


def test_what_was_finished_by_other_rules_is_made_again(
    make_catalogue: MakeCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_catalogue(QUICK)
    with monkeypatch.context() as earlier:
        earlier.setattr("casa_sim.provenance._FORMAT", 1)
        assert [r.status for r in _simulate(path)] == ["made"]
    assert [r.status for r in _simulate(path)] == ["made"]
    assert [r.status for r in _simulate(path)] == ["kept"]


@pytest.mark.parametrize(
    ("said", "stored", "agree"),
    [("180", 0.0, True), ("0", 180.0, True), ("30", -150.0, True), ("10", 170.0, False)],
)
def test_position_angles_half_a_turn_apart_are_one(
    make_catalogue: MakeCatalogue, sky: SkyImage, said: str, stored: float, agree: bool
) -> None:
    """skymodels writes the angle 0 for a row of 180."""
    path = make_catalogue({**QUICK, "pa_deg": said})
    turned = SkyImage(
        sky.data, sky.pixel_scale_arcsec, "Jy/pixel", truth={**sky.truth, "pa_deg": stored}
    )
    write_image(path.parent / "models" / "Disk_001.fits", turned)
    (result,) = _simulate(path)
    assert result.status == ("made" if agree else "failed")
    assert ("its pa_deg is 170.0 but the catalogue says 10" in result.reason) == (not agree)


def test_workers_and_a_warm_cache_change_nothing(
    make_catalogue: MakeCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_catalogue(QUICK, {**QUICK, "seed": "8"})
    one = [Path(r.file).read_bytes() for r in _simulate(path, keep=("psf",))]
    (path.parent / "out").rename(path.parent / "first")
    # A spawned process does not see the small image of this test, unless it is asked for.
    two = _simulate(path, workers=2, keep=("psf",), imsize_px=128)
    (path.parent / "out").rename(path.parent / "second")
    monkeypatch.setenv(VARIABLE, "off")
    shared_cache.cache_clear()
    _simulate(path, keep=("psf",))
    names = [(r.name, product_name(r.name, 6, "simulated")) for r in two]
    pictures = [
        [read_image(path.parent / folder / name / file).data.tobytes() for name, file in names]
        for folder in ("first", "second", "out")
    ]
    assert pictures[0] == pictures[1] == pictures[2]
    assert one[0] == (path.parent / "out" / names[0][0] / names[0][1]).read_bytes()


def test_one_bad_disk_stops_no_other(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue(QUICK, {**QUICK, "pwv": "19", "band": "8"}, QUICK)
    (path.parent / "models" / "Disk_003.fits").write_bytes(b"SIMPLE  =")
    made = _simulate(path)
    assert [r.status for r in made] == ["made", "failed", "failed"]
    assert "\n" not in made[1].reason
    assert "\n" not in made[2].reason
    assert made[2].reason


def test_stage_visibilities(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue(QUICK)
    (made,) = _simulate(path, stage="visibilities")
    assert made.file.endswith("Disk_001_B6_visibilities.fits")
    (again,) = _simulate(path, stage="visibilities")
    assert again.status == "kept"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 0}, "workers is 0; give 1 or more"),
        ({"keep": ("ms",)}, "keep is 'ms'; allowed"),
        ({"backend": "miriad"}, "backend is 'miriad'; allowed: native, casa"),
        ({"backend": "casa", "dask": "tcp://nowhere:1"}, "--dask is for the native backend"),
        ({"only": ("Disk_009",)}, "no disk 'Disk_009'"),
    ],
)
def test_bad_options(make_catalogue: MakeCatalogue, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        _simulate(make_catalogue(QUICK), **options)


# The command, killed by nobody's clock: it kills itself when the third image is written and not
# yet marked as finished.
KILLED = """
import os
import signal

from casa_sim.cli import main
from skyrun.folder import ResumableFolder

finish, finished = ResumableFolder.finish, []


def finish_or_die(*args):
    finished.append(None)
    if len(finished) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    finish(*args)


ResumableFolder.finish = finish_or_die
main()
"""


def test_killed_and_run_again_is_the_same(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue(*({**QUICK, "seed": str(n)} for n in range(5)))
    models, out = path.parent / "models", path.parent / "out"
    command = [sys.executable, "-c", KILLED, "catalogue", str(path), "--imsize", "128"]
    command += ["--models", str(models), "-o", str(out)]
    died = subprocess.run(command, capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL
    assert sorted(p.parent.name for p in out.glob("*/*.fits")) == [f"Disk_00{n}" for n in (1, 2, 3)]
    again = _simulate(path, imsize_px=128)
    assert [r.status for r in again] == ["kept", "kept", "made", "made", "made"]
    resumed = {r.name: Path(r.file).read_bytes() for r in again}
    out.rename(path.parent / "killed")
    whole = {r.name: Path(r.file).read_bytes() for r in _simulate(path, imsize_px=128)}
    assert resumed == whole


@pytest.mark.parametrize("backend", ["native", "casa"])
@pytest.mark.usefixtures("fake_casa")
def test_a_folder_in_use_is_refused_and_left_alone(
    make_catalogue: MakeCatalogue, backend: str
) -> None:
    path = make_catalogue(QUICK)
    out = path.parent / "out"
    with (
        locked_folder(out),
        pytest.raises(InputError, match="out: another run is using it; wait for it, or give"),
    ):
        _simulate(path, backend=backend)
    assert not out.exists()
    assert [r.status for r in _simulate(path)] == ["made"]


def test_where_no_scheduler_answers_nothing_is_left(
    make_catalogue: MakeCatalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("distributed")
    path = make_catalogue(QUICK)
    out = path.parent / "out"
    command = ["catalogue", str(path), "--models", str(path.parent / "models"), "-o", str(out)]
    assert main([*command, "--dask", "tcp://127.0.0.1:9"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("casa-sim: error: no dask scheduler answers at")
    assert err.count("\n") == 1
    assert not out.exists()
