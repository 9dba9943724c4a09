"""Which samples go into a dataset, and the CSV that lists them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from skyrun.files import write_text

from .batches import Batch, Record, Settings
from .layout import INPUT_PREFIX, map_file, map_names, stack_cell


@dataclass
class Rows:
    """Samples that go into the dataset, and why others do not.

    Parameters
    ----------
    kept : list of (Batch, int)
        How many samples of each batch have maps.
    labels : dict of sample number to labels
        In the order of the CSV.
    skipped : dict of sample number to str
    dropped : counter of map name
        Stars left out, over the samples kept.
    empty : dict of sample number to map name to int
        Maps without a star, and how many stars there were.
    """

    kept: list[tuple[Batch, int]] = field(default_factory=list)
    labels: dict[int, dict[str, float]] = field(default_factory=dict)
    skipped: dict[int, str] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)
    empty: dict[int, dict[str, int]] = field(default_factory=dict)


def collect(batches: Sequence[Batch], records: Sequence[Record]) -> Rows:
    """Samples with maps, in their order.

    Parameters
    ----------
    batches : sequence of Batch
    records : sequence of Record
        One a batch.
    """
    rows = Rows()
    for batch, record in zip(batches, records, strict=True):
        made = 0
        for sample in batch.samples:
            number = str(sample.number)
            if number in record.errors:
                rows.skipped[sample.number] = record.errors[number]
                continue
            rows.labels[sample.number] = record.labels[number]
            rows.dropped.update(record.dropped.get(number, {}))
            if number in record.empty:
                rows.empty[sample.number] = record.empty[number]
            made += 1
        rows.kept.append((batch, made))
    return rows


def label_columns(labels: Iterable[Mapping[str, float]]) -> dict[str, list[float]]:
    """Labels of all samples, by name.

    Parameters
    ----------
    labels : iterable of mapping of name to float
        A mapping a sample.
    """
    columns: dict[str, list[float]] = {}
    for row in labels:
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    return dict(sorted(columns.items()))


def write_csv(path: Path, settings: Settings, labels: Mapping[int, Mapping[str, float]]) -> None:
    """Write the CSV: one row a sample, its files, then its labels by name.

    Parameters
    ----------
    path : Path
    settings : Settings
    labels : mapping of sample number to labels
        In the order of the rows.
    """
    names = map_names(settings.kind)
    label_names = sorted(next(iter(labels.values())))
    data_type = settings.data_type
    header = [*(INPUT_PREFIX + name for name in names), *label_names]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", *header] if data_type == "stack" else header)
    for row, (number, values) in enumerate(labels.items()):
        numbers = [repr(values[name]) for name in label_names]
        if data_type == "stack":
            writer.writerow([number, *(stack_cell(name, row) for name in names), *numbers])
        else:
            files = [map_file(name, number, data_type) for name in names]
            writer.writerow([*files, *numbers])
    write_text(path, out.getvalue())
