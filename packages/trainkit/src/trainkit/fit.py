"""`fit_disks`: a whole run, from a configuration to a checkpoint with its card."""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import nn

from skyrun.commands import note
from skyrun.files import read_text, write_text
from skytypes import ArrayDataset, ModelCard, ModelFactory, Provenance, find, item_rng
from skytypes.cards import MAX_CARD_BYTES
from skytypes.errors import InputError

from .batches import BatchMaker, Share
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
from .config import FitConfig, Runtime
from .corpus import Corpus
from .errors import TrainingError
from .history import draw_history, write_table
from .loop import Loop, make_fabric
from .objectives import DiskGeometry
from .scoring import held_out_metrics
from .sources import make_corpus

NETWORK = "network"
_PACKAGES = ("trainkit", "skytypes", "skyrun", "netzoo", "skymodels", "casa-sim", "torch", "numpy")


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


@dataclass
class _Progress:
    """Where a run stands: what ``last.pt`` keeps besides weights and optimisers."""

    epoch: int
    best_epoch: int
    best_loss: float
    history: list[dict[str, float]]


def fit_disks(
    config: FitConfig,
    *,
    out: str | Path,
    resume: bool = False,
    runtime: Runtime | None = None,
    extra: Sequence[tuple[str, ArrayDataset]] = (),
) -> FitResult:
    """Train a network to measure disks.

    Writes into ``out``: ``best.pt`` and ``best.card.json`` (lowest validation loss), ``last.pt``
    (to go on from), ``history.csv`` and ``history.png``; each whole or not at all.

    Parameters
    ----------
    config : FitConfig
        Usually `preset` with some fields changed.
    out : path
        Folder; made if it is missing.
    resume : bool
        Go on from ``out/last.pt``. A run that was killed and resumed ends with the same weights,
        bit by bit, as one that was not.
    runtime : Runtime or None
        Where it runs.
    extra : sequence of (name, dataset)
        Datasets of large pictures, treated like those of ``config.data``.

    Returns
    -------
    FitResult

    Raises
    ------
    InputError
        If the folder holds a run and ``resume`` is not given, or the other way round; if the
        configuration or the data differ from those of the run to be resumed.
    TrainingError
        If a loss is not finite; ``last.pt`` and ``best.pt`` of the epochs before are kept.
    """
    runtime = runtime or Runtime()
    folder = _check_folder(Path(out), resume=resume)
    start, cpu_start = time.monotonic(), time.process_time()
    factory: ModelFactory[nn.Module] = find("models", config.model)
    corpus = make_corpus(config, factory.card, runtime, extra=extra)
    _check_batch(config, corpus)
    with _torch_state(runtime):
        run = _Run(config, factory, corpus, folder, runtime)
        progress = run.restore() if resume else _Progress(0, 0, math.inf, [])
        card = run.go(progress)
    seconds, cpu_seconds = time.monotonic() - start, time.process_time() - cpu_start
    return FitResult(
        folder / "best.pt", card, tuple(dict(r) for r in progress.history), seconds, cpu_seconds
    )


def _check_folder(folder: Path, *, resume: bool) -> Path:
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


def _check_batch(config: FitConfig, corpus: Corpus) -> None:
    count = len(corpus.training(0))
    if config.batch_size > count:
        raise InputError(
            f"batch size {config.batch_size} is larger than the {count} pictures to train on; "
            "give a smaller --batch-size or more data"
        )


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

    def __init__(
        self,
        config: FitConfig,
        factory: ModelFactory[nn.Module],
        corpus: Corpus,
        folder: Path,
        runtime: Runtime,
    ) -> None:
        self.config, self.card, self.corpus, self.folder = config, factory.card, corpus, folder
        self.fabric: Fabric = make_fabric(runtime)
        if self.fabric.world_size > config.batch_size:
            raise InputError(
                f"batch size {config.batch_size} is smaller than the {self.fabric.world_size} "
                "processes; give a larger --batch-size or fewer processes"
            )
        torch.manual_seed(int(item_rng(config.seed, 0, "trainkit.weights").integers(1 << 63)))
        self.network = factory.build()
        share = Share(self.fabric.global_rank, self.fabric.world_size)
        batches = BatchMaker(corpus, self.card, config, self.fabric.device, share)
        self.writes = self.fabric.global_rank == 0
        self.quiet = runtime.quiet or not self.writes
        self.loop = Loop(
            self.fabric,
            {NETWORK: self.network},
            DiskGeometry(self.card.outputs, config, network=NETWORK),
            batches,
            config,
            quiet=self.quiet,
        )

    def go(self, progress: _Progress) -> ModelCard:
        """Run the epochs that are left, then score the best network."""
        while progress.epoch < self.config.epochs:
            try:
                self._epoch(progress)
            except TrainingError as error:
                raise TrainingError(f"{error}; {self._kept(progress)}") from error
        if self.writes:
            self._finish(progress)
        self.fabric.barrier()
        text = read_text(card_path(self.folder / "best.pt"), max_bytes=MAX_CARD_BYTES)
        return ModelCard.from_json(text)

    def _kept(self, progress: _Progress) -> str:
        if progress.epoch == 0:
            return "no epoch was finished, nothing is kept"
        return f"{self.folder / 'last.pt'} of epoch {progress.epoch} is kept"

    def _epoch(self, progress: _Progress) -> None:
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
                f"epoch {progress.epoch}/{self.config.epochs}: training loss "
                f"{row['train_loss']:.4g}, validation loss {row['val_loss']:.4g}"
                + (" (best)" if better else "")
            )
        if self.writes:
            self._write(progress, better=better)
        self.fabric.barrier()

    def _write(self, progress: _Progress, *, better: bool) -> None:
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

    def _last(self, progress: _Progress, state: dict[str, Any]) -> dict[str, Any]:
        return {
            "config": self.config.as_dict(),
            "data": self.corpus.describe(),
            "epoch": progress.epoch,
            "networks": {NETWORK: state},
            "descents": {n: d.state() for n, d in self.loop.descents.items()},
            # Every generator, dropout's too, is a function of these two and the item's number.
            "random": {"seed": self.config.seed, "epoch": progress.epoch},
            "precision": dict(self.fabric.strategy.precision.state_dict()),
            "best": {"epoch": progress.best_epoch, "val_loss": progress.best_loss},
            "history": progress.history,
        }

    def restore(self) -> _Progress:
        """Weights, optimiser, schedule and progress of ``last.pt``.

        Raises
        ------
        InputError
            If it is bad, or configuration or data differ; the first difference is named.
        """
        path = self.folder / "last.pt"
        last = read_checkpoint(path, LAST_KEYS)
        _check_same(path, "", last["config"], self.config.as_dict())
        _check_same(path, "data ", last["data"], self.corpus.describe())
        try:
            load_state(self.network, last["networks"][NETWORK], source=str(path))
            for name, descent in self.loop.descents.items():
                descent.restore(last["descents"][name])
            self.fabric.strategy.precision.load_state_dict(last.get("precision", {}))
            best = last["best"]
            progress = _Progress(
                int(last["epoch"]), int(best["epoch"]), float(best["val_loss"]), last["history"]
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{path}: not a state of this run ({error}); start anew") from None
        read_checkpoint(self.folder / "best.pt", BEST_KEYS)
        return progress

    def _card(self, progress: _Progress) -> ModelCard:
        training = {
            "recipe": self.config.as_dict(),
            "data": self.corpus.describe(),
            "training_pictures_an_epoch": len(self.corpus.training(0)),
            "validation_disks": len(self.corpus.validation()),
            "best_epoch": progress.best_epoch,
            "epochs_done": progress.epoch,
            "val_loss": progress.best_loss,
        }
        provenance = Provenance.collect(
            "trainkit.fit_disks",
            packages=_PACKAGES,
            configuration=self.config.as_dict(),
            seed=self.config.seed,
        )
        limits = self.card.limits
        if not (set(self.corpus.describe()) - {"synthetic"}):
            limits = (*limits, "Trained on synthetic pictures alone, none from an interferometer.")
        return replace(self.card, training=training, limits=limits, provenance=provenance)

    def _finish(self, progress: _Progress) -> None:
        """Score the best network and write its card, unless that is done."""
        best = self.folder / "best.pt"
        done = ModelCard.from_json(read_text(card_path(best), max_bytes=MAX_CARD_BYTES))
        if done.metrics and done.training.get("epochs_done") == progress.epoch:
            return
        content = read_checkpoint(best, BEST_KEYS)
        load_state(self.network, content["model_state"], source=str(best))
        card = self._card(progress)
        metrics = held_out_metrics(self.network, card, self.corpus, device=self.fabric.device)
        write_text(card_path(best), replace(card, metrics=metrics).to_json())


def _check_same(path: Path, what: str, old: Any, new: dict[str, Any]) -> None:
    old = old if isinstance(old, dict) else {}
    for name in [*new, *(set(old) - set(new))]:
        if old.get(name) != new.get(name):
            raise InputError(
                f"{path}: {what}{name} was {old.get(name)!r} and is {new.get(name)!r} now; "
                "give what it was, or start anew with another --out"
            )
