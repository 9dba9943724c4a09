import json
from pathlib import Path

import pytest

from trainkit.cli import main

FIT = ["fit", "disks"]
TINY = [*FIT, "--synthetic", "40", "--epochs", "1", "--batch-size", "8", "--device", "cpu"]


def refusal(argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("trainkit: error: ")
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--preset", "slow"], "quick"),
        (["--model", "nonesuch"], "no model 'nonesuch' is installed"),
        (["--model", "nonesuch"], "install netzoo"),
        (["--lr", "0"], "lr is 0.0; give a positive number"),
        (["--lr", "nan"], "lr is nan; give a positive number"),
        (["--epochs", "0"], "epochs is 0; give a whole number"),
        (["--batch-size", "400000"], "batch size 400000 is larger than the"),
        (["--data", "no/such/folder"], "no such folder; give a folder of simulated disks"),
        (["--data", "disks-simulated="], "names no folder; give disks-simulated=FOLDER"),
        (["--data", "simulationz"], "no such folder, and no dataset 'simulationz' is installed"),
        (["--data", "nonesuch=here"], "no dataset 'nonesuch' is installed"),
        (["--synthetic", "0"], "synthetic is 0 and there is no other data"),
        (["--resume"], "nothing to resume; leave --resume out"),
        (["--device", "tpu"], "tpu"),
        (["--rate", "1"], "--rate"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    out = tmp_path / "run"
    line = refusal([*FIT, "--out", str(out), *options], capsys)
    assert message in line
    assert not out.exists()


def test_a_file_where_the_folder_should_be_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run").write_text("mine")
    line = refusal([*TINY, "--out", str(tmp_path / "run")], capsys)
    assert "is a file; give a folder" in line
    assert (tmp_path / "run").read_text() == "mine"


@pytest.mark.parametrize(("target", "inside"), [("nowhere", ""), ("run", ""), ("nowhere", "fit")])
def test_a_link_that_leads_nowhere_is_refused_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], target: str, inside: str
) -> None:
    (tmp_path / "run").symlink_to(tmp_path / target)
    line = refusal([*TINY, "--out", str(tmp_path / "run" / inside)], capsys)
    assert "a link in it leads nowhere; give a folder" in line


def test_a_bad_last_checkpoint_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "last.pt").write_bytes(b"PK\x03\x04 and so on")
    line = refusal([*TINY, "--out", str(tmp_path), "--resume"], capsys)
    assert "last.pt: not a whole checkpoint" in line


def test_a_tiny_run_prints_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*TINY, "--out", str(tmp_path / "run"), "--validation", "0.3", "--json"]) == 0
    out, err = capsys.readouterr()
    rows = [json.loads(line) for line in out.splitlines()]
    assert {r["name"] for r in rows} == {"incl_mae_deg", "pa_mae_deg", "centre_mae_arcsec"}
    assert {r["baseline"] for r in rows} == {"predict_mean", "gaussian_fit"}
    assert all(r["low"] <= r["value"] <= r["high"] for r in rows)
    assert "epoch 1/1: " in err


def test_ctrl_c_says_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("trainkit.disk_fit.fit_disks", interrupted)
    assert main([*TINY, "--out", str(tmp_path / "run")]) == 130
    said = "trainkit: stopped; run it again with --resume to go on from the last whole epoch\n"
    assert capsys.readouterr().err == said


def test_help_needs_no_torch(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "disks", "--help"]) == 0
    out = capsys.readouterr().out
    for option in ("preset", "model", "data", "epochs", "batch-size", "lr", "seed", "device"):
        assert f"--{option}" in out
