"""Datasets of maps: names and order, resuming, workers, what is left out."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.lib.format import open_memmap
from PIL import Image

from popmaps.columns import FULL, HTRU, SURVEY, Column
from popmaps.constants import YEAR_S
from popmaps.maps.datasets import Dataset
from popmaps.maps.full_maps import FULL_COLUMNS, FullMaps
from popmaps.maps.generation import generate_maps
from popmaps.maps.labels import SINGLE_LABELS
from popmaps.maps.layout import FULL_MAPS, SURVEY_MAPS, map_cell
from popmaps.maps.pictures import colours
from popmaps.tables import read_table, write_table
from skyrun.folder import locked_folder
from skytypes.errors import InputError

MakeSamples = Callable[..., Path]

SURVEY_HEADER = (
    "input:survey_PMPS_position_map_radec,input:survey_SMPS_position_map_radec,"
    "input:survey_HTRU_position_map_radec,"
    "input:survey_PMPS_velocity_map_vra,input:survey_SMPS_velocity_map_vra,"
    "input:survey_HTRU_velocity_map_vra,"
    "input:survey_PMPS_velocity_map_vdec,input:survey_SMPS_velocity_map_vdec,"
    "input:survey_HTRU_velocity_map_vdec,"
    "input:survey_PMPS_ppdot_map,input:survey_SMPS_ppdot_map,input:survey_HTRU_ppdot_map,"
    "input:survey_PMPS_ppdot_map_fluxes,input:survey_SMPS_ppdot_map_fluxes,"
    "input:survey_HTRU_ppdot_map_fluxes,"
    "B_initial_log10_mean,P_initial_log10_mean"
)
FULL_HEADER = (
    "input:position_map_xy,input:position_map_xz,input:position_map_radec,"
    "input:velocity_map_xy_vr,input:velocity_map_xy_vphi,input:velocity_map_xy_vz,"
    "input:velocity_map_vra,input:velocity_map_vdec,input:ppdot_map,input:ppdot_map_fluxes,"
    "B_initial_log10_mean,P_initial_log10_mean"
)


def make(kind: Any, data: Path, save: Path, **options: Any) -> Dataset:
    options = {"resolution_dyn": 32, "resolution_ppdot": 32, **options}
    return generate_maps(kind, data, save, **options)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below, marks and hidden ones too."""
    files = (p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("kind", "header", "names"),
    [("full", FULL_HEADER, FULL_MAPS), ("surveys", SURVEY_HEADER, SURVEY_MAPS)],
)
def test_header_and_file_names_are_as_documented(
    make_samples: MakeSamples, tmp_path: Path, kind: str, header: str, names: tuple[str, ...]
) -> None:
    made = make(kind, make_samples(0, 3, 120), tmp_path / "save")
    lines = made.path.read_text(encoding="utf-8").split("\n")
    assert lines[0] == header
    assert [line.split(",")[0] for line in lines[1:-1]] == [
        f"{names[0]}_{sample}.npy" for sample in (0, 3, 120)
    ]
    assert lines[-1] == ""
    expected = {f"{name}_{sample}.npy" for name in names for sample in (0, 3, 120)}
    found = {p.name for p in (tmp_path / "save").glob("[!.]*")}
    assert found == expected | {"dataset_full.csv", "statistics_full.json", "provenance.json"}
    for row in rows_of(made.path):
        for name in names:
            values = np.load(made.path.parent / row[f"input:{name}"])
            shape = (32, 16) if "radec" in name or "_vra" in name or "_vdec" in name else (32, 32)
            assert values.shape == shape
            assert values.dtype == np.float64
            assert values.flags.c_contiguous


def test_statistics_are_sorted_and_indented_by_four(
    make_samples: MakeSamples, tmp_path: Path
) -> None:
    make("surveys", make_samples(0, 10), tmp_path / "save")
    text = (tmp_path / "save" / "statistics_full.json").read_text()
    expected = {
        "B_initial_log10_mean": {"max": 13.0, "mean": 12.5, "min": 12.0, "std": 0.5},
        "P_initial_log10_mean": {"max": -0.5, "mean": -0.75, "min": -1.0, "std": 0.25},
    }
    assert text == json.dumps(expected, indent=4, sort_keys=True) + "\n"


def test_maps_are_of_the_samples_own_stars(make_samples: MakeSamples, tmp_path: Path) -> None:
    data = make_samples(2, 7)
    make("full", data, tmp_path / "save")
    for sample in (2, 7):
        table = read_table(data / f"{sample:06d}" / "final_population.parquet", FULL_COLUMNS)
        population = FullMaps(32, 32)
        population.add(dict(table.columns))
        for name, expected in population.maps().items():
            assert np.array_equal(np.load(tmp_path / "save" / f"{name}_{sample}.npy"), expected)


@pytest.mark.parametrize("kind", ["full", "surveys"])
def test_pickles_make_the_same_maps_as_parquet(
    make_samples: MakeSamples, tmp_path: Path, kind: str
) -> None:
    make(kind, make_samples(0, 1), tmp_path / "a")
    make(kind, make_samples(0, 1, name="pickles", ending=".pkl.gz"), tmp_path / "b")
    for path in (tmp_path / "a").glob("*.npy"):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


@pytest.mark.parametrize("kind", ["full", "surveys"])
def test_pictures_show_the_arrays(make_samples: MakeSamples, tmp_path: Path, kind: str) -> None:
    data = make_samples(4)
    make(kind, data, tmp_path / "arrays")
    made = make(kind, data, tmp_path / "pictures", data_type="image")
    row = rows_of(made.path)[0]
    for name in FULL_MAPS if kind == "full" else SURVEY_MAPS:
        assert row[f"input:{name}"] == f"{name}_4.png"
        with Image.open(tmp_path / "pictures" / f"{name}_4.png") as image:
            shown = np.asarray(image)
        values = np.load(tmp_path / "arrays" / f"{name}_4.npy")
        assert np.array_equal(shown, colours(values))


@pytest.mark.parametrize("kind", ["full", "surveys"])
def test_stacks_are_the_arrays_in_rows(
    make_samples: MakeSamples, tmp_path: Path, kind: str
) -> None:
    data = make_samples(0, 5, 40)
    (data / "000005" / "override.json").unlink()
    make(kind, data, tmp_path / "arrays")
    made = make(kind, data, tmp_path / "stacks", data_type="stack")
    names = FULL_MAPS if kind == "full" else SURVEY_MAPS
    rows = rows_of(made.path)
    assert [row["id"] for row in rows] == ["0", "40"]
    for name in names:
        stack = open_memmap(tmp_path / "stacks" / f"{name}.npy", mode="r")
        assert stack.dtype == np.float32
        assert stack.shape[0] == 2
        for row in rows:
            file, place = map_cell(row[f"input:{name}"])
            array = np.load(tmp_path / "arrays" / f"{name}_{row['id']}.npy")
            assert file == f"{name}.npy"
            assert np.array_equal(stack[place], array.astype(np.float32))
    assert {p.name for p in (tmp_path / "stacks").iterdir()} == {
        *(f"{name}.npy" for name in names),
        *("dataset_full.csv", "statistics_full.json", "provenance.json", ".done", ".lock"),
    }
    before = contents(tmp_path / "stacks")
    again = make(kind, data, tmp_path / "stacks", data_type="stack")
    assert again == made
    assert contents(tmp_path / "stacks") == before


def test_a_stack_grows_with_its_samples(make_samples: MakeSamples, tmp_path: Path) -> None:
    make("full", make_samples(0), tmp_path / "grown", data_type="stack")
    data = make_samples(1)
    assert make("full", data, tmp_path / "grown", data_type="stack").samples == 2
    make("full", data, tmp_path / "fresh", data_type="stack")
    assert contents(tmp_path / "grown") == contents(tmp_path / "fresh")


KILLED = """
import os, signal, sys
from pathlib import Path
from popmaps.maps import batch_maps, generation
writes = 0
whole = batch_maps.place

def place(path, data):
    global writes
    writes += 1
    if writes == int(sys.argv[4]):
        path.with_name(f".{path.name}.part").write_bytes(data[:100])
        os.kill(os.getpid(), signal.SIGKILL)
    whole(path, data)

batch_maps.place = place
generation.generate_maps(sys.argv[1], sys.argv[2], sys.argv[3], data_type=sys.argv[5],
                         resolution_dyn=32, resolution_ppdot=32)
"""


@pytest.mark.parametrize(
    ("kind", "data_type", "write"),
    [
        ("full", "array", 17),
        ("full", "stack", 3),
        ("surveys", "array", 40),
        ("surveys", "image", 2),
    ],
)
def test_killed_and_run_again_it_is_as_if_uninterrupted(
    make_samples: MakeSamples, tmp_path: Path, kind: str, data_type: Any, write: int
) -> None:
    data, save = make_samples(0, 2, 33), tmp_path / "killed"
    arguments = [kind, str(data), str(save), str(write), data_type]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (save / "dataset_full.csv").exists()
    assert list(save.rglob(".*.part"))
    make(kind, data, save, data_type=data_type)
    make(kind, data, tmp_path / "whole", data_type=data_type)
    assert contents(save) == contents(tmp_path / "whole")


def test_workers_write_the_same_bytes(make_samples: MakeSamples, tmp_path: Path) -> None:
    data = make_samples(0, 1, 2)
    make("full", data, tmp_path / "one")
    make("full", data, tmp_path / "two", workers=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_what_is_made_is_not_made_again_and_what_changed_is(
    make_samples: MakeSamples, tmp_path: Path
) -> None:
    data, save = make_samples(0, 1), tmp_path / "save"
    make("full", data, save)
    times = {p.name: p.stat().st_mtime_ns for p in save.glob("*.npy")}
    (save / "ppdot_map_0.npy").write_bytes(b"damaged")
    write_table(
        data / "000001" / "final_population.parquet",
        {c.name: np.ones(3) for c in FULL},
        FULL,
    )
    make_samples(2)
    assert make("full", data, save).samples == 3
    make("full", data, tmp_path / "fresh")
    assert contents(save) == contents(tmp_path / "fresh")
    assert all((save / name).stat().st_mtime_ns != time for name, time in times.items())


def test_a_finished_batch_is_left_alone(make_samples: MakeSamples, tmp_path: Path) -> None:
    data, save = make_samples(0, 1), tmp_path / "save"
    make("full", data, save)
    times = {p.name: p.stat().st_mtime_ns for p in save.glob("*.npy")}
    make("full", data, save)
    assert times == {p.name: p.stat().st_mtime_ns for p in save.glob("*.npy")}


def test_bad_and_aborted_samples_are_left_out_and_counted(
    make_samples: MakeSamples, tmp_path: Path
) -> None:
    data = make_samples(0, 1, 2, 3, 4, 5)
    (data / "000001" / "final_population.parquet").unlink()
    (data / "000002" / "final_population.parquet").write_bytes(b"PAR1 and no more")
    (data / "000003" / "aborted.json").write_text('{"reason": "birth rate above 5 a century"}')
    (data / "000004" / "override.json").write_text('{"a_late": -1.0}')
    (data / "notes").mkdir()
    made = make("full", data, tmp_path / "save")
    assert (made.samples, made.aborted, sorted(made.skipped)) == (2, 1, [1, 2, 4])
    assert "no final_population.parquet or final_population.pkl.gz" in made.skipped[1]
    assert "damaged, or not Parquet" in made.skipped[2]
    assert "not those that most samples have (no B_initial_log10_mean" in made.skipped[4]
    assert [row["input:ppdot_map"] for row in rows_of(made.path)] == [
        "ppdot_map_0.npy",
        "ppdot_map_5.npy",
    ]
    about = json.loads((tmp_path / "save" / "provenance.json").read_text())
    assert (about["samples"], about["aborted"], len(about["skipped"])) == (2, 1, 3)
    assert set(about["versions"]) == {"popmaps", "numpy", "numba", "python"}


@pytest.mark.parametrize("data_type", ["array", "stack"])
def test_the_labels_that_most_samples_have_decide(
    make_samples: MakeSamples, tmp_path: Path, data_type: Any
) -> None:
    data, save = make_samples(0, 1, 2, 40), tmp_path / "save"
    usual = (data / "000000" / "override.json").read_text()
    (data / "000000" / "override.json").write_text('{"a_late": -1.0}')
    made = make("surveys", data, save, data_type=data_type)
    assert (made.samples, list(made.skipped)) == (3, [0])
    assert "(no B_initial_log10_mean, no P_initial_log10_mean, a_late too)" in made.skipped[0]
    assert not list(save.glob("*_0.npy"))
    for place in (save, tmp_path / "fresh"):
        with pytest.raises(InputError, match="sample 0: its labels are not those that most"):
            make("surveys", data, place, data_type=data_type, strict=True)
    (data / "000000" / "override.json").write_text(usual)
    assert make("surveys", data, save, data_type=data_type).samples == 4
    (data / "000000" / "override.json").write_text('{"a_late": -1.0}')
    make("surveys", data, save, data_type=data_type)
    assert not list(save.glob("*_0.npy"))


def test_of_labels_as_frequent_the_first_decide(make_samples: MakeSamples, tmp_path: Path) -> None:
    data = make_samples(0, 1)
    (data / "000001" / "override.json").write_text('{"a_late": -1.0}')
    made = make("full", data, tmp_path / "save")
    assert (made.samples, list(made.skipped)) == (1, [1])


def test_maps_of_another_folder_are_not_mixed_in(make_samples: MakeSamples, tmp_path: Path) -> None:
    first, save = make_samples(0, 1, 2, 40), tmp_path / "save"
    make("surveys", first, save)
    second = make_samples(1, 2, name="other", stars=300)
    (second / "000002" / "override.json").write_text("[]")
    make("surveys", second, save)
    make("surveys", second, tmp_path / "fresh")
    assert contents(save) == contents(tmp_path / "fresh")


def test_a_table_of_old_and_new_maps_is_never_left(
    make_samples: MakeSamples, tmp_path: Path
) -> None:
    save = tmp_path / "save"
    make("full", make_samples(0, 1), save)
    other = make_samples(0, 1, name="other", stars=300)
    (other / "000001" / "final_population.parquet").unlink()
    with pytest.raises(InputError, match="sample 1"):
        make("full", other, save, strict=True)
    assert not (save / "dataset_full.csv").exists()


def test_two_runs_at_once_are_refused(make_samples: MakeSamples, tmp_path: Path) -> None:
    data, save = make_samples(0), tmp_path / "save"
    with (
        locked_folder(save),
        pytest.raises(InputError, match="another run is using it"),
    ):
        make("full", data, save, data_type="stack")
    assert make("full", data, save, data_type="stack").samples == 1


def test_maps_do_not_go_among_the_data(make_samples: MakeSamples, tmp_path: Path) -> None:
    data = make_samples(0, 1)
    before = contents(data)
    with pytest.raises(InputError, match="is the folder of the data; choose another one"):
        make("full", data, data)
    with pytest.raises(InputError, match="is the folder of sample 000001; choose another one"):
        make("full", data, data / "000001" / "maps")
    with pytest.raises(InputError, match="is the folder of the data; choose another one"):
        make("single", data / "000000", data / "000001" / ".." / "000000")
    assert contents(data) == before
    assert make("full", data, data / "maps").samples == 2
    assert make("full", data, data / "maps").samples == 2


@pytest.mark.parametrize("text", ["{", "[]", '{"configuration": [1]}', ""])
def test_a_damaged_provenance_is_advised_on(
    make_samples: MakeSamples, tmp_path: Path, text: str
) -> None:
    data, save = make_samples(0), tmp_path / "save"
    make("full", data, save)
    whole = contents(save)
    (save / "provenance.json").write_text(text)
    with pytest.raises(InputError, match=r"provenance\.json: .*; remove it to make the maps anew"):
        make("full", data, save)
    (save / "provenance.json").unlink()
    make("full", data, save)
    assert contents(save) == whole


def test_a_folder_in_the_way_is_named(make_samples: MakeSamples, tmp_path: Path) -> None:
    save = tmp_path / "save"
    (save / "ppdot_map_0.npy" / "x").mkdir(parents=True)
    with pytest.raises(InputError, match=r"0\.npy: can't be written \(.*\); remove what is in its"):
        make("full", make_samples(0), save)


def test_strict_stops_at_a_bad_sample(make_samples: MakeSamples, tmp_path: Path) -> None:
    data = make_samples(0, 1)
    (data / "000001" / "final_population.parquet").unlink()
    with pytest.raises(InputError, match=r"sample 1: .*no final_population"):
        make("full", data, tmp_path / "save", strict=True)
    assert not (tmp_path / "save" / "dataset_full.csv").exists()


def test_dropped_stars_are_reported(make_samples: MakeSamples, tmp_path: Path) -> None:
    data = make_samples(0, 1)
    for sample in (0, 1):
        path = data / f"{sample:06d}" / "final_population.parquet"
        table = dict(read_table(path, [c.name for c in FULL]).columns)
        table["v_z"] = np.where(np.arange(500) < 4, np.nan, table["v_z"])
        table["r"] = np.full(500, 2.0)
        write_table(path, table, FULL)
    made = make("full", data, tmp_path / "save")
    assert made.dropped == {"velocity_map_xy_vz": 8}
    assert np.isfinite(np.load(tmp_path / "save" / "velocity_map_xy_vz_0.npy")).all()


def change(path: Path, columns: Any, **values: Any) -> None:
    """Give columns of a table other values."""
    table = dict(read_table(path, [c.name for c in columns]).columns)
    rows = table["idx"].size
    write_table(path, {**table, **{n: np.full(rows, v) for n, v in values.items()}}, columns)


def test_a_map_without_stars_is_reported(make_samples: MakeSamples, tmp_path: Path) -> None:
    data = make_samples(0, 1, 2)
    change(data / "000000" / "final_population.parquet", FULL, r=np.inf, P=np.nan)
    change(data / "000001" / "final_population.parquet", FULL, ra=361.0, z=-30.0)
    made = make("full", data, tmp_path / "save")
    assert made.samples == 3
    assert made.empty == {
        0: {"position_map_xy": 500, "position_map_xz": 500, "ppdot_map": 500},
        1: {"position_map_xz": 500, "position_map_radec": 500},
    }
    change(data / "000001" / "survey_SMPS_results.parquet", SURVEY, P_dot=0.0)
    made = make("surveys", data, tmp_path / "surveys")
    assert made.empty == {1: {"survey_SMPS_ppdot_map": 200}}


@pytest.mark.parametrize("ending", [".parquet", ".pkl.gz"])
def test_a_survey_can_detect_no_star(
    make_samples: MakeSamples, tmp_path: Path, ending: str
) -> None:
    data = make_samples(0, 1, ending=ending)
    nothing = {c.name: np.empty(0) for c in HTRU}
    write_table(data / "000000" / f"survey_SMPS_results{ending}", nothing, SURVEY)
    for survey in ("PMPS", "SMPS", "HTRU_low_mid"):
        columns = HTRU if survey.startswith("HTRU") else SURVEY
        write_table(data / "000001" / f"survey_{survey}_results{ending}", nothing, columns)
    made = make("surveys", data, tmp_path / "save")
    assert made.samples == 1
    assert made.empty == {0: {f"survey_SMPS_{k}": 0 for k in ("position_map_radec", "ppdot_map")}}
    assert "no rows in any survey's table" in made.skipped[1]
    for name in SURVEY_MAPS:
        values = np.load(tmp_path / "save" / f"{name}_0.npy")
        if "SMPS" not in name:
            assert values.any()
        elif "fluxes" in name:
            assert np.allclose(values, -7, rtol=0, atol=1e-12)
        else:
            assert not values.any()


def test_weights_beyond_all_sense_are_left_out(make_samples: MakeSamples, tmp_path: Path) -> None:
    data = make_samples(0)
    change(data / "000000" / "final_population.parquet", FULL, r=1.0, v_r=1.7e308, v_phi=9e29)
    made = make("full", data, tmp_path / "save")
    assert made.dropped == {"velocity_map_xy_vr": 500}
    maps = {n: np.load(tmp_path / "save" / f"{n}_0.npy") for n in FULL_MAPS}
    assert all(np.isfinite(values).all() for values in maps.values())
    assert not maps["velocity_map_xy_vr"].any()
    assert maps["velocity_map_xy_vphi"].max() > 1e28


def test_a_period_derivative_a_year_is_converted(make_samples: MakeSamples, tmp_path: Path) -> None:
    data = make_samples(0)
    make("full", data, tmp_path / "seconds")
    path = data / "000000" / "final_population.parquet"
    table = dict(read_table(path, [c.name for c in FULL]).columns)
    table["P_dot"] = table["P_dot"] * YEAR_S
    columns = [Column("P_dot", "s yr^-1") if c.name == "P_dot" else c for c in FULL]
    write_table(path, table, columns)
    make("full", data, tmp_path / "years")
    years = np.load(tmp_path / "years" / "ppdot_map_0.npy")
    assert np.allclose(years, np.load(tmp_path / "seconds" / "ppdot_map_0.npy"), atol=1e-12)
    columns = [Column("P_dot", "Hz") if c.name == "P_dot" else c for c in FULL]
    write_table(path, table, columns)
    with pytest.raises(InputError, match=r"P_dot is in 'Hz'; it must be in 's s\^-1', or in a"):
        make("full", data, tmp_path / "unknown")


def test_maps_of_other_settings_are_not_mixed(make_samples: MakeSamples, tmp_path: Path) -> None:
    data = make_samples(0)
    make("full", data, tmp_path / "save")
    before = contents(tmp_path / "save")
    with pytest.raises(InputError, match="made with resolution_dyn 32, not 64"):
        make("full", data, tmp_path / "save", resolution_dyn=64)
    with pytest.raises(InputError, match="made with seed 0, not 1"):
        make("full", data, tmp_path / "save", seed=1)
    assert contents(tmp_path / "save") == before


def test_the_seed_decides_the_flux_maps_and_nothing_else(
    make_samples: MakeSamples, tmp_path: Path
) -> None:
    data = make_samples(0)
    for seed in (0, 1):
        make("surveys", data, tmp_path / str(seed), seed=seed)
    for path in (tmp_path / "0").glob("*.npy"):
        same = path.read_bytes() == (tmp_path / "1" / path.name).read_bytes()
        assert same == ("fluxes" not in path.name)


def test_single_takes_its_labels_from_the_configuration(
    make_samples: MakeSamples, tmp_path: Path
) -> None:
    folder = make_samples(6) / "000006"
    made = make("single", folder, tmp_path / "one")
    assert made.samples == 1
    assert (tmp_path / "one" / "survey_HTRU_ppdot_map_fluxes_0.npy").is_file()
    assert not (tmp_path / "one" / "statistics_full.json").exists()
    assert rows_of(made.path)[0]["B_initial_log10_mean"] == "12.6"
    (folder / "override.json").unlink()
    settings = {name: k / 4 for k, name in enumerate(SINGLE_LABELS)}
    (folder / "configuration.json").write_text(json.dumps({"n": 5, "settings": settings}))
    row = rows_of(make("single", folder, tmp_path / "two").path)[0]
    assert [name for name in row if "input:" not in name] == sorted(SINGLE_LABELS)
    assert {name: float(row[name]) for name in SINGLE_LABELS} == settings
    (folder / "configuration.json").write_text("{}")
    with pytest.raises(InputError, match=r"no B_initial_log10_mean; give it, or an override\.json"):
        make("single", folder, tmp_path / "three")


def test_paths_hold_when_the_dataset_is_moved(make_samples: MakeSamples, tmp_path: Path) -> None:
    make("full", make_samples(0), tmp_path / "save")
    (tmp_path / "save").rename(tmp_path / "elsewhere")
    row = rows_of(tmp_path / "elsewhere" / "dataset_full.csv")[0]
    assert all((tmp_path / "elsewhere" / row[f"input:{name}"]).is_file() for name in FULL_MAPS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": NaN}', "NaN"),
        ('{"a": "fast"}', "a is 'fast'; give a finite number"),
        ('{"a": 1e999}', "which is too large for a number"),
        ('{"a": true}', "give a finite number"),
        ('{"input:a": 1}', "can't be the name of a label"),
        ("[1, 2]", "holds no names and numbers"),
    ],
)
def test_labels_that_are_none_leave_the_sample_out(
    make_samples: MakeSamples, tmp_path: Path, text: str, message: str
) -> None:
    data = make_samples(0, 1)
    (data / "000000" / "override.json").write_text(text)
    assert message in make("full", data, tmp_path / "save").skipped[0]
