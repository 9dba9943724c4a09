"""Scores of the network and its baselines on disks the training never saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeinfer import EdgeModel
from skymodels import SyntheticDisks
from skymodels.catalogue import draw_catalogue
from skyrun import track
from skytypes import ArrayDataset
from skytypes.protocols import batch_of
from trainkit import gaussian_fit, predict_mean, score

NAMES = ("incl_deg", "pa_deg", "dx_arcsec", "dy_arcsec")
FIGURES = ("incl_mae_deg", "pa_mae_deg", "centre_mae_arcsec")
THROUGH = {"native": "through the native simulator", "casa": "through real CASA"}
SYNTHETIC = 256
# Training draws from the journey's own seed; a seed this far away shares no picture with it.
_OTHER_SEED = 1 << 32
_PRIOR = 1000

Columns = dict[str, NDArray[Any]]


def _gather(rows: Sequence[Mapping[str, Any]]) -> Columns:
    return {name: np.concatenate([np.atleast_1d(row[name]) for row in rows]) for name in NAMES}


def measure(
    model: EdgeModel, dataset: ArrayDataset, label: str
) -> tuple[Columns, Columns, Columns]:
    """Truth, the network's answers and those of the Gaussian fit, for every item.

    Parameters
    ----------
    model : EdgeModel
        Runs in onnxruntime, as at the telescope.
    dataset : ArrayDataset
    label : str
        Of the progress bar.

    Returns
    -------
    truth, network, gaussian : dicts of arrays of shape (item,)
    """
    truth, network, gaussian = [], [], []
    for index in track(range(len(dataset)), label):
        sample = batch_of(dataset, [index])
        truth.append(sample.labels)
        network.append(model.predict(sample))
        gaussian.append(gaussian_fit(sample))
    return _gather(truth), _gather(network), _gather(gaussian)


def prior_of_catalogue(seed: int) -> Columns:
    """Labels of catalogue disks that are not in the journey: what a constant could know."""
    rows = draw_catalogue(_PRIOR, seed=seed + _OTHER_SEED)
    return {name: np.array([getattr(row, name) for row in rows]) for name in NAMES}


def prior_of_synthetic(seed: int) -> Columns:
    """Labels of synthetic disks of the training."""
    dataset = SyntheticDisks(_PRIOR, seed=seed)
    return _gather([dataset[i].labels for i in range(_PRIOR)])


def held_out_synthetic(seed: int) -> SyntheticDisks:
    """Synthetic disks that no training of this seed draws."""
    return SyntheticDisks(SYNTHETIC, seed=seed + _OTHER_SEED)


def scores(truth: Columns, answers: Mapping[str, Columns], data: str) -> dict[str, Any]:
    """Figures by method, with intervals and numbers of disks.

    Parameters
    ----------
    truth : dict of arrays of shape (disk,)
    answers : mapping of method to dict of arrays of shape (disk,)
    data : str
        What the disks are.

    Returns
    -------
    dict
        ``incl_mae_deg`` [deg], ``pa_mae_deg`` [deg], ``centre_mae_arcsec`` [arcsec], None where
        no disk counts; ``n``, ``n_pa`` and ``intervals`` (95 %).
    """
    found: dict[str, Any] = {}
    for method, said in answers.items():
        figures = score(truth, {name: said[name] for name in NAMES}, data=data)
        row: dict[str, Any] = {
            name: figures[name].value if name in figures else None for name in FIGURES
        }
        row["intervals"] = {
            name: list(figures[name].interval or ()) for name in FIGURES if name in figures
        }
        row["n"] = len(truth["incl_deg"])
        row["n_pa"] = figures["pa_mae_deg"].n if "pa_mae_deg" in figures else 0
        row["definitions"] = {name: m.definition for name, m in figures.items()}
        found[method] = row
    return found


def score_observed(
    model: EdgeModel, dataset: ArrayDataset, seed: int, *, backend: str
) -> tuple[dict[str, Any], Columns, Columns]:
    """Scores on the held-out observed disks, their truth and the network's answers."""
    truth, network, gaussian = measure(model, dataset, "score: observed disks")
    mean = predict_mean(prior_of_catalogue(seed), len(truth["incl_deg"]))
    answers = {"network": network, "predict_mean": mean, "gaussian_fit": gaussian}
    data = f"held-out disks {THROUGH[backend]}"
    return scores(truth, answers, data), truth, network


def score_synthetic(model: EdgeModel, seed: int) -> tuple[dict[str, Any], Columns, Columns]:
    """Scores on 256 held-out synthetic disks, their truth and the network's answers."""
    truth, network, gaussian = measure(model, held_out_synthetic(seed), "score: synthetic disks")
    mean = predict_mean(prior_of_synthetic(seed), SYNTHETIC)
    answers = {"network": network, "predict_mean": mean, "gaussian_fit": gaussian}
    return scores(truth, answers, "held-out synthetic disks"), truth, network
