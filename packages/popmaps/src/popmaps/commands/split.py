"""``popmaps split``: training, validation and test sets of a dataset."""

from __future__ import annotations

from pathlib import Path

from skyrun.commands import answer

from .options import Flag


def split(
    *,
    dataset_path: Path,
    test_split: float | None = None,
    valid_split: float | None = None,
    seed: int = 0,
    by_hash: Flag = False,
    json: Flag = False,
) -> None:
    """Split a dataset into training, validation and test, and write the training's statistics.

    Parameters
    ----------
    dataset_path
        Folder with dataset_full.csv, or that file; dataset_train.csv, dataset_valid.csv,
        dataset_test.csv and statistics_train.json are written beside it.
    test_split
        Fraction of all samples for the test; above 0, below 1.
    valid_split
        Fraction of the rest for the validation.
    seed
        Of the draw.
    by_hash
        Decide by a hash of each sample's number: a sample keeps its set when the dataset grows,
        and sizes are only near the fractions.
    json
        Print one JSON object a line instead of a table.
    """
    from ..splits import split_dataset

    sizes = split_dataset(
        dataset_path,
        test_split=test_split,
        valid_split=valid_split,
        seed=seed,
        by_hash=by_hash,
    )
    rows = ({"set": name, "samples": sizes[name]} for name in sorted(sizes))
    answer(rows, json=json)
