"""`fit_maps`: a whole run for maps of populations, from a folder of sets to a checkpoint."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from skytypes import ModelCard, ModelFactory, find
from skytypes.cards import Metric
from skytypes.errors import ContractError
from skytypes.protocols import CardFactory

from .batches import Share
from .map_batches import MapBatches
from .map_cards import map_card
from .map_config import MapsConfig
from .map_sets import MapDataset, MapSets, evenly_spread, flat_maps, open_sets
from .objectives import LabelRegression
from .predictions import predict
from .regression import score_labels
from .ridge import fit_ridge
from .run_folder import check_folder
from .runs import FitResult, Stopwatch, start_run
from .runtime import Runtime

RIDGE_ITEMS = 4096
"""At most so many training items go into the ridge regression, evenly spread,"""
RIDGE_BYTES = 512 << 20
"""and so many that their bins take this much memory in single precision."""

Columns = dict[str, NDArray[np.float64]]


class MapTask:
    """A `Task`: labels of sets of maps.

    Parameters
    ----------
    config : MapsConfig
    factory : ModelFactory
        Of the network for the card of these sets.
    sets : MapSets
    runtime : Runtime
        Its bound on memory.
    """

    producer = "trainkit.fit_maps"
    packages: tuple[str, ...] = (
        "trainkit",
        "skytypes",
        "skyrun",
        "netzoo",
        "popmaps",
        "torch",
        "numpy",
    )

    def __init__(
        self,
        config: MapsConfig,
        factory: ModelFactory[nn.Module],
        sets: MapSets,
        runtime: Runtime,
    ) -> None:
        self.config, self.factory, self.sets, self.runtime = config, factory, sets, runtime

    @property
    def card(self) -> ModelCard:
        """What the network takes and says."""
        return self.factory.card

    def build(self) -> nn.Module:
        """The network, its weights drawn from torch's generator."""
        return self.factory.build()

    def objective(self, network: str) -> LabelRegression:
        """Squared deviations of the standardised labels."""
        return LabelRegression(self.card.outputs, network=network)

    def batches(self, device: torch.device, share: Share) -> MapBatches:
        """Training and validation sets, encoded."""
        return MapBatches(
            self.sets.train,
            self.sets.valid,
            self.card,
            self.config,
            device=device,
            share=share,
            max_bytes=self.runtime.max_bytes(),
        )

    def training_items(self) -> int:
        """Samples of the training set."""
        return len(self.sets.train)

    def describe(self) -> dict[str, str]:
        """Each set by its length and a digest."""
        return self.sets.describe()

    def facts(self) -> dict[str, Any]:
        """The channels as the tables list them, and how many samples there are."""
        counts = {f"{name}_samples": len(part) for name, part in self.sets.named().items()}
        return {"input_columns": list(self.sets.train.columns), **counts}

    def metrics(
        self, network: nn.Module, card: ModelCard, device: torch.device
    ) -> tuple[Metric, ...]:
        """R^2 and mean error of each label, beside the mean's and a ridge regression's."""
        held, name = self.sets.test, "test"
        if held is None:
            held, name = self.sets.valid, "validation (which also chose the epoch)"
        truth = held.label_values()
        items = range(len(held))
        data = f"{len(held)} samples of {name} that training never saw"
        said = {
            k: v.astype(np.float64)
            for k, v in predict(network, card, held, items, device=device).items()
        }
        baselines = {
            "predict_mean": predict_mean_label(self.sets.train, len(held)),
            "ridge": predict_ridge(self.sets.train, held),
        }
        scores = {k: score_labels(truth, answers) for k, answers in baselines.items()}
        return tuple(
            replace(figure, baseline=k, baseline_value=found[figure.name].value)
            for figure in score_labels(truth, said, data=data).values()
            for k, found in scores.items()
        )


def predict_mean_label(train: MapDataset, count: int) -> Columns:
    """The training labels' means as the answer for every item, arrays of shape (item,)."""
    return {n: np.full(count, values.mean()) for n, values in train.label_values().items()}


def predict_ridge(train: MapDataset, held: MapDataset) -> Columns:
    """Answers of a ridge regression on the maps, bin by bin, arrays of shape (item,).

    The maps are flattened and standardised by training, each bin by its mean and each channel by
    its deviation; the penalty is chosen for each label by leaving out one training item
    (`trainkit.ridge`).
    """
    blocks = [x * y for x, y in train.shapes.values()]
    size = sum(blocks)
    most = max(3, min(RIDGE_ITEMS, RIDGE_BYTES // (4 * size)))
    items = evenly_spread(len(train), most)
    labels = train.label_values()
    known = np.stack([v[items] for v in labels.values()], axis=1)
    fitted = fit_ridge(flat_maps(train, items), known, blocks=blocks)
    starts = range(0, len(held), most)
    said = [fitted.predict(flat_maps(held, range(s, min(s + most, len(held))))) for s in starts]
    return _by_name(list(labels), np.concatenate(said))


def _by_name(names: list[str], values: NDArray[np.float64]) -> Columns:
    return {name: values[:, k] for k, name in enumerate(names)}


def fit_maps(
    data: str | Path,
    config: MapsConfig,
    *,
    out: str | Path,
    resume: bool = False,
    runtime: Runtime | None = None,
) -> FitResult:
    """Train a network to say the labels of sets of maps.

    Writes what `fit_disks` writes.

    Parameters
    ----------
    data : path
        Folder with ``dataset_train.csv``, ``dataset_valid.csv`` and, to be judged on,
        ``dataset_test.csv``; without it the validation set, which is then said.
    config : MapsConfig
    out : path
        Folder; made if it is missing.
    resume : bool
        Go on from ``out/last.pt``. On the CPU, a run that was killed and resumed ends with the
        same weights, bit by bit, as one that was not (same torch, machine, number of threads and
        of processes).
    runtime : Runtime or None
        Where it runs.

    Returns
    -------
    FitResult

    Raises
    ------
    InputError
        If the data are bad, the folder holds a run and ``resume`` is not given, or the other way
        round; if recipe or data differ from those of the run to be resumed.
    TrainingError
        If a loss is not finite; ``last.pt`` and ``best.pt`` of the epochs before are kept.
    """
    runtime, watch = runtime or Runtime(), Stopwatch()
    folder = check_folder(Path(out), resume=resume)
    factory: ModelFactory[nn.Module] = find("models", config.model)
    sets = open_sets(data, config)
    if not isinstance(factory, CardFactory):
        raise ContractError(
            f"model {config.model!r} has one size only; give one for any maps, such as mapnet"
        )
    made = factory.for_card(map_card(factory.card, sets.train, config))
    task = MapTask(config, made, sets, runtime)
    return start_run(task, config, folder, resume=resume, runtime=runtime, watch=watch)
