"""`fit_disks`: a whole run for disks, from a configuration to a checkpoint with its card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from skytypes import ArrayDataset, ModelCard, ModelFactory, find
from skytypes.cards import Metric

from .batches import Share
from .corpus import Corpus
from .disk_batches import DiskBatches
from .disk_config import FitConfig
from .objectives import DiskGeometry
from .run_folder import check_folder
from .runs import FitResult, Stopwatch, start_run
from .runtime import Runtime
from .scoring import held_out_metrics
from .sources import make_corpus


class DiskTask:
    """A `Task`: geometry of disks, split by disk.

    Parameters
    ----------
    config : FitConfig
    factory : ModelFactory
    corpus : Corpus
    """

    producer = "trainkit.fit_disks"
    packages: tuple[str, ...] = (
        "trainkit",
        "skytypes",
        "skyrun",
        "netzoo",
        "skymodels",
        "casa-sim",
        "torch",
        "numpy",
    )

    def __init__(self, config: FitConfig, factory: ModelFactory[nn.Module], corpus: Corpus) -> None:
        self.config, self.factory, self.corpus = config, factory, corpus

    @property
    def card(self) -> ModelCard:
        """The model's, with a limit more where no interferometer made a picture."""
        card = self.factory.card
        if set(self.corpus.describe()) - {"synthetic"}:
            return card
        limit = "Trained on synthetic pictures alone, none from an interferometer."
        return replace(card, limits=(*card.limits, limit))

    def build(self) -> nn.Module:
        """The network, its weights drawn from torch's generator."""
        return self.factory.build()

    def objective(self, network: str) -> DiskGeometry:
        """Weighted absolute deviations of the raw columns."""
        return DiskGeometry(self.factory.card.outputs, self.config, network=network)

    def batches(self, device: torch.device, share: Share) -> DiskBatches:
        """Augmented and mixed as the configuration says."""
        return DiskBatches(self.corpus, self.factory.card, self.config, device, share)

    def training_items(self) -> int:
        """Pictures of the first epoch."""
        return len(self.corpus.training(0))

    def describe(self) -> dict[str, str]:
        """Each source by its length and a digest of its disks."""
        return self.corpus.describe()

    def facts(self) -> dict[str, Any]:
        """How many pictures and disks there are."""
        return {
            "training_pictures_an_epoch": len(self.corpus.training(0)),
            "validation_disks": len(self.corpus.validation()),
        }

    def metrics(
        self, network: nn.Module, card: ModelCard, device: torch.device
    ) -> tuple[Metric, ...]:
        """Errors on the disks held out, beside the mean's and a Gaussian fit's."""
        return held_out_metrics(network, card, self.corpus, device=device)


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
        Go on from ``out/last.pt``. On the CPU, a run that was killed and resumed ends with the
        same weights, bit by bit, as one that was not (same torch, machine, number of threads and
        of processes).
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
    watch = Stopwatch()
    folder = check_folder(Path(out), resume=resume)
    factory: ModelFactory[nn.Module] = find("models", config.model)
    corpus = make_corpus(config, factory.card, runtime, extra=extra)
    task = DiskTask(config, factory, corpus)
    return start_run(task, config, folder, resume=resume, runtime=runtime, watch=watch)
