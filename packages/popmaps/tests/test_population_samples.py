"""Folders of samples: whole, the same whatever the workers, and continued where stopped."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import popmaps.population.samples as samples_module
from popmaps.cli import main
from popmaps.columns import FULL
from popmaps.population.samples import make_sample, make_samples
from popmaps.population.tasks import MAX_PICKLED_STARS, SampleResult, SampleTask, check_task
from popmaps.tables import find_table, read_table
from skyrun.folder import locked_folder
from skytypes.errors import InputError


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and ".done" not in p.parts
    }


def simulate(out: Path, *options: str) -> int:
    return main(["simulate", "-o", str(out), "--seed", "3", *options])


SWEEP = ("-n", "300", "--vary", "h_c", "0.1", "0.3", "--vary", "a_late", "-2", "-0.5")


def test_a_sample_holds_what_the_documents_say(tmp_path: Path) -> None:
    assert simulate(tmp_path, *SWEEP, "--samples", "2") == 0
    assert sorted(p.name for p in tmp_path.glob("[0-9]*")) == ["000000", "000001"]
    assert sorted(p.name for p in (tmp_path / "000001").iterdir()) == [
        "configuration.json",
        "final_population.parquet",
        "initial_population.parquet",
        "override.json",
        "survey_HTRU_high_results.parquet",
        "survey_HTRU_low_mid_results.parquet",
        "survey_PMPS_results.parquet",
        "survey_SMPS_results.parquet",
    ]
    override = json.loads((tmp_path / "000001" / "override.json").read_text())
    configuration = json.loads((tmp_path / "000001" / "configuration.json").read_text())
    assert list(override) == ["a_late", "h_c"]
    assert configuration["parameters"]["h_c"] == override["h_c"]
    assert configuration["configuration"]["settings"]["galaxy"]["h_c_kpc"] == override["h_c"]
    assert configuration["seed"] == 3
    assert configuration["versions"]["popmaps"]
    table = read_table(tmp_path / "000001" / "final_population.parquet", ["z", "P_dot"])
    assert dict(table.units) == {"z": "kpc", "P_dot": "s s^-1"}


def test_the_bytes_do_not_depend_on_the_workers_nor_on_other_samples(tmp_path: Path) -> None:
    assert simulate(tmp_path / "one", *SWEEP, "--samples", "3") == 0
    assert simulate(tmp_path / "two", *SWEEP, "--samples", "3", "--workers", "2") == 0
    assert simulate(tmp_path / "less", *SWEEP, "--samples", "2") == 0
    one = contents(tmp_path / "one")
    assert one == contents(tmp_path / "two")
    less = contents(tmp_path / "less")
    assert less == {name: data for name, data in one.items() if not name.startswith("000002")}
    assert one["000000/final_population.parquet"] != one["000001/final_population.parquet"]


def test_a_stopped_run_continues_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert simulate(tmp_path / "whole", *SWEEP, "--samples", "2") == 0

    class StoppedError(Exception):
        pass

    def stop(*_: object) -> None:
        raise StoppedError

    with monkeypatch.context() as patch:
        # As a kill does: tables are there, the mark is not.
        patch.setattr(samples_module, "write_json", stop)
        with pytest.raises(StoppedError):
            simulate(tmp_path / "stopped", *SWEEP, "--samples", "2")
    assert (tmp_path / "stopped" / "000000" / "final_population.parquet").exists()
    (tmp_path / "stopped" / "000000" / ".final_population.parquet.part").write_bytes(b"half")
    assert simulate(tmp_path / "stopped", *SWEEP, "--samples", "2") == 0
    assert contents(tmp_path / "stopped") == contents(tmp_path / "whole")


def test_finished_samples_are_not_made_again_damaged_ones_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate(tmp_path, *SWEEP, "--json")
    first = json.loads(capsys.readouterr().out)
    before = contents(tmp_path)
    simulate(tmp_path, *SWEEP, "--json")
    again = json.loads(capsys.readouterr().out)
    assert first["status"] == "made"
    assert again == first | {"status": "reused"}
    assert list(again) == list(first)
    (tmp_path / "000000" / "final_population.parquet").write_bytes(b"damaged")
    simulate(tmp_path, *SWEEP, "--json")
    assert json.loads(capsys.readouterr().out)["status"] == "made"
    assert contents(tmp_path) == before


def test_what_another_run_made_is_never_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate(tmp_path, *SWEEP)
    before = contents(tmp_path)
    for options, told in (
        (("--t-max-yr", "1e6"), "t_max_yr: 30000000.0, not 1000000.0"),
        (
            ("--kind", "surveys"),
            "producer: popmaps.simulate.full, not popmaps.simulate.surveys",
        ),
        (("--format", "pickle"), "format: parquet, not pickle"),
    ):
        assert simulate(tmp_path, *SWEEP, *options) == 2
        err = capsys.readouterr().err
        assert f"was made with another {told}; give another folder" in err
    assert main(["simulate", "-o", str(tmp_path), "--seed", "4", *SWEEP]) == 2
    (tmp_path / "000001").mkdir()
    (tmp_path / "000001" / "thesis.tex").write_text("mine")
    assert simulate(tmp_path, *SWEEP, "--samples", "2") == 2
    assert "holds 'thesis.tex', which no sample has" in capsys.readouterr().err
    (tmp_path / "000001" / "thesis.tex").unlink()
    (tmp_path / "000001").rmdir()
    assert contents(tmp_path) == before


def test_samples_out_of_reach_are_recorded_and_stop_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--kind", "surveys", "-n", "12000", "--target", "PMPS", "3", "--json")
    grid = ("--grid", "L_radio_log10_mean", "20", "26.17", "2")
    assert simulate(tmp_path, *options, *grid) == 0
    out, err = capsys.readouterr()
    lost, made = (json.loads(line) for line in out.splitlines())
    assert (lost["status"], made["status"], made["PMPS"]) == ("aborted", "made", 3)
    assert "000000: aborted: 12000 stars (0.04 births a century) leave PMPS 0 of 3" in err
    assert "1 samples aborted" in err
    record = json.loads((tmp_path / "000000" / "aborted.json").read_text())
    assert record["stars"] == 12000
    assert not list((tmp_path / "000000").glob("*.parquet"))
    assert simulate(tmp_path, *options, *grid) == 0
    again = [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()]
    assert again == ["aborted", "reused"]


@pytest.mark.parametrize(("lost", "status"), [((), 0), ((1,), 1), ((0, 1), 2)])
def test_the_exit_status_says_whether_all_some_or_none_are_made(
    lost: tuple[int, ...],
    status: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = make_sample

    def make(task: SampleTask) -> SampleResult:
        if task.number in lost:
            raise InputError(f"{task.name}: no space left; free some")
        return whole(task)

    monkeypatch.setattr(samples_module, "make_sample", make)
    assert simulate(tmp_path, "-n", "100", "--samples", "2", "--json") == status
    out, err = capsys.readouterr()
    states = [json.loads(line)["status"] for line in out.splitlines()]
    assert states == ["failed" if number in lost else "made" for number in range(2)]
    assert err.count("no space left; free some") == len(lost)


def test_pickles_hold_the_same_numbers(tmp_path: Path) -> None:
    simulate(tmp_path / "a", "-n", "200")
    simulate(tmp_path / "b", "-n", "200", "--format", "pickle")
    names = [column.name for column in FULL]
    parquet = read_table(find_table(tmp_path / "a" / "000000", "final_population"), names)
    pickled = read_table(tmp_path / "b" / "000000" / "final_population.pkl.gz", names)
    assert parquet.units == pickled.units
    assert all(np.array_equal(parquet[name], pickled[name]) for name in names)


def test_a_survey_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    survey = tmp_path / "mine.toml"
    survey.write_text(
        "[survey.DEEP]\nfrequency_mhz = 1400\nbandwidth_mhz = 700\nchannel_mhz = 0.5\n"
        "integration_s = 10000\nsampling_us = 64\nreceiver_k = 20\ngain_k_jy = 16\n"
    )
    assert simulate(tmp_path / "out", "-n", "300", "--surveys", str(survey), "--json") == 0
    row = json.loads(capsys.readouterr().out)
    assert row["DEEP"] > row["PMPS"]
    assert (tmp_path / "out" / "000000" / "survey_DEEP_results.parquet").exists()


def test_a_survey_named_as_a_column_of_the_answer_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    survey = tmp_path / "mine.toml"
    survey.write_text(
        "[survey.stars]\nfrequency_mhz = 1400\nbandwidth_mhz = 700\nchannel_mhz = 0.5\n"
        "integration_s = 10000\nsampling_us = 64\nreceiver_k = 20\ngain_k_jy = 16\n"
    )
    assert simulate(tmp_path / "out", "-n", "300", "--surveys", str(survey)) == 2
    assert "group stars is named as a column of the answer; rename it" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-n", "0"), "0 stars; give 1 to 20000000"),
        (("-n", "-5"), "-5 stars"),
        (("-n", "99999999"), "99999999 stars"),
        (("-n", "many"), "many"),
        (
            ("-n", "10000000", "--format", "pickle"),
            "10000000 stars in pickles need 13.0 GB of memory; give format 'parquet'",
        ),
        (("--samples", "0"), "0 samples; give 1 to 1000000"),
        (("--vary", "height", "1", "2"), "parameter 'height'; what can vary: B_initial"),
        (("--vary", "h_c", "2", "1"), "h_c from 2 to 1"),
        (("--vary", "h_c", "1"), "vary"),
        (("--vary", "vk_c", "1", "2"), "vk_c changes nothing while kick_law is 'maxwell'"),
        (("--set", "h_c", "nan"), "h_c_kpc is nan"),
        (("--set", "h_c", "1", "--vary", "h_c", "1", "2"), "h_c is set and varies"),
        (("--set", "h_c", "1", "--set", "h_c", "2"), "--set names one thing twice"),
        (("--target", "PMPS", "5"), "a target with kind 'full'"),
        (("--kind", "surveys", "--target", "FAST", "5"), "target of 'FAST'; give one of PMPS"),
        (("--kind", "surveys", "--target", "PMPS", "0"), "target of PMPS is 0; give 1 or more"),
        (("--kind", "dyn", "--set", "a_late", "-1"), "a_late changes nothing in a run of kind"),
        (("--kind", "magrot", "--vary", "sigma_k", "1", "2"), "sigma_k changes nothing in a run"),
        (("--grid", "h_c", "0.1", "0.2", "2.5"), "'2.5' is no whole number"),
        (("--kind", "surveys", "--target", "PMPS", "2.5"), "'2.5' is no whole number"),
        (("--t-max-yr", "-1"), "t_max_yr is -1"),
        (("--workers", "0"), "workers is 0"),
        (("--settings", "none.toml"), "none.toml"),
        (("--surveys", "none.toml"), "none.toml"),
        (("--kind", "half"), "half"),
        (("--seed", "-1"), "seed is -1"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    options: tuple[str, ...],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = ["simulate", "-o", str(tmp_path / "out"), *options]
    assert main(given if "--seed" in options else [*given, "--seed", "3"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert message in err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_a_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").write_text("mine")
    assert simulate(tmp_path / "out", "-n", "100") == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert (tmp_path / "out").read_text() == "mine"


def test_a_folder_in_use_is_refused_and_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate(tmp_path, "-n", "100")
    before = contents(tmp_path)
    with locked_folder(tmp_path):
        assert simulate(tmp_path, "-n", "100", "--samples", "2") == 2
    assert "another run is using it" in capsys.readouterr().err
    assert contents(tmp_path) == before


def test_a_damaged_record_of_a_sample_stops_no_other(tmp_path: Path) -> None:
    simulate(tmp_path, "-n", "100", "--samples", "2")
    before = contents(tmp_path)
    (tmp_path / "000000" / "configuration.json").write_text("{}}")
    assert simulate(tmp_path, "-n", "100", "--samples", "2") == 0
    assert contents(tmp_path) == before


def test_a_link_in_the_place_of_a_sample_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "000000").symlink_to(tmp_path / "mine")
    assert simulate(tmp_path / "out", "-n", "100") == 2
    assert "is a file or a link, not a sample's folder; remove it" in capsys.readouterr().err
    assert not list((tmp_path / "mine").iterdir())


def test_a_name_that_is_no_text_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / os.fsdecode(b"\xff")
    assert simulate(out, "-n", "100") == 2
    assert "its name is no UTF-8" in capsys.readouterr().err
    assert not out.exists()


def test_only_what_is_kept_in_memory_bounds_a_pickle(tmp_path: Path) -> None:
    most = SampleTask(0, tmp_path, "dyn", stars=MAX_PICKLED_STARS, format="pickle")
    check_task(most)
    check_task(replace(most, stars=MAX_PICKLED_STARS + 1, format="parquet"))
    # Of a population drawn for surveys only the detections are kept.
    check_task(replace(most, stars=10**7, kind="surveys", targets={"PMPS": 5}))
    with pytest.raises(InputError, match=r"2000001 stars in pickles need 2\.6 GB of memory"):
        check_task(replace(most, stars=MAX_PICKLED_STARS + 1))


def test_a_task_without_stars_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="kind 'dyn' without a number of stars"):
        list(make_samples([SampleTask(0, tmp_path, "dyn")]))
    assert make_sample(SampleTask(0, tmp_path, "dyn", stars=3)).status == "made"
