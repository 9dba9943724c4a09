from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from onnx import helper, numpy_helper

from edgeinfer import verify_model
from edgeinfer.errors import CheckpointError, ModelFileError
from edgeinfer.modelfile import CARD_KEY, GOLDEN_KEY, PARITY_KEY
from skytypes import ModelCard
from skytypes.specs import Channel, Operation, OutputSpec, TensorSpec

Edit = Callable[[Callable[[Any], Any]], Path]


def failed(path: Path) -> set[str]:
    return {c.check for c in verify_model(path, threads=1) if not c.ok}


def rewrite(key: str, change: Callable[[Any], Any]) -> Callable[[Any], None]:
    """Changes one JSON record of a model's metadata."""

    def edit(model: Any) -> None:
        for entry in model.metadata_props:
            if entry.key == key:
                record = json.loads(entry.value)
                change(record)
                entry.value = json.dumps(record)

    return edit


def drop(key: str) -> Callable[[Any], None]:
    def edit(model: Any) -> None:
        kept = [e for e in model.metadata_props if e.key != key]
        model.ClearField("metadata_props")
        model.metadata_props.extend(kept)

    return edit


def test_a_good_file_passes_every_check(exported: Path, run_folder: Path) -> None:
    checks = verify_model(exported, checkpoint=run_folder / "best.pt", threads=1)
    assert {c.check: c.ok for c in checks} == dict.fromkeys(
        (
            "card_fits_network",
            "parity_at_export",
            "answers_finite",
            "batch_of_1_equals_batch_of_5",
            "golden_raw_as_torch",
            "golden_decoded_as_at_export",
            "parity_with_checkpoint",
        ),
        True,
    )


def test_changed_weights_are_noticed_without_torch(edited: Edit) -> None:
    def spoil(model: Any) -> None:
        gain = next(t for t in model.graph.initializer if list(t.dims) == [5])
        changed = numpy_helper.to_array(gain) + np.array([0, 0, 0, 0.01, 0], np.float32)
        gain.CopyFrom(numpy_helper.from_array(changed, gain.name))

    assert failed(edited(spoil)) == {"golden_raw_as_torch"}


def test_a_changed_encoding_is_noticed(edited: Edit) -> None:
    def stretch(card: Any) -> None:
        card["inputs"][0]["channels"][0]["chain"][-1]["args"] = {"power": 0.5}

    assert failed(edited(rewrite(CARD_KEY, stretch))) == {"golden_raw_as_torch"}


def test_a_changed_decoding_is_noticed(edited: Edit) -> None:
    def swap(card: Any) -> None:
        card["outputs"][2]["scale"] = -1.0

    assert failed(edited(rewrite(CARD_KEY, swap))) == {"golden_decoded_as_at_export"}


def test_a_renamed_output_is_noticed(edited: Edit) -> None:
    def rename(card: Any) -> None:
        card["outputs"][0]["name"] = "cos_incl"

    assert failed(edited(rewrite(CARD_KEY, rename))) == {"golden_decoded_as_at_export"}


def test_missing_records_fail(edited: Edit) -> None:
    assert failed(edited(drop(GOLDEN_KEY))) == {"golden_item"}
    assert failed(edited(drop(PARITY_KEY))) == {"parity_at_export"}


def test_a_poor_figure_at_export_fails(edited: Edit) -> None:
    def spoil(record: Any) -> None:
        record["max_abs_diff"] = 2e-4

    assert failed(edited(rewrite(PARITY_KEY, spoil))) == {"parity_at_export"}


@pytest.mark.parametrize("name", ["image", "pixel_scale_arcsec", "reference_x_px"])
def test_a_golden_item_for_other_inputs_fails(edited: Edit, name: str) -> None:
    def spoil(record: Any) -> None:
        del record["sample"][name]

    path = edited(rewrite(GOLDEN_KEY, spoil))
    (check,) = [c for c in verify_model(path, threads=1) if not c.ok]
    assert check.check == "golden_item"
    assert f"no input {name!r}" in check.note


@pytest.mark.parametrize(
    ("name", "shape", "allowed"),
    [
        ("pixel_scale_arcsec", (1, 2), r"\(1,\)"),
        ("bpa_deg", (), r"\(1,\)"),
        ("image", (8,), r"\(1, y, x\)"),
        ("image", (2, 8, 8), r"\(1, y, x\)"),
        ("image", (1, 8, 8, 1), r"\(1, y, x\)"),
    ],
)
def test_a_golden_item_of_another_shape_is_refused(
    edited: Edit, name: str, shape: tuple[int, ...], allowed: str
) -> None:
    def spoil(record: Any) -> None:
        ones = np.ones(shape, np.float32)
        text = base64.b85encode(zlib.compress(ones.tobytes())).decode()
        record["sample"][name] = {"shape": list(shape), "f4": text}

    path = edited(rewrite(GOLDEN_KEY, spoil))
    with pytest.raises(ModelFileError, match=f"golden item can't be read .*{name}.*{allowed}"):
        verify_model(path, threads=1)


def test_items_that_see_each_other_fail(edited: Edit) -> None:
    """A network that subtracts the batch's mean answers by its neighbours."""

    def spoil(model: Any) -> None:
        axes = numpy_helper.from_array(np.array([0], np.int64), "batch_axis")
        model.graph.initializer.append(axes)
        for node in model.graph.node:
            for i, name in enumerate(node.output):
                if name == "output":
                    node.output[i] = "before"
        mean = helper.make_node("ReduceMean", ["before", "batch_axis"], ["mean"], keepdims=1)
        model.graph.node.extend([mean, helper.make_node("Sub", ["before", "mean"], ["output"])])

    assert "batch_of_1_equals_batch_of_5" in failed(edited(spoil))


def test_answers_that_are_not_finite_fail(small_model: Callable[..., Path]) -> None:
    # Noise below zero has no logarithm.
    spec = TensorSpec("image", (1, 8, 8), (Channel("sky", (Operation("standardise"),)),))
    card = ModelCard("m", "0", "m", (spec,), (OutputSpec("first", "", "linear", (0,)),))
    path = small_model(card, "Log Flatten", ["batch", 64])
    assert failed(path) >= {"answers_finite", "golden_item", "parity_at_export"}


def test_another_checkpoint_fails_or_is_refused(
    exported: Path, run_folder: Path, tmp_path: Path
) -> None:
    state = torch.load(run_folder / "best.pt", weights_only=True)
    state["model_state"]["gain"] = torch.full((5,), 1.5)
    torch.save(state, tmp_path / "other.pt")
    checks = verify_model(exported, checkpoint=tmp_path / "other.pt", threads=1)
    assert [c.check for c in checks if not c.ok] == ["parity_with_checkpoint"]
    (tmp_path / "bad.pt").write_bytes(b"x")
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        verify_model(exported, checkpoint=tmp_path / "bad.pt")
