import os
import pickle
import random
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from netzoo import DISCONET, DISCONET_COMPACT
from skyrun.files import write_text
from skytypes.errors import InputError
from trainkit.checkpoints import (
    BEST_KEYS,
    best_content,
    card_path,
    column_names,
    load_network,
    network_state,
    read_checkpoint,
    write_checkpoint,
)


def saved(path: Path, **changes: Any) -> Path:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        network = DISCONET_COMPACT.build()
    content = best_content(DISCONET_COMPACT.card, network_state(network), epoch=3, val_loss=0.5)
    write_checkpoint(path, content | changes)
    return path


def test_the_schema_is_the_published_one(tmp_path: Path) -> None:
    content = torch.load(saved(tmp_path / "best.pt"), weights_only=True)
    assert list(content) == ["epoch", "model_state", "val_loss", "img_size", "n_out", "outputs"]
    assert content["outputs"] == ["incl/90", "sin2PA", "cos2PA", "dx/0.14", "dy/0.14"]
    assert (content["epoch"], content["val_loss"]) == (3, 0.5)
    assert (content["img_size"], content["n_out"]) == (64, 5)
    assert best_content(DISCONET.card, {}, epoch=0, val_loss=0.0)["img_size"] == 128
    assert column_names(DISCONET.card.outputs) == content["outputs"]


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    one, two = saved(tmp_path / "a.pt"), saved(tmp_path / "b.pt")
    assert one.read_bytes() == two.read_bytes()


def test_a_network_comes_back_with_its_card(tmp_path: Path) -> None:
    path = saved(tmp_path / "best.pt")
    write_text(card_path(path), DISCONET_COMPACT.card.to_json())
    network, card = load_network(path)
    assert card == DISCONET_COMPACT.card
    assert not network.training
    state = torch.load(path, weights_only=True)["model_state"]
    assert all(torch.equal(v, state[k]) for k, v in network.state_dict().items())


def test_a_checkpoint_cut_short_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "best.pt")
    data = path.read_bytes()
    for length in (0, 10, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:length])
        with pytest.raises(InputError, match="not a whole checkpoint"):
            read_checkpoint(path, BEST_KEYS)


def test_a_changed_byte_is_an_error_or_another_number_never_a_crash(tmp_path: Path) -> None:
    path = saved(tmp_path / "best.pt")
    data = bytearray(path.read_bytes())
    for place in range(0, 4000, 37):
        broken = bytearray(data)
        broken[place] ^= 0xFF
        path.write_bytes(broken)
        try:
            read_checkpoint(path, BEST_KEYS)
        except InputError as error:
            assert "\n" not in str(error)


class Malice:
    def __reduce__(self) -> Any:
        return (os.system, ("touch pwned",))


REFUSALS = {
    "zip": "can't be read as tensors and plain values: it names posix.system; give a checkpoint",
    "plain": "not a whole checkpoint",
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_malicious_pickle_is_refused_and_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "best.pt"
    if kind == "zip":
        torch.save({"epoch": Malice()}, path)
    else:
        path.write_bytes(pickle.dumps(Malice()))
    with pytest.raises(InputError, match=REFUSALS[kind]) as e:
        read_checkpoint(path, BEST_KEYS)
    assert "\n" not in str(e.value)
    assert not (tmp_path / "pwned").exists()


def test_what_was_read_is_written_with_the_same_bytes(tmp_path: Path) -> None:
    # Two equal texts and two equal tensors, each pair one object here and two after reading.
    name, tensor = "mean" + str(1), torch.arange(3.0)
    content = {"a": {name: tensor}, "b": {name: tensor}, "rows": [{name: 1.0}, {name: 2.0}]}
    write_checkpoint(tmp_path / "one.pt", content)
    write_checkpoint(tmp_path / "two.pt", read_checkpoint(tmp_path / "one.pt", ["a", "b"]))
    assert (tmp_path / "one.pt").read_bytes() == (tmp_path / "two.pt").read_bytes()


def test_a_compressed_archive_is_refused_before_it_unfolds(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", bytes(10**7))
    with pytest.raises(InputError, match="is compressed; checkpoints are not"):
        read_checkpoint(path, BEST_KEYS)


def test_other_content_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "best.pt"
    torch.save([1, 2], path)
    with pytest.raises(InputError, match="holds a list; give trainkit's checkpoint"):
        read_checkpoint(path, BEST_KEYS)
    torch.save({"epoch": 1}, path)
    with pytest.raises(InputError, match="has no model_state, val_loss"):
        read_checkpoint(path, BEST_KEYS)
    with pytest.raises(InputError, match="no such file"):
        read_checkpoint(tmp_path / "none.pt", BEST_KEYS)


def test_a_file_that_is_too_large_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "best.pt")
    monkeypatch.setattr("trainkit.checkpoints.MAX_BYTES", 1000)
    with pytest.raises(InputError, match="at most 1000 are read"):
        read_checkpoint(path, BEST_KEYS)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "best.pt", model_state=network_state(nn.Linear(2, 2)))
    write_text(card_path(path), DISCONET_COMPACT.card.to_json())
    with pytest.raises(InputError, match="weights do not fit the network"):
        load_network(path)
    saved(path, model_state={"stem": "text"})
    with pytest.raises(InputError, match="weights do not fit the network"):
        load_network(path)


def with_card(path: Path, **training: Any) -> Path:
    card = replace(DISCONET_COMPACT.card, training=training)
    write_text(card_path(path), card.to_json())
    return path


def with_weight(path: Path, change: Callable[[Tensor], Any]) -> Path:
    """A checkpoint of which one weight is another one."""
    state = torch.load(saved(path), weights_only=True)["model_state"]
    name = next(k for k, v in state.items() if v.ndim == 2)
    torch.save(
        torch.load(path, weights_only=True) | {"model_state": state | {name: change(state[name])}},
        path,
    )
    return with_card(path)


BAD_WEIGHTS: dict[str, tuple[Callable[[Tensor], Any], str]] = {
    "nan": (lambda v: v * torch.nan, "numbers that are not finite"),
    "complex": (lambda v: v.to(torch.complex64), "no dense tensor of real numbers"),
    "sparse": (lambda v: v.to_sparse(), "no dense tensor of real numbers"),
    "whole numbers": (lambda v: v.to(torch.int64), "int64 of shape .* instead of float32 of shape"),
    "no tensor": (lambda v: 1.0, "no dense tensor of real numbers"),
    # Four bytes that claim to be 40 TB.
    "huge": (lambda v: torch.zeros(1).expand(10**13), r"float32 of shape \(10000000000000,\)"),
}


@pytest.mark.filterwarnings("ignore:.*[Ss]parse")
@pytest.mark.parametrize("kind", BAD_WEIGHTS)
def test_weights_that_are_no_numbers_of_the_network_are_refused(tmp_path: Path, kind: str) -> None:
    change, message = BAD_WEIGHTS[kind]
    path = with_weight(tmp_path / "best.pt", change)
    with pytest.raises(InputError, match=f"weights do not fit the network: .*: {message}") as e:
        load_network(path)
    assert "\n" not in str(e.value)


def test_the_card_of_another_checkpoint_is_refused(tmp_path: Path) -> None:
    names = ["sin2PA", "incl/90", "cos2PA", "dx/0.14", "dy/0.14"]
    path = with_card(saved(tmp_path / "best.pt", outputs=names))
    with pytest.raises(
        InputError, match=r"outputs are \['sin2PA', 'incl/90'.*give the card of this"
    ):
        load_network(path)
    with_card(saved(path), best_epoch=2)
    with pytest.raises(InputError, match="is of epoch 3, its card of epoch 2; give the card"):
        load_network(path)
    assert load_network(with_card(path, best_epoch=3))[1].training == {"best_epoch": 3}


def test_a_damaged_pickle_in_a_whole_archive_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "best.pt"
    torch.save({"state": {"a": torch.zeros(3), "b": torch.ones(2)}, "names": ["x", "y"]}, path)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    name = next(n for n in entries if n.endswith("data.pkl"))
    draw, refused = random.Random(0), 0
    for _ in range(600):
        data = bytearray(entries[name])
        for _ in range(draw.randint(1, 3)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for other, content in entries.items():
                archive.writestr(other, bytes(data) if other == name else content)
        try:
            read_checkpoint(path, [])
        except InputError as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused > 200
