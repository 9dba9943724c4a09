from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeinfer import read_model
from edgeinfer.errors import ModelFileError
from edgeinfer.modelfile import CARD_KEY, EXPORT_KEY, GOLDEN_KEY, PARITY_KEY
from skytypes.errors import InputError

Edit = Callable[[Callable[[Any], Any]], Path]


def set_card(text: str) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        for entry in model.metadata_props:
            if entry.key == CARD_KEY:
                entry.value = text

    return change


def test_card_and_records_survive_the_way_through_the_file(exported: Path) -> None:
    from edgeinfer_moments import CARD

    file = read_model(exported)
    assert file.card == CARD
    assert set(file.metadata) == {CARD_KEY, PARITY_KEY, GOLDEN_KEY, EXPORT_KEY}
    assert file.opset == 20
    assert file.record("nonesuch") is None
    export = file.record(EXPORT_KEY)
    assert export is not None and export["configuration"]["epoch"] == 3


def test_the_file_holds_no_trace_of_the_machine(exported: Path) -> None:
    data = exported.read_bytes()
    assert b"edgeinfer_moments.py" not in data
    assert os.fsencode(Path.cwd()) not in data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "it holds 0 graphs"),
        (b"SIMPLE  =                    T", "not an ONNX model"),
        (bytes(range(256)) * 20, "not an ONNX model"),
        (b"\x80\x04\x95", "not an ONNX model"),
    ],
)
def test_foreign_bytes_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "foreign.onnx").write_bytes(data)
    with pytest.raises(ModelFileError, match=message) as caught:
        read_model(tmp_path / "foreign.onnx")
    assert "\n" not in str(caught.value)


def test_a_model_cut_short_is_refused(exported: Path, tmp_path: Path) -> None:
    data = exported.read_bytes()
    (tmp_path / "short.onnx").write_bytes(data[: len(data) - 100])
    with pytest.raises(ModelFileError, match="cut short"):
        read_model(tmp_path / "short.onnx")


def test_size_is_bounded_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "huge.onnx"
    with path.open("wb") as file:
        file.truncate(3 << 30)
    with pytest.raises(InputError, match=r"3221225472 bytes; at most 2147483648 are read"):
        read_model(path)


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_model(tmp_path / "nonesuch.onnx")
    with pytest.raises(InputError, match="is a folder"):
        read_model(tmp_path)


def test_external_data_are_refused(edited: Edit, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(bytes(20))

    def send_outside(model: Any) -> None:
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = 1
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", "weights.bin"

    with pytest.raises(ModelFileError, match="lie outside the file; only models of one file"):
        read_model(edited(send_outside))


def test_a_model_without_card_is_refused(edited: Edit) -> None:
    path = edited(lambda model: model.ClearField("metadata_props"))
    with pytest.raises(ModelFileError, match="no model card in the metadata"):
        read_model(path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "x"}', "null"])
def test_a_bad_card_is_refused(edited: Edit, text: str) -> None:
    with pytest.raises(InputError, match="not a model card"):
        read_model(edited(set_card(text)))


def test_output_names_that_a_row_needs_are_refused(edited: Edit) -> None:
    from edgeinfer_moments import CARD

    card = json.loads(CARD.to_json())
    card["outputs"][0]["name"] = "seconds"
    with pytest.raises(ModelFileError, match="output 'seconds'; give it another name"):
        read_model(edited(set_card(json.dumps(card))))


def test_a_card_without_outputs_is_refused(edited: Edit) -> None:
    from edgeinfer_moments import CARD

    card = json.loads(CARD.to_json()) | {"outputs": []}
    with pytest.raises(ModelFileError, match="no inputs or no outputs"):
        read_model(edited(set_card(json.dumps(card))))


def test_a_record_that_is_no_object_is_refused(edited: Edit) -> None:
    def spoil(model: Any) -> None:
        next(e for e in model.metadata_props if e.key == PARITY_KEY).value = "[1]"

    file = read_model(edited(spoil))
    with pytest.raises(ModelFileError, match="no JSON object"):
        file.record(PARITY_KEY)
