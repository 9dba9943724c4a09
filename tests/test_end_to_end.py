"""Training and the telescope see the same: a checkpoint, its ONNX and a FITS file agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from edgeinfer import export_checkpoint, load_model
from skymodels import SyntheticDisks
from skyrun.fits import write_image
from skytypes import Beam, ModelCard, Sample, SkyImage, find
from trainkit import fit_disks, predict, preset

ITEMS = range(6)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network trained for seconds, and its ONNX."""
    folder = tmp_path_factory.mktemp("fit")
    config = preset("quick", synthetic=96, epochs=1, batch_size=16, seed=5)
    fit_disks(config, out=folder)
    export_checkpoint(folder / "best.pt", folder / "disk.onnx")
    return folder


def _image(sample: Sample) -> SkyImage:
    inputs = {k: np.asarray(v) for k, v in sample.inputs.items()}
    beam = Beam(*(float(inputs[k]) for k in ("bmaj_arcsec", "bmin_arcsec", "bpa_deg")))
    return SkyImage(
        inputs["image"],
        float(inputs["pixel_scale_arcsec"]),
        "Jy/beam",
        reference_px=(float(inputs["reference_x_px"]), float(inputs["reference_y_px"])),
        beam=beam,
    )


def test_torch_on_the_dataset_and_onnx_on_the_files_give_one_answer(
    fitted: Path, tmp_path: Path
) -> None:
    dataset = SyntheticDisks(len(ITEMS), seed=11)
    card = ModelCard.from_json((fitted / "best.card.json").read_text())
    network = find("models", card.architecture).build()
    network.load_state_dict(torch.load(fitted / "best.pt", weights_only=True)["model_state"])
    in_torch = predict(network, card, dataset, list(ITEMS))
    files = [tmp_path / f"{i}.fits" for i in ITEMS]
    for i in ITEMS:
        write_image(files[i], _image(dataset[i]))
    answers = [answer.values for answer in load_model(fitted / "disk.onnx").run_files(files)]
    for name, tolerance in (("incl_deg", 0.02), ("dx_arcsec", 1e-3), ("dy_arcsec", 1e-3)):
        said = np.array([answer[name] for answer in answers], dtype=float)
        assert np.allclose(said, in_torch[name], atol=tolerance), name
    turned = np.array([answer["pa_deg"] for answer in answers], dtype=float) - in_torch["pa_deg"]
    assert np.all(np.abs((turned + 90) % 180 - 90) < 1.0)


def test_the_card_says_what_the_network_was_trained_and_measured_on(fitted: Path) -> None:
    card = load_model(fitted / "disk.onnx").card
    assert card.provenance is not None
    assert card.limits
    held_out = {metric.name: metric for metric in card.metrics}
    assert {"incl_mae_deg", "pa_mae_deg", "centre_mae_arcsec"} <= set(held_out)
    assert all(metric.baseline and metric.n > 0 for metric in card.metrics)
