import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from skymodels.cli import main
from skyrun.fits import read_image
from skyrun.folder import locked_folder


def catalogue(folder: Path, count: int = 3) -> Path:
    path = folder / "catalogue.csv"
    assert main(["catalogue", "-n", str(count), "--seed", "42", "-o", str(path)]) == 0
    return path


def test_catalogue_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = catalogue(tmp_path)
    assert "catalogue.csv" in capsys.readouterr().out
    first = path.read_bytes()
    assert main(["catalogue", "-n", "3", "--seed", "42", "-o", str(path), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["ID"] for line in lines] == ["Disk_001", "Disk_002", "Disk_003"]
    assert path.read_bytes() == first


def test_disks_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, models = catalogue(tmp_path), tmp_path / "models"
    capsys.readouterr()
    command = ["disks", str(path), "-o", str(models), "--size", "64", "--json"]
    assert main(command) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["reused"] for line in lines] == [False] * 3
    sky = read_image(models / "Disk_002.fits")
    assert sky.truth["incl_deg"] == lines[1]["incl_deg"] == 0.594
    assert sky.data.sum() == pytest.approx(0.006855, rel=1e-12)
    rows = list(csv.DictReader((models / "truth.csv").read_text().splitlines()))
    assert [row["ID"] for row in rows] == ["Disk_001", "Disk_002", "Disk_003"]
    assert float(rows[1]["tb_peak_k"]) == sky.truth["tb_peak_k"]
    assert json.loads(rows[0]["gap_depth"])[0] == pytest.approx(0.67, abs=0.01)


def test_header_holds_what_people_look_for(tmp_path: Path) -> None:
    from astropy.io import fits

    path = catalogue(tmp_path, 1)
    assert main(["disks", str(path), "-o", str(tmp_path / "m"), "--size", "64"]) == 0
    header = fits.getheader(tmp_path / "m" / "Disk_001.fits")
    assert header["INCL"] == 27.649 and header["DISKPA"] == 29.326
    assert header["DX"] == -0.014108 and header["BUNIT"] == "Jy/pixel"
    assert header["TB_PEAK"] > 0 and "gap_depth" in header["TRUTH"]


def test_second_run_makes_only_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, models = catalogue(tmp_path), tmp_path / "models"
    command = ["disks", str(path), "-o", str(models), "--size", "64", "--json"]
    assert main(command) == 0
    whole = {p.name: p.read_bytes() for p in models.iterdir() if p.is_file()}
    (models / "Disk_002.fits").write_bytes(b"half made")
    (models / "truth.csv").unlink()
    capsys.readouterr()
    assert main(command) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    made = {Path(line["file"]).name for line in lines if not line["reused"]}
    assert made == {"Disk_002.fits"}
    assert {p.name: p.read_bytes() for p in models.iterdir() if p.is_file()} == whole


def test_changed_row_is_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, models = catalogue(tmp_path), tmp_path / "models"
    command = ["disks", str(path), "-o", str(models), "--size", "64", "--json"]
    assert main(command) == 0
    path.write_text(path.read_text().replace("27.649", "30.0"))
    capsys.readouterr()
    assert main(command) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted(line["reused"] for line in lines) == [False, True, True]
    assert read_image(models / "Disk_001.fits").truth["incl_deg"] == 30.0


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    ("catalogue_seed", "options", "said"),
    [
        (42, ["--recipe", "physical", "--size", "64"], "sky models made with recipe 'published'"),
        (42, ["--size", "80"], "sky models made with size 64, not 80"),
        (42, ["--size", "80", "--only", "Disk_002"], "sky models made with size 64, not 80"),
        (43, ["--size", "64"], "Disk_001 made with seed "),
    ],
)
def test_folder_of_other_options_is_refused_and_left_alone(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    catalogue_seed: int,
    options: list[str],
    said: str,
) -> None:
    path, models = catalogue(tmp_path), tmp_path / "models"
    assert main(["disks", str(path), "-o", str(models), "--size", "64"]) == 0
    assert main(["catalogue", "-n", "3", "--seed", str(catalogue_seed), "-o", str(path)]) == 0
    before = contents(models)
    capsys.readouterr()
    assert main(["disks", str(path), "-o", str(models), *options]) == 2
    err = capsys.readouterr().err
    assert f"models: holds {said}" in err and err.count("\n") == 1
    assert err.endswith("choose another folder, or empty this one\n")
    assert contents(models) == before


def test_emptied_folder_takes_other_options(tmp_path: Path) -> None:
    path, models = catalogue(tmp_path), tmp_path / "models"
    assert main(["disks", str(path), "-o", str(models), "--size", "64"]) == 0
    for file in models.iterdir():
        if file.is_file():
            file.unlink()
    assert main(["catalogue", "-n", "3", "--seed", "43", "-o", str(path)]) == 0
    assert main(["disks", str(path), "-o", str(models), "--size", "80"]) == 0
    assert read_image(models / "Disk_001.fits").data.shape == (80, 80)


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_damaged_provenance_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    path, models = catalogue(tmp_path), tmp_path / "models"
    command = ["disks", str(path), "-o", str(models), "--size", "64"]
    assert main(command) == 0
    (models / "provenance.json").write_text(text)
    capsys.readouterr()
    assert main(command) == 2
    err = capsys.readouterr().err
    assert "provenance.json" in err and "remove it to make" in err and err.count("\n") == 1
    (models / "provenance.json").unlink()
    assert main(command) == 0


def test_workers_and_only_give_the_same_bytes(tmp_path: Path) -> None:
    path = catalogue(tmp_path)
    common = ["disks", str(path), "--size", "64"]
    assert main([*common, "-o", str(tmp_path / "a")]) == 0
    assert main([*common, "-o", str(tmp_path / "b"), "--workers", "2"]) == 0
    assert main([*common, "-o", str(tmp_path / "c"), "--only", "Disk_003"]) == 0
    files = sorted(p.name for p in (tmp_path / "a").iterdir() if p.is_file())
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    made = (tmp_path / "c" / "Disk_003.fits").read_bytes()
    assert made == (tmp_path / "a" / "Disk_003.fits").read_bytes()
    assert not (tmp_path / "c" / "Disk_001.fits").exists()


FLUX = "0.006855"
"""Of the second disk."""
NEGATIVE_FLUX = "line 3, column flux_jy: '-1'; give a number from 1e-9 to 1e6 [Jy]"


@pytest.mark.parametrize("only", [[], ["--only", "Disk_001"]])
def test_a_catalogue_with_a_bad_row_is_refused_in_one_line_and_nothing_made(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    only: list[str],
) -> None:
    path = catalogue(tmp_path)
    path.write_text(path.read_text().replace(FLUX, "-1"))
    (tmp_path / "cat").mkdir()
    path.rename(tmp_path / "cat" / "bad.csv")
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert main(["disks", "cat/bad.csv", "-o", "models", "--size", "64", *only]) == 2
    out, err = capsys.readouterr()
    # The file is named as it was given, so that it is found.
    assert (out, err) == ("", f"skymodels: error: cat/bad.csv: {NEGATIVE_FLUX}\n")
    assert not (tmp_path / "models").exists()


def test_every_bad_row_is_named_up_to_ten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = catalogue(tmp_path, 14)
    lines = path.read_text().splitlines()
    bad = [*lines[:2], *(line.replace("Disk_", "a/") for line in lines[2:])]
    for count, more in ((12, []), (15, ["3 more bad rows"])):
        path.write_text("\n".join(bad[:count]) + "\n")
        capsys.readouterr()
        assert main(["disks", str(path), "-o", str(tmp_path / "models")]) == 2
        said = capsys.readouterr().err.splitlines()
        named = [f"skymodels: error: {path}: line {n}, column ID" for n in range(3, 13)]
        assert all(line.startswith(start) for line, start in zip(said[:10], named, strict=True))
        assert said[10:] == [f"skymodels: error: {path}: {words}" for words in more]
    assert not (tmp_path / "models").exists()


def test_with_skip_bad_rows_they_are_reported_and_the_others_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, models = catalogue(tmp_path), tmp_path / "models"
    path.write_text(path.read_text().replace(FLUX, "-1"))
    command = ["disks", str(path), "-o", str(models), "--size", "64", "--skip-bad-rows"]
    assert main(command) == 1
    assert f"skymodels: {path}: {NEGATIVE_FLUX}" in capsys.readouterr().err
    assert sorted(p.name for p in models.glob("*.fits")) == ["Disk_001.fits", "Disk_003.fits"]
    assert main([*command, "--only", "Disk_001"]) == 0
    assert main([*command, "--only", "Disk_002"]) == 2
    assert f"{path}: no good row 'Disk_002'" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--skip-bad-rows"]])
def test_a_catalogue_of_bad_rows_alone_is_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    path, models = catalogue(tmp_path), tmp_path / "models"
    lines = path.read_text().splitlines()
    bad = [lines[0], *(line.replace("Disk_", "a/") for line in lines[1:])]
    path.write_text("\n".join(bad) + "\n")
    assert main(["disks", str(path), "-o", str(models), "--size", "64", *options]) == 2
    assert capsys.readouterr().err.count("skymodels: ") == len(bad) - 1
    assert not models.exists()


@pytest.mark.parametrize("address", ["foo", "tcp://127.0.0.1:9"])
def test_where_no_scheduler_answers_nothing_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    path, models = catalogue(tmp_path), tmp_path / "models"
    capsys.readouterr()
    assert main(["disks", str(path), "-o", str(models), "--dask", address]) == 2
    err = capsys.readouterr().err
    assert err.startswith("skymodels: error: no dask scheduler answers at")
    assert err.count("\n") == 1
    assert not models.exists()


def test_a_folder_in_use_is_refused_and_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, models = catalogue(tmp_path), tmp_path / "models"
    command = ["disks", str(path), "-o", str(models), "--size", "64"]
    assert main([*command, "--only", "Disk_001"]) == 0
    before = contents(models)
    capsys.readouterr()
    with locked_folder(models):
        assert main(command) == 2
    assert capsys.readouterr().err == (
        f"skymodels: error: {models}: another run is using it; "
        "wait for it, or give another folder\n"
    )
    assert contents(models) == before
    assert main(command) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["disks", "none.csv", "-o", "m"], "none.csv: no such file"),
        (["disks", "CATALOGUE", "-o", "m", "--only", "Disk_9"], "no good row 'Disk_9'"),
        (["disks", "CATALOGUE", "-o", "m", "--size", "7"], "give 64 to 8192"),
        (["disks", "CATALOGUE", "-o", "m", "--workers", "0"], "workers is 0"),
        (["disks", "CATALOGUE", "-o", "m", "--recipe", "x"], "recipe"),
        (["catalogue", "-n", "0", "--seed", "1", "-o", "x.csv"], "give a number from 1"),
        (["catalogue", "-n", "2", "--seed", "-5", "-o", "x.csv"], "seed is -5"),
        (["catalogue", "-n", "2", "-o", "x.csv"], "--seed"),
    ],
)
def test_bad_use_is_one_line_and_status_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    path = catalogue(tmp_path)
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert main([str(path) if a == "CATALOGUE" else a for a in arguments]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1
    assert not (tmp_path / "x.csv").exists() and not list(tmp_path.glob("m/*.fits"))


def test_help_is_quick_and_light() -> None:
    code = (
        "import sys; from skymodels.cli import main; main(['--help']);"
        "heavy = {'torch', 'astropy', 'scipy', 'matplotlib'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "catalogue" in done.stdout


def test_same_flux_in_the_file_as_in_memory(tmp_path: Path) -> None:
    from skymodels import DiskSkies

    path = catalogue(tmp_path, 1)
    assert main(["disks", str(path), "-o", str(tmp_path / "m"), "--size", "64"]) == 0
    sky = DiskSkies(path, size=64).sky(0)
    assert np.array_equal(read_image(tmp_path / "m" / "Disk_001.fits").data, sky.data)
