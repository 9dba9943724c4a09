"""A network of netzoo through the real path; nothing in edgeinfer knows its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import netzoo
from edgeinfer import export_checkpoint, load_model, verify_model
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


def test_a_file_is_measured_as_torch_would_have_it(
    trained: tuple[Path, torch.nn.Module],
) -> None:
    folder, network = trained
    written = export_checkpoint(folder / "best.pt", folder / "disk.onnx")
    assert written.parity.max_abs_diff <= 1e-5
    assert written.parity.largest_output > 0.1
    assert all(c.ok for c in verify_model(folder / "disk.onnx", checkpoint=folder / "best.pt"))
    y, x = np.mgrid[:200, :200]
    data = np.exp(-0.5 * (((x - 110) / 20) ** 2 + ((y - 95) / 9) ** 2))
    data = data + 0.01 * np.random.default_rng(1).standard_normal(data.shape)
    write_image(folder / "a.fits", SkyImage(data, 0.01, "Jy/beam", beam=Beam(0.08, 0.05, 30.0)))
    model = load_model(folder / "disk.onnx", threads=1)
    (answer,) = model.run_files([folder / "a.fits"])
    sample = image_sample(read_image(folder / "a.fits"))
    raw = run_torch(network, model.card, encode(model.card.inputs, sample))
    for name, wanted in decode(model.card, raw, sample).items():
        assert answer.values[name] == pytest.approx(float(wanted[0]), rel=1e-3, abs=1e-3), name
