"""Published checkpoints, good and bad."""

from __future__ import annotations

import os
import pickle
import re
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from netzoo import COLUMNS, build_network, load_disconet
from skytypes.errors import InputError

State = dict[str, Tensor]


@pytest.fixture(scope="module")
def state() -> State:
    return dict(build_network("disconet", seed=4).state_dict())


def older(state: State) -> State:
    """The older published spelling."""
    return {
        re.sub(r"^enc(\d)\.", r"encoder\1.", k).replace(".0.net.", ".0.network."): v
        for k, v in state.items()
    }


def checkpoint(state: State, key: str = "model_state", **fields: Any) -> dict[str, Any]:
    whole = {"epoch": 3, "val_loss": 0.5, "img_size": 128, "n_out": 5, "outputs": list(COLUMNS)}
    return {**whole, key: state, **fields}


def save(content: Any, path: Path) -> Path:
    torch.save(content, path)
    return path


@pytest.mark.parametrize("spelling", [dict, older], ids=["enc", "encoder"])
@pytest.mark.parametrize("key", [None, "model_state", "model_state_dict"])
def test_both_spellings_bare_and_in_a_checkpoint(
    state: State, spelling: Callable[[State], State], key: str | None, tmp_path: Path
) -> None:
    written = spelling(state)
    path = save(written if key is None else checkpoint(written, key), tmp_path / "a.pt")
    network = load_disconet(path)
    assert not network.training
    loaded = network.state_dict()
    assert list(loaded) == list(state)
    assert all(torch.equal(loaded[k], state[k]) for k in state)
    assert all(p.requires_grad for p in network.parameters())


def test_older_spelling_differs() -> None:
    assert set(older({"enc1.0.net.3.weight": torch.zeros(1)})) == {"encoder1.0.network.3.weight"}


def without(state: State, key: str) -> State:
    return {k: v for k, v in state.items() if k != key}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: without(s, "stem.0.weight"), r"missing stem\.0\.weight$"),
        (lambda s: {**s, "extra.weight": torch.zeros(1)}, r"unexpected extra\.weight$"),
        (
            lambda s: {**s, "head.7.weight": torch.zeros(6, 512)},
            r"head\.7\.weight of shape \(6, 512\) instead of \(5, 512\)",
        ),
        (lambda s: {**s, "head.7.bias": torch.full((5,), torch.nan)}, r"not finite: head\.7\.bias"),
        (lambda s: {"a": torch.zeros(1)}, r"missing .* and \d+ more; unexpected a$"),
        (lambda s: {**s, **older(s)}, "both spellings"),
        (lambda s: checkpoint(s, n_out=7), r"n_out is 7; DiscoNet has 5$"),
        (lambda s: checkpoint(s, img_size=64), r"img_size is 64; DiscoNet has 128$"),
        (lambda s: checkpoint(s, outputs=["incl"]), r"outputs is \['incl'\]; DiscoNet has"),
        (lambda s: {"epoch": 1}, "no state dict of tensors"),
        (lambda s: {"model_state": 3}, "no state dict of tensors"),
        (lambda s: [s["head.7.bias"]], "holds a list; give a state dict"),
    ],
)  # fmt: skip
def test_other_contents_get_one_line(
    state: State, change: Callable[[State], Any], message: str, tmp_path: Path
) -> None:
    path = save(change(state), tmp_path / "bad.pt")
    with pytest.raises(InputError, match=message) as caught:
        load_disconet(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


class Malicious:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_malicious_pickle_is_refused_and_not_run(state: State, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    path = save({**state, "stem.0.weight": Malicious(trace)}, tmp_path / "bad.pt")
    with pytest.raises(InputError, match=r"refused: the pickle names posix\.mkdir;") as caught:
        load_disconet(path)
    assert "\n" not in str(caught.value)
    assert not trace.exists()


def test_plain_pickle_is_not_opened(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    path = tmp_path / "bad.pt"
    path.write_bytes(pickle.dumps(Malicious(trace)))
    with pytest.raises(InputError, match="truncated, or not written by torch"):
        load_disconet(path)
    assert not trace.exists()


@pytest.mark.parametrize("keep", [0, 100, 4000, -1])
def test_truncated_file(state: State, keep: int, tmp_path: Path) -> None:
    whole = save({"stem.0.weight": state["stem.0.weight"]}, tmp_path / "a.pt").read_bytes()
    path = tmp_path / "cut.pt"
    path.write_bytes(whole[:keep])
    with pytest.raises(InputError, match="can't be read as a checkpoint") as caught:
        load_disconet(path)
    assert "\n" not in str(caught.value)


def test_damaged_records_inside_a_whole_archive(state: State, tmp_path: Path) -> None:
    whole = save({"head.7.bias": state["head.7.bias"]}, tmp_path / "a.pt")
    path = tmp_path / "bad.pt"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as target:
        for entry in source.infolist():
            if "data/" not in entry.filename.partition("/")[2]:
                target.writestr(entry.filename, source.read(entry))
    with pytest.raises(InputError, match="can't be read as a checkpoint"):
        load_disconet(path)


def test_a_damaged_name_of_a_record(state: State, tmp_path: Path) -> None:
    path = save(checkpoint(state), tmp_path / "a.pt")
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(tmp_path / "b.pt", "w") as damaged:
        for name in whole.namelist():
            content = whole.read(name)
            pickled = name.endswith("data.pkl")
            damaged.writestr(name, content.replace(b"storage", b"storagf") if pickled else content)
    with pytest.raises(InputError, match="refused: the pickle is damaged"):
        load_disconet(tmp_path / "b.pt")


def test_size_is_checked_before_the_file_is_read(state: State, tmp_path: Path) -> None:
    path = save(state, tmp_path / "a.pt")
    with pytest.raises(InputError, match=r"\d+ bytes; a checkpoint has at most 1000$"):
        load_disconet(path, max_bytes=1000)


def test_unpacked_size_is_checked_too(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(10_000_000))
    with pytest.raises(InputError, match="10000000 bytes unpacked"):
        load_disconet(path, max_bytes=1_000_000)


def test_absent_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        load_disconet(tmp_path / "none.pt")
    with pytest.raises(InputError, match="can't be read as a checkpoint"):
        load_disconet(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        Tensor.to_sparse,
        lambda w: w.cfloat(),
        lambda w: w.to("meta"),
        lambda w: w.view(torch.bits16),
        lambda w: torch.zeros(1).expand(10**13),
    ],
    ids=["sparse", "complex", "meta", "bits", "terabytes"],
)
def test_weights_that_are_no_dense_real_numbers(
    state: State, change: Callable[[Tensor], Tensor], tmp_path: Path
) -> None:
    name = "head.7.bias"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = save({**state, name: change(state[name])}, tmp_path / "bad.pt")
    with pytest.raises(
        InputError, match=r"no dense tensors of real numbers: head\.7\.bias"
    ) as caught:
        load_disconet(path)
    assert "\n" not in str(caught.value)
