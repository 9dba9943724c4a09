"""A network of netzoo through the real path; nothing in edgeinfer knows its name."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import netzoo
from edgeinfer import Exported, export_checkpoint, load_model, verify_model
from edgeinfer.cli import main
from edgeinfer.parity import run_torch
from skyrun.fits import read_image, write_image
from skytypes import Beam, SkyImage, decode, encode, find
from skytypes.samples import image_sample

NAME = "disconet-compact"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, torch.nn.Module]:
    """A run's folder with weights as large as training leaves them, and the network."""
    network = netzoo.build_network(NAME, seed=4)
    draw = torch.Generator().manual_seed(4)
    for name, buffer in network.named_buffers():
        if name.endswith("running_var"):
            buffer.copy_(0.05 + torch.rand(buffer.shape, generator=draw))
        elif name.endswith("running_mean"):
            buffer.copy_(0.2 * torch.randn(buffer.shape, generator=draw))
    card = find("models", NAME).card
    columns = ["incl/90", "sin2PA", "cos2PA", "dx/0.14", "dy/0.14"]
    folder = tmp_path_factory.mktemp("netzoo")
    torch.save(
        {
            "epoch": 1,
            "model_state": network.state_dict(),
            "val_loss": 1.0,
            "img_size": card.inputs[0].shape[-1],
            "n_out": len(columns),
            "outputs": columns,
        },
        folder / "best.pt",
    )
    (folder / "best.card.json").write_text(card.to_json())
    return folder, network.eval()


@pytest.fixture(scope="module")
def written(trained: tuple[Path, torch.nn.Module]) -> Exported:
    """The network as ``disk.onnx``, beside a picture ``a.fits`` of a tilted source."""
    folder, _ = trained
    y, x = np.mgrid[:200, :200]
    data = np.exp(-0.5 * (((x - 110) / 20) ** 2 + ((y - 95) / 9) ** 2))
    data = data + 0.01 * np.random.default_rng(1).standard_normal(data.shape)
    write_image(folder / "a.fits", SkyImage(data, 0.01, "Jy/beam", beam=Beam(0.08, 0.05, 30.0)))
    return export_checkpoint(folder / "best.pt", folder / "disk.onnx")


def test_a_file_is_measured_as_torch_would_have_it(
    trained: tuple[Path, torch.nn.Module], written: Exported
) -> None:
    folder, network = trained
    assert written.parity.max_abs_diff <= 1e-5
    assert written.parity.largest_output > 0.1
    assert all(c.ok for c in verify_model(written.path, checkpoint=folder / "best.pt"))
    model = load_model(written.path, threads=1)
    (answer,) = model.run_files([folder / "a.fits"])
    sample = image_sample(read_image(folder / "a.fits"))
    raw = run_torch(network, model.card, encode(model.card.inputs, sample))
    for name, wanted in decode(model.card, raw, sample).items():
        assert answer.values[name] == pytest.approx(float(wanted[0]), rel=1e-3, abs=1e-3), name


def test_a_line_of_a_disk_holds_these_fields_and_no_others(
    trained: tuple[Path, torch.nn.Module], written: Exported, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = str(trained[0] / "a.fits")
    assert main(["run", written.path, picture, "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert list(row) == [
        "file",
        "incl_deg",
        "pa_deg",
        "dx_arcsec",
        "dy_arcsec",
        "usable",
        "reasons",
        "seconds",
    ]
    assert row["file"] == picture
    assert 0 <= row["incl_deg"] <= 90
    assert 0 <= row["pa_deg"] < 180
    assert row["seconds"] > 0
