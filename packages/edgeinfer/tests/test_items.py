"""Rows of tables of maps through a network, without the package that made them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import netzoo
from edgeinfer import export_checkpoint, export_network, load_model, verify_model
from edgeinfer.cli import main
from skytypes import ModelCard, Sample, decode, encode, item_rng
from skytypes.cards import UsableRule
from skytypes.specs import Channel, Operation, OutputSpec, TensorSpec

SKY, COUNTS, FLUXES = "s_position_map_radec", "s_ppdot_map", "s_ppdot_map_fluxes"
SHAPES = {SKY: (8, 4), COUNTS: (6, 6), FLUXES: (6, 6)}


def _channels(chain: tuple[Operation, ...], *names: str) -> tuple[Channel, ...]:
    return tuple(Channel(name, chain, name) for name in names)


def card() -> ModelCard:
    """Two input tensors, channels in another order than the table's; a rule on an answer."""
    chain = (Operation("asinh", {"softening": 0.1}), Operation("standardise"))
    return ModelCard(
        "toy",
        "0.1.0",
        "mapnet",
        (
            TensorSpec(
                "maps_6x6", (2, 6, 6), tuple(Channel(n, chain, n) for n in (FLUXES, COUNTS))
            ),
            TensorSpec("maps_8x4", (1, 8, 4), _channels(chain, SKY)),
        ),
        (
            OutputSpec("h_c", "kpc", "linear", (0,), scale=0.3, offset=1.0),
            OutputSpec("sigma_k", "km s^-1", "linear", (1,), scale=90.0, offset=265.0),
        ),
        training={"input_columns": [SKY, COUNTS, FLUXES]},
        usable=(UsableRule("h_c", "h_c is beyond what it was trained on", at_most=1e3),),
    )


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return netzoo.MAPNET.for_card(card()).build().eval()


@pytest.fixture(scope="module")
def model(network: torch.nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("maps") / "popmaps.onnx"
    path.write_bytes(export_network(network, card())[0])
    return path


def maps_of(row: int) -> dict[str, NDArray[Any]]:
    rng = item_rng(9, row, "edgeinfer.tests.maps")
    return {name: rng.gamma(1.0, 3.0, size=shape) for name, shape in SHAPES.items()}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """A table of rows as ``popmaps observed`` writes it: velocities and labels empty."""

    def make(
        rows: int = 1,
        *,
        order: tuple[str, ...] = (SKY, "s_velocity_map_vra", COUNTS, FLUXES),
        change: Callable[[int, str, NDArray[Any]], NDArray[Any] | None] = lambda r, n, v: v,
    ) -> Path:
        lines = [",".join([*(f"input:{n}" for n in order), "h_c"])]
        for row in range(rows):
            cells = []
            for name in order:
                values = maps_of(row).get(name)
                values = None if values is None else change(row, name, values)
                cells.append("" if values is None else f"{name}_{row}.npy")
                if values is not None:
                    np.save(tmp_path / cells[-1], values)
            lines.append(",".join([*cells, ""]))
        path = tmp_path / "dataset_atnf.csv"
        path.write_text("\n".join(lines) + "\n")
        return path

    return make


def expected(network: torch.nn.Module, row: int) -> dict[str, float]:
    sample = Sample({n: v[None].astype(np.float32) for n, v in maps_of(row).items()}, size=1)
    tensors = encode(card().inputs, sample)
    with torch.no_grad():
        raw = network(*(torch.as_tensor(tensors[spec.name]) for spec in card().inputs))
    return {k: float(v[0]) for k, v in decode(card(), raw, sample.map(torch.as_tensor)).items()}


def test_every_row_is_answered_as_torch_would(
    network: torch.nn.Module, model: Path, write: Callable[..., Path]
) -> None:
    path = write(5)
    answers = list(load_model(model, threads=1).run_files([path], batch_size=2))
    assert [a.file for a in answers] == [f"{path}#{row:06d}" for row in range(5)]
    for row, answer in enumerate(answers):
        assert answer.usable
        assert answer.values == pytest.approx(expected(network, row), rel=1e-5)
    assert all(c.ok for c in verify_model(model))


def test_the_command_prints_and_writes_them(
    model: Path, write: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(2)
    assert main(["run", str(model), str(path), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [set(r) >= {"h_c", "sigma_k", "usable"} for r in rows] == [True, True]
    assert main(["run", str(model), str(path), "-o", str(tmp_path / "said.csv")]) == 0
    assert "2 of 2 rows answered" in capsys.readouterr().err
    assert (tmp_path / "said.csv").read_text().splitlines()[0].startswith("file,h_c,sigma_k,usable")


def refusal(model: Path, path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["run", str(model), str(path), "--json"]) == 2
    out, err = capsys.readouterr()
    assert err.count("\n") == 1
    assert json.loads(out)["error"] in err
    return err


def test_another_resolution_is_refused_with_both_named(
    model: Path, write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(change=lambda r, n, v: np.ones((12, 6)) if n == SKY else v)
    said = refusal(model, path, capsys)
    assert "'s_position_map_radec' has 12 x 6 bins, the model takes 8 x 4; make the maps" in said


def test_another_order_of_channels_is_refused_with_both_named(
    model: Path, write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    said = refusal(model, write(order=(COUNTS, SKY, FLUXES)), capsys)
    assert "has the channels in the order s_ppdot_map, s_position_map_radec, s_ppdot_map_f" in said
    assert "was trained on s_position_map_radec, s_ppdot_map, s_ppdot_map_fluxes: write" in said


def test_a_missing_channel_is_refused_with_both_named(
    model: Path, write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    said = refusal(model, write(order=(SKY, COUNTS)), capsys)
    assert "has no channel s_ppdot_map_fluxes; the model takes s_ppdot_map_fluxes, s_ppd" in said
    assert "the table has s_position_map_radec, s_ppdot_map" in said
    empty = write(change=lambda r, n, v: None if n == COUNTS else v)
    assert "names no file for 's_ppdot_map', which the model takes" in refusal(model, empty, capsys)


def test_a_bad_row_stops_no_other(
    model: Path, write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    def spoil(row: int, name: str, values: NDArray[Any]) -> NDArray[Any]:
        return np.full_like(values, np.nan) if (row, name) == (1, FLUXES) else values

    path = write(3, change=spoil)
    (path.parent / f"{SKY}_2.npy").unlink()
    assert main(["run", str(model), str(path), str(path.parent / "none.csv"), "--json"]) == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "h_c" in rows[0]
    assert "36 bins are not finite" in rows[1]["error"]
    assert "no such file" in rows[2]["error"]
    assert rows[3] == {"file": str(path.parent / "none.csv"), "error": "no such file"}


def test_what_is_no_table_is_refused(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sky.fits").write_bytes(b"SIMPLE")
    assert "the model takes maps; give the CSV" in refusal(model, tmp_path / "sky.fits", capsys)
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    assert "no 'input:' column" in refusal(model, tmp_path / "t.csv", capsys)


def test_answers_beyond_the_training_are_not_usable(
    network: torch.nn.Module, write: Callable[..., Path], tmp_path: Path
) -> None:
    low = UsableRule("h_c", "h_c is beyond what it was trained on", at_least=1e3)
    path = tmp_path / "strict.onnx"
    path.write_bytes(export_network(network, replace(card(), usable=(low,)))[0])
    (answer,) = load_model(path).run_files([write()])
    assert answer.reasons == ("h_c is beyond what it was trained on",)


def test_a_checkpoint_is_exported_for_its_own_card(
    network: torch.nn.Module, write: Callable[..., Path], tmp_path: Path
) -> None:
    """The registered factory has nine channels of 32 bins; the card has other ones."""
    content = {"epoch": 1, "model_state": network.state_dict(), "val_loss": 1.0}
    content |= {"img_size": 6, "n_out": 2, "outputs": ["h_c/0.3", "sigma_k/90"]}
    torch.save(content, tmp_path / "best.pt")
    (tmp_path / "best.card.json").write_text(card().to_json())
    export_checkpoint(tmp_path / "best.pt", tmp_path / "m.onnx")
    (answer,) = load_model(tmp_path / "m.onnx").run_files([write()])
    assert answer.values == pytest.approx(expected(network, 0), rel=1e-5)
