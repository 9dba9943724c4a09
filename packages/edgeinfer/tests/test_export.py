from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
import torch

from edgeinfer import export_checkpoint, export_network, read_model
from edgeinfer.errors import ExportError, ParityError
from edgeinfer.graphs import OPSET
from edgeinfer.modelfile import PARITY_KEY
from edgeinfer.parity import TOLERANCE
from skytypes.errors import InputError, SkyError


def test_parity_is_measured_and_stored(exported: Path) -> None:
    record = read_model(exported).record(PARITY_KEY)
    assert record is not None
    assert 0 <= record["max_abs_diff"] <= 1e-5
    assert record["largest_output"] > 0.5
    assert {1, 3} <= set(record["batches"])


def test_the_oldest_runtime_allowed_reads_what_is_written(exported: Path) -> None:
    """onnxruntime 1.20 reads IR version 10; 1.17 reads 9 and refuses the file."""
    model = onnx.load(exported)
    assert model.ir_version <= 10
    assert {o.domain: o.version for o in model.opset_import} == {"": OPSET}


def test_the_same_checkpoint_gives_the_same_bytes(exported: Path, copy_of_run: Path) -> None:
    written = export_checkpoint(copy_of_run / "best.pt", copy_of_run / "again.onnx")
    assert written.bytes == exported.stat().st_size
    assert (copy_of_run / "again.onnx").read_bytes() == exported.read_bytes()


class Drifting(torch.nn.Module):
    """A network that is exported a little different from what it is."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        flat = image.flatten(1)[:, :5]
        return flat + 0.001 if torch.onnx.is_in_onnx_export() else flat


def test_a_difference_to_torch_is_refused() -> None:
    from edgeinfer_moments import CARD

    with pytest.raises(ParityError, match=r"differ by 0\.00\d+ .* at most 0\.0001 is allowed"):
        export_network(Drifting(), CARD)


def test_nothing_is_written_when_torch_differs(copy_of_run: Path) -> None:
    """The two runtimes round differently, so that a tiny tolerance can't be kept."""
    with pytest.raises(ParityError, match=r"differ by .* at most 1e-12 is allowed: nothing was"):
        export_checkpoint(copy_of_run / "best.pt", copy_of_run / "out.onnx", tolerance=1e-12)
    assert not list(copy_of_run.glob("*.onnx*"))


@pytest.mark.parametrize("name", ["best.pt", "best.card.json", "link.onnx"])
def test_what_is_exported_is_not_written_over(copy_of_run: Path, name: str) -> None:
    (copy_of_run / "link.onnx").symlink_to(copy_of_run / "best.pt")
    before = [(copy_of_run / n).read_bytes() for n in ("best.pt", "best.card.json")]
    with pytest.raises(InputError, match=f"{name}: is what is to be exported; give another name"):
        export_checkpoint(copy_of_run / "best.pt", copy_of_run / name)
    assert before == [(copy_of_run / n).read_bytes() for n in ("best.pt", "best.card.json")]


def test_a_bad_place_is_known_before_the_export(
    copy_of_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgeinfer.export.export_network", None)
    (copy_of_run / "a").symlink_to(copy_of_run / "a")
    with pytest.raises(InputError, match="a: can't be written"):
        export_checkpoint(copy_of_run / "best.pt", copy_of_run / "a")


@pytest.mark.parametrize("tolerance", [0.0, -1.0, 1.1e-4, float("nan"), float("inf")])
def test_the_tolerance_goes_only_downwards(copy_of_run: Path, tolerance: float) -> None:
    with pytest.raises(InputError, match=r"give a positive number up to 0\.0001"):
        export_checkpoint(copy_of_run / "best.pt", copy_of_run / "a.onnx", tolerance=tolerance)
    assert TOLERANCE == 1e-4


class Branching(torch.nn.Module):
    """A network that looks at its numbers and so has no graph."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        flat = image.flatten(1)[:, :5]
        return flat if float(image.sum()) > 0 else -flat


class TwoTensors(torch.nn.Module):
    """A network that says more than its card."""

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        flat = image.flatten(1)[:, :5]
        return flat, flat


def test_a_network_without_onnx_form_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    from edgeinfer_moments import CARD

    with pytest.raises(ExportError, match="'moments' has no ONNX form here") as caught:
        export_network(Branching(), CARD)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_network_that_returns_more_than_its_card_is_refused() -> None:
    from edgeinfer_moments import CARD

    with pytest.raises(ExportError, match="returns 2 tensors, the card reads"):
        export_network(TwoTensors(), CARD)


def test_the_card_can_lie_elsewhere(copy_of_run: Path) -> None:
    shutil.move(copy_of_run / "best.card.json", copy_of_run / "other.json")
    with pytest.raises(InputError, match="no such card; name the checkpoint's card with --card"):
        export_checkpoint(copy_of_run / "best.pt", copy_of_run / "a.onnx")
    changed = json.loads((copy_of_run / "other.json").read_text()) | {"version": "2.0"}
    (copy_of_run / "other.json").write_text(json.dumps(changed))
    export_checkpoint(
        copy_of_run / "best.pt", copy_of_run / "a.onnx", card=copy_of_run / "other.json"
    )
    assert read_model(copy_of_run / "a.onnx").card.version == "2.0"


def test_a_card_that_reads_more_than_the_network_says_is_refused() -> None:
    from edgeinfer_moments import CARD, MOMENTS

    last = replace(CARD.outputs[-1], columns=(9,))
    with pytest.raises(SkyError, match=r"reads columns \(9,\)"):
        export_network(MOMENTS.build(), replace(CARD, outputs=(*CARD.outputs[:-1], last)))
