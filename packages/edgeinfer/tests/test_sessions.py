from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from edgeinfer import read_model
from edgeinfer.errors import ModelFileError
from edgeinfer.sessions import Session
from skytypes import ModelCard
from skytypes.errors import InputError
from skytypes.specs import Channel, OutputSpec, TensorSpec

Edit = Callable[[Callable[[Any], Any]], Path]
IMAGE = TensorSpec("image", (1, 8, 8), (Channel("sky"),))
FIRST = OutputSpec("first", "", "linear", (0,))


def test_an_operator_unknown_to_the_runtime_is_one_line(edited: Edit) -> None:
    def spoil(model: Any) -> None:
        model.graph.node[0].op_type = "Exfiltrate"
        model.graph.node[0].domain = "com.stranger"
        opset = model.opset_import.add()
        opset.domain, opset.version = "com.stranger", 1

    with pytest.raises(ModelFileError, match=r"onnxruntime can't load it: .*Exfiltrate") as caught:
        Session(read_model(edited(spoil)))
    assert "\n" not in str(caught.value)


def test_a_broken_graph_is_one_line(edited: Edit) -> None:
    def spoil(model: Any) -> None:
        model.graph.node[-1].input[0] = "nonesuch"

    with pytest.raises(ModelFileError, match="onnxruntime can't load it"):
        Session(read_model(edited(spoil)))


def test_the_runtime_says_nothing_itself(edited: Edit, capfd: pytest.CaptureFixture[str]) -> None:
    def spoil(model: Any) -> None:
        model.graph.node[0].op_type = "Exfiltrate"

    with pytest.raises(ModelFileError, match="can't load it"):
        Session(read_model(edited(spoil)))
    assert capfd.readouterr() == ("", "")


def test_inputs_are_held_to_the_card(small_model: Callable[..., Path]) -> None:
    card = ModelCard("m", "0", "m", (replace(IMAGE, name="picture"),), (FIRST,))
    with pytest.raises(ModelFileError, match=r"takes \['image'\], the card gives \['picture'\]"):
        Session(read_model(small_model(card, "Flatten", ["batch", 64])))
    card = ModelCard("m", "0", "m", (replace(IMAGE, shape=(1, 8, 9)),), (FIRST,))
    with pytest.raises(ModelFileError, match=r"the card gives float32 of shape \(batch, 1, 8, 9\)"):
        Session(read_model(small_model(card, "Flatten", ["batch", 64])))


def test_outputs_are_held_to_the_card(small_model: Callable[..., Path]) -> None:
    card = ModelCard("m", "0", "m", (IMAGE,), (replace(FIRST, tensor="answer"),))
    with pytest.raises(ModelFileError, match="no output 'answer'"):
        Session(read_model(small_model(card, "Flatten", ["batch", 64])))
    card = ModelCard("m", "0", "m", (IMAGE,), (replace(FIRST, columns=(64,)),))
    with pytest.raises(ModelFileError, match=r"reads columns \(64,\)"):
        Session(read_model(small_model(card, "Flatten", ["batch", 64])))


def test_a_fixed_batch_is_refused(edited: Edit) -> None:
    def fix(model: Any) -> None:
        for value in (*model.graph.input, *model.graph.output):
            value.type.tensor_type.shape.dim[0].dim_value = 1

    with pytest.raises(ModelFileError, match="takes batches of 1 only"):
        Session(read_model(edited(fix)))


def test_threads_below_one_are_refused(exported: Path) -> None:
    with pytest.raises(InputError, match="threads is 0; give 1 to 1024"):
        Session(read_model(exported), threads=0)


def test_a_network_that_fails_is_one_line(exported: Path) -> None:
    session = Session(read_model(exported), threads=1)
    with pytest.raises(ModelFileError, match="the network failed"):
        session({"image": np.zeros((1, 1, 8, 8), np.float32)})


def test_a_model_in_the_runtimes_own_format_is_not_taken_for_onnx(
    exported: Path, tmp_path: Path
) -> None:
    """onnxruntime knows it by four bytes that an ONNX file can have too; it was not walked."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.optimized_model_filepath = str(tmp_path / "own.ort")
    options.add_session_config_entry("session.save_model_format", "ORT")
    onnxruntime.InferenceSession(exported, options, providers=["CPUExecutionProvider"])
    data = (tmp_path / "own.ort").read_bytes()
    assert data[4:8] == b"ORTM"
    with pytest.raises(ModelFileError, match="onnxruntime can't load it"):
        Session(replace(read_model(exported), data=data))
