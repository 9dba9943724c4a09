"""A checkpoint of the fake network, its export (made once), and files to run it on."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from hypothesis import settings
from onnx import TensorProto, helper

from edgeinfer.modelfile import CARD_KEY
from skyrun.fits import write_image
from skytypes import Beam, ModelCard, SkyImage

# A busy machine is no failure.
settings.register_profile("edgeinfer", deadline=None)
settings.load_profile("edgeinfer")

FAKE_MODELS = Path(__file__).parent / "fake_models"


@contextmanager
def fake_models() -> Iterator[Path]:
    """The fake network is installed within; other packages' tests never see it."""
    sys.path.insert(0, str(FAKE_MODELS))
    try:
        yield FAKE_MODELS
    finally:
        sys.path.remove(str(FAKE_MODELS))


@pytest.fixture(autouse=True)
def registered_moments() -> Iterator[Path]:
    """The fake network, installed for the test; gives the folder that holds it."""
    with fake_models() as folder:
        yield folder


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """best.pt and best.card.json as trainkit leaves them."""
    with fake_models():
        from edgeinfer_moments import COLUMNS, MOMENTS, SIDE

    folder = tmp_path_factory.mktemp("run")
    torch.save(
        {
            "epoch": 3,
            "model_state": MOMENTS.build().state_dict(),
            "val_loss": 0.25,
            "img_size": SIDE,
            "n_out": len(COLUMNS),
            "outputs": COLUMNS,
        },
        folder / "best.pt",
    )
    (folder / "best.card.json").write_text(MOMENTS.card.to_json())
    return folder


@pytest.fixture(scope="session")
def exported(run_folder: Path) -> Path:
    """The fake network as ONNX, through the real path."""
    from edgeinfer import export_checkpoint

    with fake_models():
        export_checkpoint(run_folder / "best.pt", run_folder / "moments.onnx")
    return run_folder / "moments.onnx"


@pytest.fixture
def edited(exported: Path, tmp_path: Path) -> Callable[[Callable[[Any], Any]], Path]:
    """Makes a copy of the exported model, changed by a function of its ModelProto."""

    def edit(change: Callable[[Any], Any]) -> Path:
        model = onnx.load(exported)
        change(model)
        path = tmp_path / "edited.onnx"
        path.write_bytes(model.SerializeToString())
        return path

    return edit


@pytest.fixture
def small_model(tmp_path: Path) -> Callable[..., Path]:
    """Writes an ONNX file of a chain of operators from ``image`` (batch, 1, 8, 8), with a card."""

    def write(card: ModelCard, operators: str, shape: list[Any]) -> Path:
        chain = operators.split()
        names = ["image", *(f"step_{i}" for i in range(1, len(chain))), "output"]
        nodes = [
            helper.make_node(operator, [names[i]], [names[i + 1]])
            for i, operator in enumerate(chain)
        ]
        graph = helper.make_graph(
            nodes,
            "small",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 8, 8])],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, shape)],
        )
        opset = [helper.make_opsetid("", 18)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=9)
        entry = model.metadata_props.add()
        entry.key, entry.value = CARD_KEY, card.to_json()
        path = tmp_path / "small.onnx"
        path.write_bytes(model.SerializeToString())
        return path

    return write


def gaussian_sky(
    side: int = 96, x: float = 50.0, y: float = 45.0, sigma: float = 6.0, noise: float = 0.0
) -> SkyImage:
    """A round source at pixel (x, y), 0.01 arcsec a pixel."""
    rows, columns = np.mgrid[:side, :side]
    data = np.exp(-0.5 * ((columns - x) ** 2 + (rows - y) ** 2) / sigma**2)
    data = data + noise * np.random.default_rng(5).standard_normal(data.shape)
    return SkyImage(data.astype(np.float32), 0.01, "Jy/beam", beam=Beam(0.05, 0.04, 20.0))


@pytest.fixture
def sky_folder(tmp_path: Path) -> Path:
    """Three good images of different sizes."""
    folder = tmp_path / "skies"
    folder.mkdir()
    for index, side in enumerate((64, 96, 80)):
        write_image(folder / f"sky_{index}.fits", gaussian_sky(side, side / 2, side / 2 + index))
    return folder


@pytest.fixture
def copy_of_run(run_folder: Path, tmp_path: Path) -> Path:
    """best.pt and its card in a folder of the test's own."""
    for name in ("best.pt", "best.card.json"):
        shutil.copy(run_folder / name, tmp_path / name)
    return tmp_path
