"""The command line: the native backend, and CASA with a stand-in."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from casa_sim.cli import main
from casa_sim.visibility_table import read_visibilities
from skyrun.fits import read_image, write_image
from skytypes import SkyImage

MakeCatalogue = Callable[..., Path]
WAIT_S = 600.0
"""Until something that must happen is given up, however slow the machine."""


@pytest.fixture
def sky_file(tmp_path: Path, sky: SkyImage) -> Path:
    write_image(tmp_path / "my sky.fits", sky)
    return tmp_path / "my sky.fits"


@pytest.mark.usefixtures("fake_casa")
def test_observe(sky_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = sky_file.parent / "out"
    options = ["--array", "alma.cycle9.7.cfg", "--band", "6", "--pwv", "1.0", "--time", "1200"]
    options += ["--imsize", "64", "--json", "--backend", "casa"]
    assert main(["observe", str(sky_file), "-o", str(out), "--keep", "dirty,psf", *options]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["status"] == "made"
    assert Path(told["file"]) == out / "my_sky" / "my_sky_B6_simulated.fits"
    assert read_image(told["file"]).unit == "Jy/beam"
    assert sorted(p.name for p in out.iterdir()) == ["my_sky"]
    assert sorted(p.name for p in (out / "my_sky").glob("[!.]*")) == [
        "casa.log",
        "my_sky_B6_dirty.fits",
        "my_sky_B6_psf.fits",
        "my_sky_B6_simulated.fits",
    ]


def test_a_frequency_and_channels_of_one_s_own(
    sky_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = sky_file.parent / "out"
    options = ["--frequency-ghz", "250", "--bandwidth-ghz", "4", "--channels", "2"]
    options += ["--array", "alma.cycle9.5.cfg", "--imsize", "128", "--time", "60", "--json"]
    assert main(["observe", str(sky_file), "-o", str(out), *options]) == 0
    image = read_image(json.loads(capsys.readouterr().out)["file"])
    assert image.frequency_hz == 250e9
    assert image.provenance is not None
    told = image.provenance.configuration["settings"]
    assert (told["bandwidth_ghz"], told["channels"]) == (4.0, 2)


@pytest.mark.usefixtures("fake_casa")
def test_observe_tells_casas_reason(sky_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = sky_file.parent / "out"
    options = ["--pwv", "11", "--imsize", "64", "--backend", "casa"]
    assert main(["observe", str(sky_file), "-o", str(out), *options]) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("casa-sim: error: CASA: simobserve: No overlap between model")
    assert len(error.splitlines()) == 1
    assert not list(out.glob("*/*.fits"))


@pytest.mark.usefixtures("fake_casa")
@pytest.mark.parametrize("backend", ["native", "casa"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--array", "vla.cfg"], "array is 'vla.cfg'; allowed: alma.cycle9.1.cfg"),
        (["--array-lo", "alma.cycle9.8.cfg"], "array_lo is 'alma.cycle9.8.cfg', with baselines to"),
        (["--array-lo", "alma.cycle9.7.cfg"], "than 'alma.cycle9.7.cfg', with baselines to 3638"),
        (["--band", "2"], "band is 2; allowed: 3, 4, 5, 6, 7, 8, 9"),
        (["--band", "8"], "the sky is at 230 GHz but band 8"),
        (["--pwv", "0"], "pwv_mm is 0; allowed"),
        (["--time", "7"], "time_s is 7; allowed"),
        (["--keep", "ms"], "keep is 'ms'; allowed: dirty, psf, work"),
        (["--noise", "loud"], "loud"),
        (["--stage", "soup"], "soup"),
        (["--robust", "3"], "robust is 3; allowed: -2 to 2"),
        (["--hour-angle", "6"], "at hour angle 6 h; it must stay above 15 deg"),
        (["--taper-arcsec", "-1"], "taper_arcsec is -1"),
        (["--cell-mas", "200"], "cell_mas is 200; allowed: 0.1 to 25 mas (half the beam)"),
        (["--imsize", "333"], "imsize_px is 333; give an even number"),
        (["--pwv", "wet"], "wet"),
        (["--frequency-ghz", "300"], "band 6 is 211 to 275 GHz, so give 214.75 to 271.25"),
        (["--bandwidth-ghz", "-1"], "bandwidth_ghz is -1; allowed: 1e-05 to 64 GHz (band 6)"),
        (["--channels", "0"], "channels is 0; allowed: 1 to 1024"),
    ],
)
def test_bad_options(
    sky_file: Path,
    capsys: pytest.CaptureFixture[str],
    backend: str,
    options: list[str],
    message: str,
) -> None:
    out = sky_file.parent / "out"
    assert main(["observe", str(sky_file), "-o", str(out), "--backend", backend, *options]) == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert len(error.splitlines()) == 1
    assert not out.exists()


@pytest.mark.usefixtures("fake_casa")
def test_bad_skies(tmp_path: Path, sky: SkyImage, capsys: pytest.CaptureFixture[str]) -> None:
    write_image(tmp_path / "empty.fits", replace(sky, data=np.zeros((32, 32))))
    write_image(tmp_path / "kelvin.fits", replace(sky, unit="K"))
    for name, message in (("empty", "is empty"), ("kelvin", "is in K"), ("none", "no such file")):
        assert main(["observe", str(tmp_path / f"{name}.fits"), "-o", str(tmp_path / "out")]) == 2
        assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("fake_casa")
def test_catalogue(make_catalogue: MakeCatalogue, capsys: pytest.CaptureFixture[str]) -> None:
    path = make_catalogue({}, {"pwv": "11"})
    command = ["catalogue", str(path), "--models", str(path.parent / "models"), "--json"]
    command += ["-o", str(path.parent / "out"), "--workers", "2", "--backend", "casa"]
    assert main(command) == 1
    captured = capsys.readouterr()
    rows = [json.loads(line) for line in captured.out.splitlines()]
    assert [(r["ID"], r["status"]) for r in rows] == [("Disk_001", "made"), ("Disk_002", "failed")]
    assert "No overlap" in rows[1]["reason"]
    assert "CASA disks: 2/2" in captured.err
    assert main([*command, "--only", "Disk_001"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "kept"
    assert main([*command, "--only", "Disk_002"]) == 2
    assert json.loads(capsys.readouterr().out)["status"] == "failed"


@pytest.mark.usefixtures("fake_casa")
def test_an_interrupt_ends_casa_and_clears_up(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue({"pwv": "13"})
    out = path.parent / "out"
    command = [sys.executable, "-c", "import sys; from casa_sim.cli import main; sys.exit(main())"]
    command += ["catalogue", str(path), "--models", str(path.parent / "models"), "-o", str(out)]
    command += ["--backend", "casa"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        log, end = out / "Disk_001" / "casa.log", time.monotonic() + WAIT_S
        while time.monotonic() < end and not (log.exists() and "observing" in log.read_text()):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=WAIT_S)
    assert process.returncode == 130, error
    assert "stopped; run it again to continue" in error
    assert "Traceback" not in error
    assert sorted(p.name for p in out.iterdir()) == [".lock", "Disk_001"]
    assert not list(out.glob("*/*.fits"))


def test_catalogue_with_a_bad_line(
    make_catalogue: MakeCatalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_catalogue({}, {"flux_jy": "-1"}, models=False)
    out = path.parent / "out"
    assert main(["catalogue", str(path), "--models", str(path.parent), "-o", str(out)]) == 2
    assert "line 3, flux_jy: '-1'" in capsys.readouterr().err
    assert not out.exists()


def test_missing_casa(
    sky_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    out = sky_file.parent / "out"
    assert main(["observe", str(sky_file), "-o", str(out), "--backend", "casa"]) == 2
    error = capsys.readouterr().err
    assert "CASA is not installed" in error
    assert "uv sync --extra casa" in error
    assert not out.exists()


@pytest.mark.usefixtures("fake_casa")
def test_a_bad_seed_is_refused_before_anything_is_written(
    sky_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = sky_file.parent / "out"
    assert main(["observe", str(sky_file), "-o", str(out), "--seed", "-1"]) == 2
    assert "seed is -1; give a whole number from 0" in capsys.readouterr().err
    assert not out.exists()


QUICK = ["--array", "alma.cycle9.5.cfg", "--time", "60", "--imsize", "128"]


def test_observe_without_casa(sky_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = sky_file.parent / "out"
    command = ["observe", str(sky_file), "-o", str(out), *QUICK, "--keep", "dirty", "psf", "--json"]
    assert main(command) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["status"] == "made"
    assert sorted(p.name for p in (out / "my_sky").glob("[!.]*")) == [
        "my_sky_B6_dirty.fits",
        "my_sky_B6_psf.fits",
        "my_sky_B6_simulated.fits",
    ]
    image, psf = read_image(made["file"]), read_image(out / "my_sky" / "my_sky_B6_psf.fits")
    assert (image.unit, image.data.shape, psf.data.max()) == ("Jy/beam", (128, 128), 1.0)
    assert image.beam == psf.beam
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "kept"


def test_an_antenna_list_of_one_s_own(
    sky_file: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    own = tmp_path / "mine.cfg"
    rows = [f"{100 * n} {50 * n * n} 0 12. P{n}" for n in range(6)]
    own.write_text("# observatory=ALMA\n# coordsys=LOC\n" + "\n".join(rows) + "\n")
    out = sky_file.parent / "out"
    command = ["observe", str(sky_file), "-o", str(out), "--array", str(own), "--time", "60"]
    assert main([*command, "--imsize", "128", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    image = read_image(made["file"])
    assert image.provenance is not None
    settings = image.provenance.configuration["settings"]
    assert settings["array_cfg"] == "mine.cfg"
    assert len(settings["array_cfg_sha256"]) == 64
    own.write_text(own.read_text().replace("500 1250 0", "500 1200 0"))
    assert main([*command, "--imsize", "128", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "made"
    own.write_text("# coordsys=LOC\n1 2 3 12.\n")
    assert main(command) == 2
    assert "1 antennas; give at least 2" in capsys.readouterr().err


def test_stages(sky_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = sky_file.parent / "out"
    command = ["observe", str(sky_file), "-o", str(out), *QUICK, "--noise", "none", "--json"]
    assert main([*command, "--stage", "visibilities"]) == 0
    file = json.loads(capsys.readouterr().out)["file"]
    assert file.endswith("my_sky_B6_visibilities.fits")
    assert read_visibilities(file).values.shape == (903 * 6,)
    table = ["--uv-table", file, "--noise", "none", "--json"]
    there = ["observe", str(sky_file), "-o", str(out / "there"), *QUICK, *table]
    assert main(there) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "made"
    assert main([*there, "--backend", "casa"]) == 2
    assert "--uv-table is for the native backend" in capsys.readouterr().err
    assert main(["observe", str(sky_file), "-o", str(out), "--uv-table", str(sky_file)]) == 2
    assert "has no table of visibilities" in capsys.readouterr().err
    assert main([*command, "--stage", "dirty", "--keep", "dirty"]) == 0
    image = read_image(json.loads(capsys.readouterr().out)["file"])
    dirty = read_image(out / "my_sky" / "my_sky_B6_dirty.fits")
    assert np.array_equal(image.data, dirty.data)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--keep", "work"], "keep is 'work', which only CASA leaves"),
        (["--pwv", "21"], "pwv_mm is 21"),
        (["--phase-rms", "200"], "phase_rms_deg is 200; allowed: 0 to 180 deg"),
        (["--flux-error", "nan"], "flux_error_percent is nan"),
    ],
)
def test_what_the_native_backend_refuses(
    sky_file: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    out = sky_file.parent / "out"
    assert main(["observe", str(sky_file), "-o", str(out), *options]) == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert len(error.splitlines()) == 1
    assert not list(out.glob("*/*.fits"))


def test_a_coarse_sky_is_told_which_pixel_it_needs(
    tmp_path: Path, sky: SkyImage, capsys: pytest.CaptureFixture[str]
) -> None:
    write_image(tmp_path / "coarse.fits", replace(sky, pixel_scale_arcsec=0.1))
    command = ["observe", str(tmp_path / "coarse.fits"), "-o", str(tmp_path / "out")]
    assert main([*command, "--array", "alma.cycle9.9.cfg", "--time", "60"]) == 2
    error = capsys.readouterr().err
    assert "pixels of 100 mas are too coarse for a baseline of" in error
    assert "give at most" in error
    assert len(error.splitlines()) == 1


@pytest.mark.usefixtures("fake_casa")
def test_what_casa_refuses(sky_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = sky_file.parent / "out"
    command = ["observe", str(sky_file), "-o", str(out), "--backend", "casa", "--phase-rms", "20"]
    assert main(command) == 2
    assert "the casa backend has no such error" in capsys.readouterr().err


@pytest.mark.usefixtures("fake_casa")
def test_compare(sky_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = sky_file.parent / "out"
    command = ["compare", str(sky_file), *QUICK, "--niter", "20", "--json"]
    assert main([*command, "-o", str(out)]) == 0
    told = capsys.readouterr()
    rows = [json.loads(line) for line in told.out.splitlines()]
    assert rows == json.loads((out / "comparison.json").read_text())
    assert {"quantity", "native", "casa", "difference", "unit"} == set(rows[0])
    assert "comparing: 3/3 in" in told.err
    assert main([*command, "-o", str(sky_file)]) == 2
    assert "my sky.fits: is a file; give a folder" in capsys.readouterr().err
    assert main([*command, "-o", str(out), "--pwv", "11"]) == 2
    assert "CASA: simobserve: No overlap between model and pointings" in capsys.readouterr().err
    assert not list(out.glob(".work*"))


def test_arrays(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["arrays", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["array"] for row in rows] == [f"alma.cycle9.{n}.cfg" for n in range(1, 11)]
    longest = [row["longest_baseline_m"] for row in rows]
    assert longest == sorted(longest)
    assert set(rows[0]) == {"array", "antennas", "longest_baseline_m", "beam_mas", "cell_mas"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--timeout", "nan"], "timeout is nan s; give a positive time"),
        (["--stage", "visibilities", "--keep", "psf"], "visibilities have no pictures"),
    ],
)
def test_options_that_would_mean_nothing_are_refused(
    sky_file: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    out = sky_file.parent / "out"
    assert main(["observe", str(sky_file), "-o", str(out), *QUICK, *options]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_a_sky_beside_the_image_is_refused_and_leaves_nothing(
    tmp_path: Path, sky: SkyImage, capsys: pytest.CaptureFixture[str]
) -> None:
    wide = np.zeros((512, 512))
    wide[500, 500] = 1.0
    write_image(tmp_path / "wide.fits", replace(sky, data=wide, pixel_scale_arcsec=0.02))
    out = tmp_path / "out"
    assert main(["observe", str(tmp_path / "wide.fits"), "-o", str(out), *QUICK]) == 2
    assert "0 % of the sky's flux is within the image of 2.816 arcsec" in capsys.readouterr().err
    assert not out.exists()


def test_a_name_that_is_changed_is_told(sky_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["observe", str(sky_file), "-o", str(sky_file.parent / "out"), *QUICK]) == 0
    assert "'my sky' is written as 'my_sky'" in capsys.readouterr().err
