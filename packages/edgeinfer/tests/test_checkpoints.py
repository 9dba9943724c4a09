from __future__ import annotations

import os
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import netzoo
from edgeinfer import checkpoints
from edgeinfer.architectures import build_network, column_names
from edgeinfer.checkpoints import read_card, read_checkpoint
from edgeinfer.errors import CheckpointError
from skytypes.errors import InputError, MissingPackageError
from skytypes.specs import OutputSpec, TensorSpec


class Malicious:
    """Unpickled by a careless reader, it makes a folder."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.target),)


def good() -> dict[str, Any]:
    from edgeinfer_moments import COLUMNS, MOMENTS, SIDE

    state = MOMENTS.build().state_dict()
    return {
        "epoch": 1,
        "model_state": state,
        "val_loss": 0.5,
        "img_size": SIDE,
        "n_out": 5,
        "outputs": COLUMNS,
    }


def save(path: Path, **changes: Any) -> Path:
    content = {k: v for k, v in (good() | changes).items() if v is not None}
    torch.save(content, path)
    return path


def test_a_good_checkpoint_is_read(run_folder: Path) -> None:
    found = read_checkpoint(run_folder / "best.pt")
    assert (found.epoch, found.val_loss, found.img_size) == (3, 0.25, 32)
    assert found.outputs == ("axis_ratio", "sin2PA", "cos2PA", "dx", "dy")


def test_a_malicious_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    target = tmp_path / "made"
    save(tmp_path / "best.pt", extra=Malicious(target))
    with pytest.raises(CheckpointError, match=r"refused: it names \w*\.mkdir; a checkpoint holds"):
        read_checkpoint(tmp_path / "best.pt")
    (tmp_path / "bare.pt").write_bytes(pickle.dumps(Malicious(target)))
    with pytest.raises(CheckpointError, match="not a checkpoint, or cut short"):
        read_checkpoint(tmp_path / "bare.pt")
    assert not target.exists()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.99])
def test_a_checkpoint_cut_short_is_refused(run_folder: Path, tmp_path: Path, share: float) -> None:
    data = (run_folder / "best.pt").read_bytes()
    (tmp_path / "short.pt").write_bytes(data[: int(share * len(data))])
    with pytest.raises(CheckpointError, match="not a checkpoint, or cut short"):
        read_checkpoint(tmp_path / "short.pt")


def test_a_foreign_archive_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.pt", "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(CheckpointError, match="can't be read as a checkpoint"):
        read_checkpoint(tmp_path / "other.pt")


def test_what_an_archive_unpacks_to_is_bounded(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(1 << 20))
    with pytest.raises(CheckpointError, match="unpacks to 1048576 bytes; at most 100000"):
        read_checkpoint(tmp_path / "bomb.pt", max_bytes=100_000)


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.pt").open("wb") as file:
        file.truncate(5 << 30)
    with pytest.raises(InputError, match="5368709120 bytes; at most 2147483648 are read"):
        read_checkpoint(tmp_path / "huge.pt")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"val_loss": None}, "lacks val_loss; a checkpoint has epoch, model_state"),
        ({"model_state": None, "n_out": None}, "lacks model_state, n_out"),
        ({"n_out": 4}, "outputs is"),
        ({"val_loss": float("nan")}, "val_loss is nan"),
        ({"epoch": "three"}, "epoch is 'three'"),
        ({"model_state": [1, 2]}, "model_state is no state dict"),
        ({"model_state": {}}, "model_state is no state dict"),
        ({"model_state": {"gain": 1.0}}, r"model_state\['gain'\] is no tensor"),
        ({"model_state": {"gain": torch.full((5,), torch.inf)}}, "weight 'gain' is not finite"),
    ],
)
def test_wrong_fields_are_named(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        read_checkpoint(save(tmp_path / "best.pt", **changes))


def test_something_else_saved_by_torch_is_refused(tmp_path: Path) -> None:
    torch.save(torch.zeros(3), tmp_path / "tensor.pt")
    with pytest.raises(CheckpointError, match="holds a Tensor; a checkpoint is a dict of epoch"):
        read_checkpoint(tmp_path / "tensor.pt")


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"gain": torch.ones(4)}, r"1 of another shape \(gain\)"),
        ({"other": torch.ones(5)}, r"1 missing \(gain\), 1 unexpected \(other\)"),
    ],
)
def test_weights_of_another_network_are_refused(
    tmp_path: Path, state: dict[str, Any], message: str
) -> None:
    from edgeinfer_moments import CARD

    found = read_checkpoint(save(tmp_path / "best.pt", model_state=state))
    with pytest.raises(CheckpointError, match=f"do not fit architecture 'moments': {message}"):
        build_network(CARD, found)


def test_a_card_of_another_network_is_refused(run_folder: Path) -> None:
    from edgeinfer_moments import CARD

    found = read_checkpoint(run_folder / "best.pt")
    spec = TensorSpec("image", (1, 64, 64), CARD.inputs[0].channels)
    with pytest.raises(CheckpointError, match=r"img_size is 32, the card's pictures have \[64\]"):
        build_network(replace(CARD, inputs=(spec,)), found)
    with pytest.raises(CheckpointError, match="has 2 output columns, the card reads 5"):
        build_network(CARD, replace(found, outputs=("a", "b")))
    with pytest.raises(MissingPackageError, match="no model 'nonesuch' is installed"):
        build_network(replace(CARD, architecture="nonesuch"), found)


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (
            ["axis_ratio", "cos2PA", "sin2PA", "dx", "dy"],
            "column 1 is 'cos2PA', the card reads 'sin2PA' there; give the card of this checkpoint",
        ),
        (["axis_ratio", "sin2PA", "cos2PA", "dy", "dx"], "column 3 is 'dy', the card reads 'dx'"),
        (["incl/90", "sin2PA", "cos2PA", "dx", "dy"], "column 0 is 'incl/90'"),
        ("axisr", "column 0 is 'a'"),
    ],
)
def test_columns_of_another_order_or_meaning_are_refused(
    run_folder: Path, tmp_path: Path, outputs: Any, message: str
) -> None:
    """The shapes fit all the same, and every answer would be another quantity's."""
    path = save(tmp_path / "best.pt", outputs=outputs)
    with pytest.raises(CheckpointError, match=message):
        build_network(read_card(run_folder / "best.card.json"), read_checkpoint(path))


def test_column_names_are_those_of_the_published_checkpoints() -> None:
    names = [name for output in netzoo.DISCONET.card.outputs for name in column_names(output)]
    assert tuple(names) == netzoo.COLUMNS
    softmax = OutputSpec("kind", "", "softmax", (0, 1), classes=("a", "b"))
    assert column_names(softmax) == ()


def test_a_card_of_another_epoch_is_refused(run_folder: Path) -> None:
    """A run that was killed between writing the two leaves the card of the epoch before."""
    from edgeinfer_moments import CARD

    found = read_checkpoint(run_folder / "best.pt")
    build_network(replace(CARD, training={"best_epoch": 3}), found)
    with pytest.raises(CheckpointError, match="is of epoch 3, the card of epoch 2; give the card"):
        build_network(replace(CARD, training={"best_epoch": 2}), found)


def test_building_leaves_the_random_state_alone(run_folder: Path) -> None:
    from edgeinfer_moments import CARD

    before = torch.random.get_rng_state()
    network = build_network(CARD, read_checkpoint(run_folder / "best.pt"))
    assert torch.equal(before, torch.random.get_rng_state())
    assert not network.training


def test_a_missing_card_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"best.card.json: no such card; name .* with --card"):
        read_card(tmp_path / "best.card.json")
    (tmp_path / "best.card.json").write_text("{}")
    with pytest.raises(InputError, match="not a model card: name"):
        read_card(tmp_path / "best.card.json")


def test_the_extra_is_named_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_onnxscript(name: str) -> object:
        return None if name == "onnxscript" else object()

    find: Callable[[str], object] = without_onnxscript
    monkeypatch.setattr(checkpoints, "find_spec", find)
    with pytest.raises(MissingPackageError, match=r"missing: onnxscript.*uv sync --extra export"):
        checkpoints.need_export()


@pytest.mark.parametrize("kind", ["sparse", "meta", "complex", "bits"])
def test_weights_that_are_no_dense_real_numbers_are_refused(tmp_path: Path, kind: str) -> None:
    state = good()["model_state"]
    name = next(iter(state))
    value = state[name].float()
    state[name] = {
        "sparse": value.to_sparse,
        "meta": lambda: value.to("meta"),
        "complex": value.cfloat,
        "bits": lambda: value.view(torch.bits16),
    }[kind]()
    path = save(tmp_path / "best.pt", model_state=state)
    with pytest.raises(CheckpointError, match="is no dense tensor of real numbers"):
        read_checkpoint(path)


def test_weights_of_another_kind_of_number_are_refused(run_folder: Path, tmp_path: Path) -> None:
    state = good()["model_state"]
    name = next(k for k, v in state.items() if v.is_floating_point())
    state[name] = state[name].bool()
    found = read_checkpoint(save(tmp_path / "best.pt", model_state=state))
    with pytest.raises(CheckpointError, match="1 of another kind of number"):
        build_network(read_card(run_folder / "best.card.json"), found)


@pytest.mark.parametrize("dtype", [torch.float32, torch.int64])
def test_a_weight_larger_than_its_file_is_refused_before_memory_is_taken(
    tmp_path: Path, dtype: torch.dtype
) -> None:
    """One number that claims to be ten terabytes or more."""
    state = {"gain": torch.zeros(1, dtype=dtype).expand(10**13)}
    path = save(tmp_path / "best.pt", model_state=state)
    assert path.stat().st_size < 10_000
    with pytest.raises(CheckpointError, match=r"shape \(10000000000000,\), more than the file"):
        read_checkpoint(path)
