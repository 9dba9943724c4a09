"""The command line, with a stand-in for CASA."""

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
from skyrun.fits import read_image, write_image
from skytypes import SkyImage

MakeCatalogue = Callable[..., Path]


@pytest.fixture
def sky_file(tmp_path: Path, sky: SkyImage) -> Path:
    write_image(tmp_path / "my sky.fits", sky)
    return tmp_path / "my sky.fits"


@pytest.mark.usefixtures("fake_casa")
def test_observe(sky_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = sky_file.parent / "out"
    options = ["--array", "alma.cycle9.7.cfg", "--band", "6", "--pwv", "1.0", "--time", "1200"]
    options += ["--imsize", "64", "--json"]
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


@pytest.mark.usefixtures("fake_casa")
def test_observe_tells_casas_reason(sky_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = sky_file.parent / "out"
    options = ["--pwv", "11", "--imsize", "64"]
    assert main(["observe", str(sky_file), "-o", str(out), *options]) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("casa-sim: error: CASA: simobserve: No overlap between model")
    assert len(error.splitlines()) == 1
    assert not list(out.glob("*/*.fits"))


@pytest.mark.usefixtures("fake_casa")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--array", "vla.cfg"], "array is 'vla.cfg'; allowed: alma.cycle9.5.cfg"),
        (["--band", "7"], "band is 7; allowed: 6, 8"),
        (["--band", "8"], "the sky is at 230 GHz but band 8"),
        (["--pwv", "0"], "pwv_mm is 0; allowed"),
        (["--time", "7"], "time_s is 7; allowed"),
        (["--keep", "ms"], "keep is 'ms'; allowed: dirty, psf, work"),
        (["--backend", "native"], "native"),
        (["--pwv", "wet"], "wet"),
    ],
)
def test_bad_options(
    sky_file: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    out = sky_file.parent / "out"
    assert main(["observe", str(sky_file), "-o", str(out), *options]) == 2
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
    command += ["-o", str(path.parent / "out"), "--workers", "2"]
    assert main(command) == 1
    captured = capsys.readouterr()
    rows = [json.loads(line) for line in captured.out.splitlines()]
    assert [(r["ID"], r["status"]) for r in rows] == [("Disk_001", "made"), ("Disk_002", "failed")]
    assert "No overlap" in rows[1]["reason"]
    assert "CASA disks: 2/2" in captured.err
    assert main([*command, "--only", "Disk_001"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "kept"


@pytest.mark.usefixtures("fake_casa")
def test_an_interrupt_ends_casa_and_clears_up(make_catalogue: MakeCatalogue) -> None:
    path = make_catalogue({"pwv": "13"})
    out = path.parent / "out"
    command = [sys.executable, "-c", "import sys; from casa_sim.cli import main; sys.exit(main())"]
    command += ["catalogue", str(path), "--models", str(path.parent / "models"), "-o", str(out)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        log, end = out / "Disk_001" / "casa.log", time.monotonic() + 60
        while time.monotonic() < end and not (log.exists() and "observing" in log.read_text()):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "stopped; run it again to continue" in error
    assert "Traceback" not in error
    assert [p.name for p in out.iterdir()] == ["Disk_001"]
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
    assert main(["observe", str(sky_file), "-o", str(out)]) == 2
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
