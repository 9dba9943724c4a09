"""Whole runs, small ones."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from skytypes import ModelCard, Sample
from skytypes.errors import InputError
from trainkit import FitConfig, Runtime, fit_disks, load_network, preset
from trainkit.checkpoints import BEST_KEYS, LAST_KEYS, read_checkpoint
from trainkit.errors import TrainingError
from trainkit.loop import Loop
from trainkit.runs import FitResult

QUIET = Runtime(device="cpu", quiet=True)
CONFIG = FitConfig(
    model="disconet-compact",
    synthetic=0,
    repeats=1,
    epochs=2,
    batch_size=8,
    validation=0.2,
    warmup_epochs=0.5,
    lr=1e-3,
)


def run(config: FitConfig, out: Path, dataset: Any, **options: Any) -> FitResult:
    return fit_disks(config, out=out, runtime=QUIET, extra=[("gaussians", dataset)], **options)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("finished") / "run"


@pytest.fixture
def done(finished: Path, gaussian_disks: Callable[..., Any]) -> Path:
    if not finished.exists():
        run(CONFIG, finished, gaussian_disks(40))
    return finished


def test_a_run_leaves_whole_files_and_nothing_else(done: Path) -> None:
    names = sorted(p.name for p in done.iterdir())
    assert names == ["best.card.json", "best.pt", "history.csv", "history.png", "last.pt"]
    rows = (done / "history.csv").read_text().splitlines()
    assert rows[0] == "epoch,lr,train_loss,val_centre,val_incl,val_loss,val_pa"
    assert len(rows) == 3
    assert (done / "history.png").read_bytes()[:4] == b"\x89PNG"


def test_the_card_says_what_was_measured_on_what(done: Path) -> None:
    network, card = load_network(done / "best.pt")
    assert card.architecture == "disconet-compact"
    assert card.provenance is not None
    assert card.provenance.configuration["lr"] == 1e-3
    assert card.training["epochs_done"] == 2
    figures = {(m.name, m.baseline) for m in card.metrics}
    assert {("incl_mae_deg", "predict_mean"), ("incl_mae_deg", "gaussian_fit")} <= figures
    for metric in card.metrics:
        assert metric.interval is not None
        assert metric.interval[0] <= metric.value <= metric.interval[1]
        assert metric.n <= card.training["validation_disks"]
        assert metric.baseline_value is not None
        assert "that training never saw (they also chose the epoch)" in metric.definition
    assert sum(p.numel() for p in network.parameters()) < 700_000


def test_the_best_checkpoint_is_that_of_the_lowest_validation_loss(done: Path) -> None:
    best = read_checkpoint(done / "best.pt", BEST_KEYS)
    rows = [r.split(",") for r in (done / "history.csv").read_text().splitlines()]
    column = rows[0].index("val_loss")
    losses = [float(r[column]) for r in rows[1:]]
    assert best["val_loss"] == min(losses)
    assert best["epoch"] == 1 + losses.index(min(losses))


def contents(folder: Path) -> dict[str, bytes]:
    names = ("best.pt", "best.card.json", "history.csv", "history.png")
    return {name: (folder / name).read_bytes() for name in names}


def test_the_same_seed_gives_the_same_bytes_and_leaves_torch_as_it_was(
    done: Path, tmp_path: Path, gaussian_disks: Callable[..., Any]
) -> None:
    torch.manual_seed(99)
    before = torch.get_rng_state()
    run(CONFIG, tmp_path / "again", gaussian_disks(40))
    assert torch.equal(torch.get_rng_state(), before)
    assert contents(tmp_path / "again") == contents(done)
    other = run(replace(CONFIG, seed=1, epochs=1), tmp_path / "other", gaussian_disks(40))
    assert other.best.read_bytes() != (done / "best.pt").read_bytes()


def test_what_is_kept_in_memory_changes_nothing(
    done: Path, tmp_path: Path, gaussian_disks: Callable[..., Any]
) -> None:
    fit_disks(
        CONFIG,
        out=tmp_path / "run",
        runtime=replace(QUIET, memory_gib=0.0),
        extra=[("gaussians", gaussian_disks(40))],
    )
    assert contents(tmp_path / "run") == contents(done)


class Stops:
    """A dataset that fails at the n-th item asked for, as a killed run does."""

    def __init__(self, inner: Any, after: int) -> None:
        self.inner, self.left = inner, after

    def __len__(self) -> int:
        return len(self.inner)

    def __getitem__(self, index: int) -> Sample:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        sample: Sample = self.inner[index]
        return sample


def test_a_run_that_was_stopped_and_resumed_equals_one_that_was_not(
    tmp_path: Path, gaussian_disks: Callable[..., Any]
) -> None:
    config = replace(CONFIG, epochs=3, model="disconet-compact", mixup_probability=0.5)
    whole = run(config, tmp_path / "whole", gaussian_disks(40))
    runtime = replace(QUIET, memory_gib=0.0)
    stops = Stops(gaussian_disks(40), after=100)
    with pytest.raises(KeyboardInterrupt):
        fit_disks(config, out=tmp_path / "cut", runtime=runtime, extra=[("gaussians", stops)])
    reached = read_checkpoint(tmp_path / "cut" / "last.pt", LAST_KEYS)["epoch"]
    assert 1 <= reached < 3
    resumed = run(config, tmp_path / "cut", gaussian_disks(40), resume=True)
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")
    assert resumed.history == whole.history
    ends = [
        read_checkpoint(tmp_path / name / "last.pt", LAST_KEYS)["descents"]["network"]
        for name in ("whole", "cut")
    ]
    assert ends[0]["step"] == ends[1]["step"]
    for key, state in ends[0]["optimiser"]["state"].items():
        other = ends[1]["optimiser"]["state"][key]
        assert all(torch.equal(v, other[k]) for k, v in state.items())


def test_a_finished_run_resumed_is_left_as_it_is(
    done: Path, gaussian_disks: Callable[..., Any]
) -> None:
    before = contents(done)
    result = run(CONFIG, done, gaussian_disks(40), resume=True)
    assert contents(done) == before
    assert len(result.history) == 2
    assert result.card == ModelCard.from_json(before["best.card.json"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lr": 2e-3}, r"last.pt: lr was 0.001 and is 0.002 now; give what it was"),
        ({"epochs": 5}, r"epochs was 2 and is 5 now"),
        ({"seed": 4}, r"seed was 0 and is 4 now"),
    ],
)
def test_resuming_something_else_is_refused(
    done: Path, gaussian_disks: Callable[..., Any], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        run(replace(CONFIG, **changes), done, gaussian_disks(40), resume=True)


def test_resuming_with_other_data_is_refused(
    done: Path, gaussian_disks: Callable[..., Any]
) -> None:
    with pytest.raises(InputError, match=r"data gaussians was '40 items .*' and is '41 items"):
        run(CONFIG, done, gaussian_disks(41), resume=True)


def test_a_folder_with_a_run_is_not_written_over(
    done: Path, tmp_path: Path, gaussian_disks: Callable[..., Any]
) -> None:
    with pytest.raises(InputError, match="holds a run; give --resume to go on, or another --out"):
        run(CONFIG, done, gaussian_disks(40))
    with pytest.raises(InputError, match="nothing to resume; leave --resume out"):
        run(CONFIG, tmp_path / "none", gaussian_disks(40), resume=True)
    assert not (tmp_path / "none").exists()


def test_a_batch_larger_than_the_data_is_refused(
    tmp_path: Path, gaussian_disks: Callable[..., Any]
) -> None:
    with pytest.raises(InputError, match="batch size 64 is larger than the"):
        run(replace(CONFIG, batch_size=64), tmp_path / "run", gaussian_disks(40))
    assert not (tmp_path / "run").exists()


def test_a_loss_that_is_not_finite_keeps_the_epochs_before(
    tmp_path: Path, gaussian_disks: Callable[..., Any]
) -> None:
    class TurnsBad:
        def __init__(self) -> None:
            self.inner, self.asked = gaussian_disks(40), 0

        def __len__(self) -> int:
            return 40

        def __getitem__(self, index: int) -> Sample:
            self.asked += 1
            sample: Sample = self.inner[index]
            scale = float("nan") if self.asked > 60 else 1.0
            return Sample(sample.inputs, {k: v * scale for k, v in sample.labels.items()})

    runtime = replace(QUIET, memory_gib=0.0)
    out = tmp_path / "run"
    with pytest.raises(TrainingError, match=r"epoch 2, batch . of 4: .*last.pt of epoch 1 is kept"):
        fit_disks(CONFIG, out=out, runtime=runtime, extra=[("turning", TurnsBad())])
    assert read_checkpoint(out / "last.pt", LAST_KEYS)["epoch"] == 1
    state = read_checkpoint(out / "best.pt", BEST_KEYS)["model_state"]
    assert all(bool(torch.isfinite(v).all()) for v in state.values())


def test_the_full_preset_runs_is_stopped_and_resumes_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The published recipe and network; only the amount of data and the epochs are small.
    config = preset("full", synthetic=12, epochs=2, batch_size=4, validation=0.3)
    fit_disks(config, out=tmp_path / "whole", runtime=QUIET)
    train = Loop.train

    def stop(loop: Loop, epoch: int) -> dict[str, float]:
        if epoch == 1:
            raise KeyboardInterrupt
        return train(loop, epoch)

    monkeypatch.setattr(Loop, "train", stop)
    with pytest.raises(KeyboardInterrupt):
        fit_disks(config, out=tmp_path / "cut", runtime=QUIET)
    monkeypatch.setattr(Loop, "train", train)
    # What torch's generator did in between must not matter: dropout is drawn anew.
    torch.rand(100)
    result = fit_disks(config, out=tmp_path / "cut", runtime=QUIET, resume=True)
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")
    assert result.card.architecture == "disconet"
    content = read_checkpoint(result.best, BEST_KEYS)
    assert sum(v.numel() for k, v in content["model_state"].items() if _trained(k)) == 19_136_165
    assert content["img_size"] == 128


def _trained(name: str) -> bool:
    return not name.endswith(("running_mean", "running_var", "num_batches_tracked"))
