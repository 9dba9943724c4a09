import json
import lzma
from pathlib import Path

import numpy as np
import pytest

from popmaps.cli import main
from skyrun.maps import MapFolder, read_map_table

RECORD = """PSRJ J170{n}-30
RAJ 17:0{n}:00 x
DECJ -30:00:00 x
P0 0.{n} x
{p1}
S1400 {n}.5 x
SURVEY pksmb,pkssw
@---
"""
CENSUS = "PSRJ,ch6freq,ch6flux\nJ1701-30,1429,2.0\nJ1702-30,1429,\nJ1799-30,1429,9\n"


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Four pulsars at l = -8 deg, b = +7 deg: SMPS alone covers them; one has no P1."""
    lines = [RECORD.format(n=n, p1="P1 1E-15 x" if n != 3 else "#") for n in range(1, 5)]
    path = tmp_path / "psrcat.db"
    path.write_text("#CATALOGUE 9.0\n" + "".join(lines))
    return path


def run(*words: object) -> int:
    return main(["observed", *map(str, words)])


def test_the_substitute_is_stated(
    catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run("--path_atnf", catalogue, "--save_dir", out, "--resolution_dyn", 16, "--json") == 0
    printed = capsys.readouterr()
    rows = [json.loads(line) for line in printed.out.splitlines()]
    assert [row["survey"] for row in rows] == ["PMPS", "SMPS", "HTRU"]
    counted = [(row["in_coverage"], row["with_p_dot"], row["with_flux"]) for row in rows]
    assert counted == [(0, 0, 0), (4, 3, 3), (0, 0, 0)]
    assert printed.err.count("\n") == 1
    assert "S1400 of the catalogue, a substitute for the MeerKAT census" in printed.err
    assert all("a substitute" in row["flux_statement"] for row in rows)
    made = json.loads((out / "dataset_atnf.provenance.json").read_text())
    assert made["configuration"]["flux_from"] == "s1400"
    assert made["configuration"]["files"]["atnf"]["name"] == "psrcat.db"
    table = read_map_table(out / "dataset_atnf.csv")
    cell = table.files[0][table.inputs.index("survey_SMPS_position_map_radec")]
    assert MapFolder(out).read(cell).sum() == pytest.approx(4)
    assert np.isnan(table.values[0]).all()


def test_the_census_is_joined_by_name(
    catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    census = tmp_path / "census.csv"
    census.write_text(CENSUS)
    assert run("--path-atnf", catalogue, "--path-meerkat", census, "--save-dir", tmp_path) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert [line.split()[-1] for line in printed.out.splitlines()[1:]] == ["0", "1", "0"]


def test_the_same_input_gives_the_same_bytes(catalogue: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert run("--path-atnf", catalogue, "--save-dir", tmp_path / name) == 0
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert len(files) == 11
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_a_bad_pulsar_is_reported_and_does_not_stop_the_others(
    catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogue.write_text(catalogue.read_text().replace("P0 0.2 ", "P0 quick "))
    assert run("--path-atnf", catalogue, "--save-dir", tmp_path / "o", "--json") == 1
    printed = capsys.readouterr()
    assert "popmaps: record 2: P0 'quick' is no number; left out\n" in printed.err
    assert json.loads(printed.out.splitlines()[1])["in_coverage"] == 3


def test_a_bad_row_of_the_census_fails_a_catalogued_flux_of_zero_does_not(
    catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    census = tmp_path / "census.csv"
    census.write_text(CENSUS + "J1704-30,1429,loud\n")
    words = ("--path-atnf", catalogue, "--save-dir")
    assert run(*words, tmp_path / "a", "--path-meerkat", census) == 1
    assert "census, row 4: ch6flux 'loud' is no number; left out" in capsys.readouterr().err
    catalogue.write_text(catalogue.read_text().replace("S1400 4.5 ", "S1400 0 "))
    assert run(*words, tmp_path / "b") == 0
    assert "1 flux densities S1400 are not over 0; left out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--flux-from", "tpa"], "--flux-from tpa needs the census; give --path-meerkat"),
        (["--flux-from", "s1400", "--path-meerkat", "x"], "exclude each other; give one"),
        (["--flux-from", "s1284"], "has no S1284; give tpa or s1400"),
        (["--flux-from", "s99"], "s99"),
        (["--path-meerkat", "nonesuch.csv"], "nonesuch.csv: no such file"),
        (["--resolution-dyn", "0"], "--resolution-dyn is 0; give 2 to"),
        (["--resolution-ppdot", "1000000"], "--resolution-ppdot is 1000000; give 2 to"),
        (["--resolution-dyn", "1.5"], "no whole number"),
        (["--data-type", "stack"], "stack"),
        (["--positions", "all"], "all"),
    ],
)
def test_bad_options_are_refused_in_one_line(
    catalogue: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
) -> None:
    out = tmp_path / "out"
    assert run("--path-atnf", catalogue, "--save-dir", out, *words) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--resolution-dyn", "32"], "holds maps made with resolution_dyn 16, not 32; choose"),
        (["--resolution-ppdot", "16"], "holds maps made with resolution_ppdot 64, not 16"),
        (["--data-type", "image"], "holds maps made with data_type 'array', not 'image'"),
        (["--positions", "timed"], "holds maps made with positions 'covered', not 'timed'"),
        (["--path-meerkat", "census.csv"], "holds maps made with flux_from 's1400', not 'tpa'"),
        (["--path-atnf", "other.db"], "holds maps made with another catalogue; choose another"),
    ],
)
def test_maps_of_other_options_are_not_written_over(
    catalogue: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(catalogue.parent)
    Path("census.csv").write_text(CENSUS)
    Path("other.db").write_text(catalogue.read_text().replace("P0 0.2 ", "P0 0.3 "))
    same = ["--path-atnf", str(catalogue), "--save-dir", "out", "--resolution-dyn", "16"]
    assert run(*same) == 0
    before = {p.name: p.read_bytes() for p in Path("out").iterdir()}
    capsys.readouterr()
    given = dict(zip(same[::2], same[1::2], strict=True))
    given |= dict(zip(words[::2], words[1::2], strict=True))
    assert run(*(word for pair in given.items() for word in pair)) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert {p.name: p.read_bytes() for p in Path("out").iterdir()} == before
    # The same again is fine, also when the catalogue has been renamed.
    assert run(*same) == 0
    catalogue.rename("renamed.db")
    assert run("--path-atnf", "renamed.db", *same[2:]) == 0


def test_maps_of_simulated_samples_are_not_written_over(
    catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dataset_full.csv").write_text("input:survey_PMPS_ppdot_map,a\n")
    (tmp_path / "survey_PMPS_ppdot_map_0.npy").write_bytes(b"simulated")
    assert run("--path-atnf", catalogue, "--save-dir", tmp_path) == 2
    assert "holds maps of simulated samples; choose another folder" in capsys.readouterr().err
    assert (tmp_path / "survey_PMPS_ppdot_map_0.npy").read_bytes() == b"simulated"


def test_maps_of_a_killed_run_say_what_they_were_made_with(
    catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("popmaps.observed.observed_maps.write_bytes", killed)
        assert run("--path-atnf", catalogue, "--save-dir", out) == 130
    assert run("--path-atnf", catalogue, "--save-dir", out, "--data-type", "image") == 2
    assert run("--path-atnf", catalogue, "--save-dir", out) == 0
    assert (out / "dataset_atnf.csv").is_file()


def bad_files(folder: Path) -> dict[str, tuple[Path, str]]:
    text = RECORD.format(n=1, p1="P1 1E-15 x")
    contents: dict[str, tuple[bytes, str]] = {
        "empty": (b"", "empty; give psrcat.db"),
        "poem": (b"a rose\nis a rose", "no catalogue of pulsars is recognised"),
        "commas": (b"PSRJ,P0,P1\nJ1,1,1e-15\n", "separated by commas"),
        "short": (b"PSRJ;P0;P1\nJ1;1;1e-15\n", "no column RAJD, DECJD, ASSOC, SURVEY"),
        "bytes": (b"\x89PNG\r\n\0", "zero bytes"),
        "cut": (lzma.compress(text.encode() * 50)[:-8], "the xz file is cut short"),
        "bomb": (lzma.compress(bytes([35]) * (33 << 20), preset=0), "unpacks to more than"),
        "unsurveyed": (
            text.replace("pksmb,pkssw", "misc").encode(),
            "none of its 1 pulsars is in the coverage",
        ),
        "faint": (
            (text + text.replace("170", "180")).replace("P1 1E", "P1 -1E").encode(),
            "none of the pulsars in coverage has a flux density",
        ),
    }
    made = {"folder": (folder, "is a folder; give a file")}
    for name, (data, message) in contents.items():
        (folder / name).write_bytes(data)
        made[name] = (folder / name, message)
    return made


def test_bad_files_are_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    for name, (path, message) in bad_files(tmp_path).items():
        assert run("--path-atnf", path, "--save-dir", out) == 2, name
        err = capsys.readouterr().err
        assert message in err
        assert err.splitlines()[-1].startswith("popmaps: error: ")
        assert err.count("\n") <= 2
        assert not out.exists()


def test_a_folder_that_is_a_file_is_refused(
    catalogue: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--path-atnf", catalogue, "--save-dir", catalogue / "x") == 2
    assert "can't be written" in capsys.readouterr().err.splitlines()[-1]
