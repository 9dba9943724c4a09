"""``popmaps generate`` and ``popmaps split``: options, answers, and refusals in one line."""

from __future__ import annotations

import gzip
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from popmaps import tables
from popmaps.cli import main
from popmaps.columns import SURVEY, Column

MakeSamples = Callable[..., Path]


class Harm:
    """Would run a command when loaded."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch harmed",)


def spoil(path: Path, content: bytes) -> None:
    path.with_name("final_population.parquet").unlink()
    path.with_name("final_population.pkl.gz").write_bytes(content)


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line of a command that is refused."""
    assert main([str(a) for a in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    lines = [line for line in err.splitlines() if not line.startswith("popmaps generate:")]
    assert len(lines) == 1, err
    assert lines[0].startswith("popmaps: error: ")
    return lines[0]


def test_a_dataset_from_generate_to_split(
    make_samples: MakeSamples, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = make_samples(*range(10))
    (data / "000004" / "aborted.json").write_text('{"reason": "too many births"}')
    (data / "000005" / "final_population.parquet").unlink()
    save = tmp_path / "save"
    small = ["--resolution-dyn", "32", "--resolution-ppdot", "32", "--json"]
    options = ["--kind", "full", "--data", str(data), "--save-dir", str(save), *small]
    assert main(["generate", *options]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out) == {
        "dataset": str(save / "dataset_full.csv"),
        "kind": "full",
        "samples": 8,
        "skipped": 1,
        "aborted": 1,
        "dropped_stars": 0,
        "empty_samples": 0,
        "without_detections": 0,
    }
    assert "sample 5 is left out: " in err
    assert "1 samples were aborted" in err
    split = ["--dataset-path", str(save), "--test-split", "0.25", "--valid-split", "0.5"]
    assert main(["split", *split, "--seed", "3", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows == [
        {"set": "test", "samples": 2},
        {"set": "train", "samples": 3},
        {"set": "valid", "samples": 3},
    ]


def test_samples_out_of_reach_are_no_failure_damaged_ones_are_each_time(
    make_samples: MakeSamples, tmp_path: Path
) -> None:
    data = make_samples(0, 1, 2)
    (data / "000000" / "aborted.json").write_text('{"reason": "too many births"}')
    options = ["generate", "--kind", "full", "--data", str(data), "--save-dir", str(tmp_path / "s")]
    assert main(options) == 0
    (data / "000001" / "final_population.parquet").write_bytes(b"damaged")
    assert main(options) == 1
    assert main(options) == 1


def test_maps_without_stars_are_told_and_counted(
    make_samples: MakeSamples, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = make_samples(0, 1)
    for sample, rows in ((0, 0), (1, 7)):
        path = data / f"{sample:06d}" / "survey_SMPS_results.parquet"
        table = {c.name: np.full(rows, -1.0) for c in SURVEY}
        tables.write_table(path, table, SURVEY)
    options = ["--kind", "surveys", "--data", str(data), "--save-dir", str(tmp_path / "save")]
    assert main(["generate", *options, "--json"]) == 0
    out, err = capsys.readouterr()
    row = json.loads(out)
    assert (row["samples"], row["empty_samples"], row["without_detections"]) == (2, 1, 1)
    lines = [line for line in err.splitlines() if not line.startswith("popmaps generate:")]
    assert lines == [
        "popmaps: sample 1: no star in survey_SMPS_position_map_radec, survey_SMPS_ppdot_map: all "
        "7 are outside the axes, or their coordinates are no numbers",
        "popmaps: in 1 samples a survey detects no star; its maps are empty",
    ]


def test_underscores_work_too(make_samples: MakeSamples, tmp_path: Path) -> None:
    data, save = make_samples(0, 1, 2), tmp_path / "save"
    options = ["--kind", "surveys", "--data", str(data), "--save_dir", str(save)]
    options += ["--data_type", "image", "--resolution_dyn", "8", "--resolution_ppdot", "4"]
    assert main(["generate", *options]) == 0
    assert (save / "survey_PMPS_ppdot_map_2.png").is_file()
    options = ["--dataset_path", str(save), "--test_split", "0.4", "--valid_split", "0.5"]
    assert main(["split", *options]) == 0
    assert (save / "dataset_valid.csv").is_file()


def test_defaults_are_those_documented(
    make_samples: MakeSamples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = make_samples(0)
    monkeypatch.chdir(tmp_path)
    for kind in ("full", "surveys"):
        assert main(["generate", "--kind", kind, "--data", str(data)]) == 0
    assert main(["generate", "--kind", "single", "--data", str(data / "000000")]) == 0
    assert np.load("output/gen_full/position_map_radec_0.npy").shape == (64, 32)
    assert np.load("output/gen_surveys/survey_SMPS_ppdot_map_0.npy").shape == (64, 64)
    assert Path("output/gen_single/dataset_full.csv").is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--resolution-dyn", "0"], "resolution_dyn is 0; give 2 to 2048"),
        (["--resolution-ppdot", "1000000"], "resolution_ppdot is 1000000; give 2 to 2048"),
        (["--resolution_dyn", "32.5"], "'32.5' is no whole number"),
        (["--seed", "-1"], "seed is -1"),
        (["--workers", "0"], "workers is 0; give 1 or more"),
        (["--dask", "nowhere"], "no dask scheduler answers at 'nowhere'"),
        (["--data-type", "movie"], "movie"),
    ],
)
def test_settings_outside_their_limits_are_refused(
    make_samples: MakeSamples,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    save = tmp_path / "save"
    paths = ["--data", make_samples(0), "--save-dir", save]
    assert message in refused(capsys, "generate", "--kind", "full", *paths, *options)
    assert not save.exists()


def code(folder: Path, _: pytest.MonkeyPatch) -> None:
    spoil(folder / "x", gzip.compress(pickle.dumps({"P": Harm()})))


def bomb(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_PICKLE_BYTES", 1 << 20)
    spoil(folder / "x", gzip.compress(pickle.dumps(np.zeros(1 << 20))))


def truncated(folder: Path, _: pytest.MonkeyPatch) -> None:
    path = folder / "final_population.parquet"
    path.write_bytes(path.read_bytes()[:2000])


def short(folder: Path, _: pytest.MonkeyPatch) -> None:
    path = folder / "final_population.parquet"
    tables.write_table(path, {"r": np.ones(3)}, [Column("r", "kpc")])


def no_rows(folder: Path, _: pytest.MonkeyPatch) -> None:
    columns = tables.read_table(folder / "final_population.parquet", ["r"])
    names = [Column(name) for name in columns.columns]
    tables.write_table(folder / "final_population.parquet", {"r": np.ones(0)}, names)


@pytest.mark.parametrize(
    ("spoiler", "message"),
    [
        (code, "posix.system"),
        (bomb, "grows over 1048576 bytes"),
        (truncated, "damaged, or not Parquet"),
        (short, "no column 'phi'; exactly one is needed"),
        (no_rows, "no rows"),
    ],
)
def test_a_dataset_without_a_usable_sample_is_refused_and_leaves_nothing(  # noqa: PLR0917
    make_samples: MakeSamples,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    spoiler: Any,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    data, save = make_samples(0), tmp_path / "save"
    spoiler(data / "000000", monkeypatch)
    paths = ["--data", data, "--save-dir", save]
    line = refused(capsys, "generate", "--kind", "full", *paths)
    assert message in line
    assert "none of 1 samples can be used; sample 0: " in line
    assert not save.exists()
    assert not Path("harmed").exists()


def test_folders_without_samples_are_refused(
    make_samples: MakeSamples, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save = tmp_path / "save"
    options = ["generate", "--kind", "full", "--save-dir", save, "--data"]
    assert "no such folder" in refused(capsys, *options, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "no folder of a sample" in refused(capsys, *options, tmp_path / "empty")
    data = make_samples(0)
    (data / "000000" / "aborted.json").write_text("{}")
    assert "all 1 samples were aborted" in refused(capsys, *options, data)
    assert not save.exists()


@pytest.mark.parametrize("value", ["0", "1", "1.5", "nan"])
def test_fractions_outside_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    rows = "".join(f"xy_{k}.npy,{k}\n" for k in range(10))
    (tmp_path / "dataset_full.csv").write_text(f"input:xy,a\n{rows}")
    options = ["--dataset-path", tmp_path, "--test-split", value]
    assert "give a fraction above 0 and below 1" in refused(capsys, "split", *options)
    assert [p.name for p in tmp_path.iterdir()] == ["dataset_full.csv"]
