"""The network that a card names, with the weights of a checkpoint. Needs the ``export`` extra."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from skytypes import ModelCard, find
from skytypes.protocols import factory_for
from skytypes.specs import OutputSpec

from .checkpoints import Checkpoint
from .errors import CheckpointError, shorten

if TYPE_CHECKING:
    import torch


def build_network(card: ModelCard, checkpoint: Checkpoint) -> torch.nn.Module:
    """The card's architecture with the checkpoint's weights, ready to answer.

    Parameters
    ----------
    card : ModelCard
        Its ``architecture`` is looked up under ``skytypes.models``.
    checkpoint : Checkpoint

    Returns
    -------
    torch.nn.Module
        In evaluation mode, on the CPU, float32.

    Raises
    ------
    MissingPackageError
        If no such architecture is installed; the message says what to install.
    CheckpointError
        If weights, sizes, columns or epoch do not fit the card; the first misfits are named.
    """
    import torch

    _check_sizes(card, checkpoint)
    _check_columns(card, checkpoint)
    _check_epoch(card, checkpoint)
    factory = factory_for(find("models", card.architecture), card)
    # Weights are drawn and thrown away; the caller's random state must not notice.
    with torch.random.fork_rng(devices=[]):
        network: torch.nn.Module = factory.build()
    _check_fit(network.state_dict(), card, checkpoint)
    network.load_state_dict(dict(checkpoint.state))
    return network.float().eval()


def _check_sizes(card: ModelCard, checkpoint: Checkpoint) -> None:
    sides = {s.shape[-1] for s in card.inputs if len(s.shape) == 3}
    if sides and checkpoint.img_size not in sides:
        raise CheckpointError(
            f"{checkpoint.path}: img_size is {checkpoint.img_size}, the card's pictures have "
            f"{sorted(sides)}; give the card of this checkpoint"
        )
    columns = {(o.tensor, c) for o in card.outputs for c in o.columns}
    if len(columns) > len(checkpoint.outputs):
        raise CheckpointError(
            f"{checkpoint.path}: has {len(checkpoint.outputs)} output columns, the card reads "
            f"{len(columns)}; give the card of this checkpoint"
        )


def column_names(output: OutputSpec) -> tuple[str, ...]:
    """Names that a checkpoint gives an output's columns; none where trainkit has no name for them.

    Examples
    --------
    >>> column_names(OutputSpec("incl_deg", "deg", "linear", (0,), scale=90.0))
    ('incl/90',)
    >>> column_names(OutputSpec("pa_deg", "deg", "double_angle", (1, 2)))
    ('sin2PA', 'cos2PA')
    """
    stem = output.name.removesuffix(f"_{output.unit}")
    if output.decoder == "double_angle":
        return f"sin2{stem.upper()}", f"cos2{stem.upper()}"
    if len(output.columns) != 1:
        return ()
    return (stem if output.scale == 1 else f"{stem}/{output.scale:g}",)


def _check_columns(card: ModelCard, checkpoint: Checkpoint) -> None:
    """Columns of another order fit in shape, and every answer is then another quantity's."""
    if len({output.tensor for output in card.outputs}) > 1:
        # A checkpoint does not say of which tensor its columns are.
        return
    given = dict(enumerate(checkpoint.outputs))
    for output in card.outputs:
        for column, wanted in zip(output.columns, column_names(output), strict=False):
            if given.get(column) != wanted:
                raise CheckpointError(
                    f"{checkpoint.path}: column {column} is {shorten(repr(given.get(column)), 60)}"
                    f", the card reads {wanted!r} there; give the card of this checkpoint"
                )


def _check_epoch(card: ModelCard, checkpoint: Checkpoint) -> None:
    epoch = card.training.get("best_epoch", checkpoint.epoch)
    if epoch != checkpoint.epoch:
        raise CheckpointError(
            f"{checkpoint.path}: is of epoch {checkpoint.epoch}, the card of epoch "
            f"{shorten(repr(epoch), 60)}; give the card of this checkpoint"
        )


def _check_fit(wanted: Mapping[str, torch.Tensor], card: ModelCard, checkpoint: Checkpoint) -> None:
    given = checkpoint.state
    shapes = [k for k, v in wanted.items() if k in given and given[k].shape != v.shape]
    kinds = [
        k
        for k, v in wanted.items()
        if k in given and given[k].is_floating_point() != v.is_floating_point()
    ]
    misfits = {
        "missing": [k for k in wanted if k not in given],
        "unexpected": [k for k in given if k not in wanted],
        "of another shape": shapes,
        "of another kind of number": kinds,
    }
    said = [f"{len(v)} {kind} ({shorten(v[0], 80)})" for kind, v in misfits.items() if v]
    if said:
        raise CheckpointError(
            f"{checkpoint.path}: weights do not fit architecture {card.architecture!r}: "
            f"{', '.join(said)}"
        )
