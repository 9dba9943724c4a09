"""From a task and a recipe to a checkpoint with its card, whatever the task."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from lightning_fabric import Fabric

from skyrun.commands import note
from skyrun.files import read_text, write_text
from skytypes import ModelCard, Provenance, item_rng
from skytypes.cards import MAX_CARD_BYTES
from skytypes.errors import InputError

from .batches import Share
from .checkpoints import (
    BEST_KEYS,
    best_content,
    card_path,
    load_state,
    network_state,
    read_checkpoint,
    write_checkpoint,
)
from .errors import TrainingError
from .generators import kept_generators, seed_generators
from .history import draw_history, write_table
from .loop import Loop
from .processes import make_fabric
from .recipes import Recipe
from .resuming import Progress, last_content, restore_last
from .runtime import Runtime
from .tasks import Task

NETWORK = "network"


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
        If a batch is larger than the data, a batch or what is held out has fewer items than there
        are processes, or recipe or data differ from those of the run to be resumed.
    TrainingError
        If a loss is not finite; ``last.pt`` and ``best.pt`` of the epochs before are kept.
    """
    count = task.training_items()
    if recipe.batch_size > count:
        raise InputError(
            f"batch size {recipe.batch_size} is larger than the {count} pictures to train on; "
            "give a smaller --batch-size or more data"
        )
    with _threads(runtime):
        fabric = make_fabric(runtime)
        with kept_generators(fabric.device):
            run = _Run(task, recipe, folder, fabric, quiet=runtime.quiet)
            progress = run.restore() if resume else Progress()
            card = run.go(progress)
    history = tuple(dict(r) for r in progress.history)
    return FitResult(folder / "best.pt", card, history, watch.seconds(), watch.cpu_seconds())


@contextmanager
def _threads(runtime: Runtime) -> Iterator[None]:
    """Torch's thread count, put back at the end."""
    threads = torch.get_num_threads()
    if runtime.threads:
        torch.set_num_threads(runtime.threads)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class _Run:
    """The parts of one run, put together."""

    def __init__(
        self, task: Task, recipe: Recipe, folder: Path, fabric: Fabric, *, quiet: bool
    ) -> None:
        self.task, self.recipe, self.card, self.folder = task, recipe, task.card, folder
        self.fabric = fabric
        share = Share(self.fabric.global_rank, self.fabric.world_size)
        batches = task.batches(self.fabric.device, share)
        self._check_shares(batches.held_out())
        rng = item_rng(recipe.seed, 0, "trainkit.weights")
        seed_generators(int(rng.integers(1 << 63)), fabric.device)
        self.network = task.build()
        self.writes = self.fabric.global_rank == 0
        self.quiet = quiet or not self.writes
        self.loop = Loop(
            self.fabric,
            {NETWORK: self.network},
            task.objective(NETWORK),
            batches,
            recipe,
            quiet=self.quiet,
        )

    def _check_shares(self, held_out: int) -> None:
        """Every process needs an item of every batch, and one to validate on."""
        world, size = self.fabric.world_size, self.recipe.batch_size
        if world > size:
            raise InputError(
                f"batch size {size} is smaller than the {world} processes; give a larger "
                "--batch-size or fewer processes"
            )
        if world > held_out:
            raise InputError(
                f"held out for validation: {held_out}, fewer than the {world} "
                "processes; hold out more or give fewer processes"
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
        if better:
            best, state = self.folder / "best.pt", network_state(self.network)
            epoch, loss = progress.best_epoch, progress.best_loss
            write_checkpoint(best, best_content(self.card, state, epoch=epoch, val_loss=loss))
            write_text(card_path(best), self._card(progress).to_json())
        write_table(self.folder / "history.csv", progress.history)
        draw_history(self.folder / "history.png", progress.history)
        # Last of all: from here on the epoch counts as done.
        content = last_content(progress, self.recipe, self.task.describe(), self.loop)
        write_checkpoint(self.folder / "last.pt", content)

    def restore(self) -> Progress:
        """Weights, optimiser, schedule and progress of ``last.pt``."""
        progress = restore_last(
            self.folder / "last.pt", self.recipe, self.task.describe(), self.loop
        )
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
