"""`Run`: from a task and a recipe to a checkpoint with its card, whatever the task."""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import torch
from lightning_fabric import Fabric
from torch import nn

from skyrun.commands import note
from skyrun.files import read_text, write_text
from skytypes import ModelCard, Provenance, item_rng
from skytypes.cards import MAX_CARD_BYTES, Metric
from skytypes.errors import InputError

from .batches import Batches, Share
from .checkpoints import (
    BEST_KEYS,
    LAST_KEYS,
    best_content,
    card_path,
    load_state,
    network_state,
    read_checkpoint,
    write_checkpoint,
)
from .config import Recipe, Runtime
from .errors import TrainingError
from .history import draw_history, write_table
from .loop import Loop, make_fabric
from .objectives import Objective

NETWORK = "network"


class Task(Protocol):
    """Any object that says what a run trains, on what, and how the result is judged."""

    producer: str
    """The function that starts such runs, for the provenance."""
    packages: tuple[str, ...]
    """Whose versions the provenance has."""

    @property
    def card(self) -> ModelCard:
        """Of the network to be trained: what it takes and says, its limits."""
        ...

    def build(self) -> nn.Module:
        """The network, its weights drawn from torch's generator."""
        ...

    def objective(self, network: str) -> Objective:
        """What the network of this name is trained for."""
        ...

    def batches(self, device: torch.device, share: Share) -> Batches:
        """What it is trained and validated on."""
        ...

    def training_items(self) -> int:
        """Items of an epoch, before they are put into batches."""
        ...

    def describe(self) -> dict[str, str]:
        """The data by name, each as a line that changes when they do."""
        ...

    def facts(self) -> dict[str, Any]:
        """What the card says of the data, beside `describe`."""
        ...

    def metrics(
        self, network: nn.Module, card: ModelCard, device: torch.device
    ) -> tuple[Metric, ...]:
        """Figures on data that training never saw, beside their baselines."""
        ...


@dataclass(frozen=True)
class FitResult:
    """What a run leaves behind.

    Parameters
    ----------
    best : Path
        ``best.pt``; its card lies beside it.
    card : ModelCard
    history : tuple of dict
        One row an epoch: ``epoch``, ``lr``, ``train_loss``, ``val_loss`` and its parts.
    seconds : float
        Wall-clock time of this call [s].
    cpu_seconds : float
        Processor time of this call, all threads of this process [s].
    """

    best: Path
    card: ModelCard
    history: tuple[dict[str, float], ...]
    seconds: float
    cpu_seconds: float


class Stopwatch:
    """Times since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.monotonic(), time.process_time()

    def seconds(self) -> float:
        """Wall-clock time [s]."""
        return time.monotonic() - self._wall

    def cpu_seconds(self) -> float:
        """Processor time, all threads of this process [s]."""
        return time.process_time() - self._cpu


@dataclass
class Progress:
    """Where a run stands: what ``last.pt`` keeps besides weights and optimisers."""

    epoch: int
    best_epoch: int
    best_loss: float
    history: list[dict[str, float]]


def start_run(
    task: Task,
    recipe: Recipe,
    folder: Path,
    *,
    resume: bool,
    runtime: Runtime,
    watch: Stopwatch,
) -> FitResult:
    """Train, from the beginning or from ``last.pt``.

    Parameters
    ----------
    task : Task
    recipe : Recipe
    folder : Path
        As `check_folder` gave it.
    resume : bool
    runtime : Runtime
    watch : Stopwatch
        Started with the call whose times are told.

    Returns
    -------
    FitResult

    Raises
    ------
    InputError
        If a batch is larger than the data, or recipe or data differ from those of the run to be
        resumed.
    TrainingError
        If a loss is not finite; ``last.pt`` and ``best.pt`` of the epochs before are kept.
    """
    count = task.training_items()
    if recipe.batch_size > count:
        raise InputError(
            f"batch size {recipe.batch_size} is larger than the {count} pictures to train on; "
            "give a smaller --batch-size or more data"
        )
    with _torch_state(runtime):
        run = _Run(task, recipe, folder, runtime)
        progress = run.restore() if resume else Progress(0, 0, math.inf, [])
        card = run.go(progress)
    history = tuple(dict(r) for r in progress.history)
    return FitResult(folder / "best.pt", card, history, watch.seconds(), watch.cpu_seconds())


def check_folder(folder: Path, *, resume: bool) -> Path:
    """The folder of a run, found fit to write to before anything is done.

    Raises
    ------
    InputError
        If it holds a run and ``resume`` is not given, or the other way round; if it is a file or
        can't be written to.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"out {folder}: is a file; give a folder")
    last = folder / "last.pt"
    if resume and not last.is_file():
        raise InputError(f"{last}: no such file, nothing to resume; leave --resume out")
    if not resume and last.exists():
        raise InputError(f"out {folder}: holds a run; give --resume to go on, or another --out")
    _try_to_write(folder)
    return folder


def _try_to_write(folder: Path) -> None:
    """Find out now, not after an epoch, that nothing can be written there."""
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not os.access(existing, os.W_OK) or not _on_a_disk(existing):
        raise InputError(f"out {folder}: can't be written to; choose another place")


def _on_a_disk(folder: Path) -> bool:
    """Whether files can be made there; /proc and /sys look writable and are not."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@contextmanager
def _torch_state(runtime: Runtime) -> Iterator[None]:
    """Torch's generators and thread count, put back at the end."""
    threads = torch.get_num_threads()
    devices = list(range(torch.cuda.device_count()))
    with torch.random.fork_rng(devices=devices):
        if runtime.threads:
            torch.set_num_threads(runtime.threads)
        try:
            yield
        finally:
            torch.set_num_threads(threads)


class _Run:
    """The parts of one run, put together."""

    def __init__(self, task: Task, recipe: Recipe, folder: Path, runtime: Runtime) -> None:
        self.task, self.recipe, self.card, self.folder = task, recipe, task.card, folder
        self.fabric: Fabric = make_fabric(runtime)
        if self.fabric.world_size > recipe.batch_size:
            raise InputError(
                f"batch size {recipe.batch_size} is smaller than the {self.fabric.world_size} "
                "processes; give a larger --batch-size or fewer processes"
            )
        torch.manual_seed(int(item_rng(recipe.seed, 0, "trainkit.weights").integers(1 << 63)))
        self.network = task.build()
        share = Share(self.fabric.global_rank, self.fabric.world_size)
        self.writes = self.fabric.global_rank == 0
        self.quiet = runtime.quiet or not self.writes
        self.loop = Loop(
            self.fabric,
            {NETWORK: self.network},
            task.objective(NETWORK),
            task.batches(self.fabric.device, share),
            recipe,
            quiet=self.quiet,
        )

    def go(self, progress: Progress) -> ModelCard:
        """Run the epochs that are left, then score the best network."""
        while not self._is_over(progress):
            try:
                self._epoch(progress)
            except TrainingError as error:
                raise TrainingError(f"{error}; {self._kept(progress)}") from error
        if self.writes:
            self._finish(progress)
        self.fabric.barrier()
        text = read_text(card_path(self.folder / "best.pt"), max_bytes=MAX_CARD_BYTES)
        return ModelCard.from_json(text)

    def _is_over(self, progress: Progress) -> bool:
        """Whether all epochs are done, or no better one came for ``patience`` epochs."""
        patience = self.recipe.patience
        waited = progress.epoch - progress.best_epoch
        return progress.epoch >= self.recipe.epochs or (0 < patience <= waited)

    def _kept(self, progress: Progress) -> str:
        if progress.epoch == 0:
            return "no epoch was finished, nothing is kept"
        return f"{self.folder / 'last.pt'} of epoch {progress.epoch} is kept"

    def _epoch(self, progress: Progress) -> None:
        rate = self.loop.descents[NETWORK].rate()
        trained = self.loop.train(progress.epoch)
        measured = self.loop.validate()
        progress.epoch += 1
        row = {"epoch": progress.epoch, "lr": rate, "train_loss": trained["loss"]}
        row |= {f"val_{name}": value for name, value in measured.items()}
        progress.history.append(row)
        better = measured["loss"] < progress.best_loss
        if better:
            progress.best_loss, progress.best_epoch = measured["loss"], progress.epoch
        if not self.quiet:
            note(
                f"epoch {progress.epoch}/{self.recipe.epochs}: training loss "
                f"{row['train_loss']:.4g}, validation loss {row['val_loss']:.4g}"
                + (" (best)" if better else "")
            )
        if self.writes:
            self._write(progress, better=better)
        self.fabric.barrier()

    def _write(self, progress: Progress, *, better: bool) -> None:
        state = network_state(self.network)
        if better:
            best = self.folder / "best.pt"
            epoch, loss = progress.best_epoch, progress.best_loss
            write_checkpoint(best, best_content(self.card, state, epoch=epoch, val_loss=loss))
            write_text(card_path(best), self._card(progress).to_json())
        write_table(self.folder / "history.csv", progress.history)
        draw_history(self.folder / "history.png", progress.history)
        # Last of all: from here on the epoch counts as done.
        write_checkpoint(self.folder / "last.pt", self._last(progress, state))

    def _last(self, progress: Progress, state: dict[str, Any]) -> dict[str, Any]:
        return {
            "config": self.recipe.as_dict(),
            "data": self.task.describe(),
            "epoch": progress.epoch,
            "networks": {NETWORK: state},
            "descents": {n: d.state() for n, d in self.loop.descents.items()},
            # Every generator, dropout's too, is a function of these two and the item's number.
            "random": {"seed": self.recipe.seed, "epoch": progress.epoch},
            "precision": dict(self.fabric.strategy.precision.state_dict()),
            "best": {"epoch": progress.best_epoch, "val_loss": progress.best_loss},
            "history": progress.history,
        }

    def restore(self) -> Progress:
        """Weights, optimiser, schedule and progress of ``last.pt``.

        Raises
        ------
        InputError
            If it is bad, or configuration or data differ; the first difference is named.
        """
        path = self.folder / "last.pt"
        last = read_checkpoint(path, LAST_KEYS)
        _check_same(path, "", last["config"], self.recipe.as_dict())
        _check_same(path, "data ", last["data"], self.task.describe())
        try:
            load_state(self.network, last["networks"][NETWORK], source=str(path))
            for name, descent in self.loop.descents.items():
                descent.restore(last["descents"][name])
            self.fabric.strategy.precision.load_state_dict(last.get("precision", {}))
            best = last["best"]
            progress = Progress(
                int(last["epoch"]), int(best["epoch"]), float(best["val_loss"]), last["history"]
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{path}: not a state of this run ({error}); start anew") from None
        read_checkpoint(self.folder / "best.pt", BEST_KEYS)
        return progress

    def _card(self, progress: Progress) -> ModelCard:
        training = {
            "recipe": self.recipe.as_dict(),
            "data": self.task.describe(),
            **self.task.facts(),
            "best_epoch": progress.best_epoch,
            "epochs_done": progress.epoch,
            "val_loss": progress.best_loss,
        }
        provenance = Provenance.collect(
            self.task.producer,
            packages=self.task.packages,
            configuration=self.recipe.as_dict(),
            seed=self.recipe.seed,
        )
        return replace(self.card, training=training, provenance=provenance)

    def _finish(self, progress: Progress) -> None:
        """Score the best network and write its card, unless that is done."""
        best = self.folder / "best.pt"
        done = ModelCard.from_json(read_text(card_path(best), max_bytes=MAX_CARD_BYTES))
        if done.metrics and done.training.get("epochs_done") == progress.epoch:
            return
        content = read_checkpoint(best, BEST_KEYS)
        load_state(self.network, content["model_state"], source=str(best))
        card = self._card(progress)
        metrics = self.task.metrics(self.network, card, self.fabric.device)
        write_text(card_path(best), replace(card, metrics=metrics).to_json())


def _check_same(path: Path, what: str, old: Any, new: dict[str, Any]) -> None:
    old = old if isinstance(old, dict) else {}
    for name in [*new, *(set(old) - set(new))]:
        if old.get(name) != new.get(name):
            raise InputError(
                f"{path}: {what}{name} was {old.get(name)!r} and is {new.get(name)!r} now; "
                "give what it was, or start anew with another --out"
            )
