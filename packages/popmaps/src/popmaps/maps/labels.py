"""Labels of samples: the parameters that each population was drawn with."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from skyrun.files import read_json
from skytypes.errors import InputError

from ..sample_files import CONFIGURATION, OVERRIDE
from .layout import INPUT_PREFIX, Kind
from .samples import SampleFolder

SINGLE_LABELS: Final = (
    *("B_initial_log10_mean", "B_initial_log10_sigma"),
    *("P_initial_log10_mean", "P_initial_log10_sigma"),
    *("a_late", "L_radio_log10_mean", "epsilon_L", "h_c", "sigma_k"),
)
"""Labels of a single sample without ``override.json``, from ``configuration.json``."""

_LABELS_BYTES: Final = 1 << 22


def read_labels(folder: SampleFolder, kind: Kind) -> dict[str, float]:
    """The parameters that a sample was drawn with, by name.

    Parameters
    ----------
    folder : SampleFolder
    kind : {"full", "surveys", "single"}
        A single sample without ``override.json`` has its labels in ``configuration.json``.

    Raises
    ------
    InputError
        If the file is missing, is no JSON of names and finite numbers, or lacks a label.
    """
    path = Path(folder.path) / OVERRIDE
    if kind == "single" and not path.exists():
        path = Path(folder.path) / CONFIGURATION
        known = _flattened(read_json(path, max_bytes=_LABELS_BYTES))
        missing = [name for name in SINGLE_LABELS if name not in known]
        if missing:
            raise InputError(f"{path}: no {missing[0]}; give it, or an {OVERRIDE}")
        labels = {name: known[name] for name in SINGLE_LABELS}
    else:
        labels = read_json(path, max_bytes=_LABELS_BYTES)
    if not isinstance(labels, dict):
        raise InputError(f"{path}: holds no names and numbers; give {{NAME: NUMBER, ...}}")
    return {name: _number(name, labels[name], path) for name in sorted(labels)}


def usual_labels(samples: Sequence[SampleFolder], kind: Kind) -> list[str]:
    """Names of the labels that most samples have; of two as frequent sets the first.

    Parameters
    ----------
    samples : sequence of SampleFolder
        Those without readable labels have no say.
    kind : {"full", "surveys", "single"}
    """
    votes: Counter[tuple[str, ...]] = Counter()
    for sample in samples:
        with suppress(InputError):
            votes[tuple(read_labels(sample, kind))] += 1
    return [*votes.most_common(1)[0][0]] if votes else []


def require_labels(labels: Mapping[str, float], wanted: Sequence[str]) -> None:
    """Refuse a sample with other labels than the dataset has.

    Parameters
    ----------
    labels : mapping of name to float
    wanted : sequence of str

    Raises
    ------
    InputError
        If a label is missing, or there is one more.
    """
    missing, more = sorted({*wanted} - {*labels}), sorted({*labels} - {*wanted})
    if missing or more:
        differ = [*(f"no {n}" for n in missing[:3]), *(f"{n} too" for n in more[:3])]
        raise InputError(
            f"its labels are not those that most samples have ({', '.join(differ)}); "
            "give it the same ones, or put it into a dataset of its own"
        )


def _flattened(configuration: Any) -> dict[str, Any]:
    """Settings by name, those in groups too; of one name the outermost."""
    if not isinstance(configuration, dict):
        return {}
    inside: dict[str, Any] = {}
    for value in configuration.values():
        inside = {**_flattened(value), **inside}
    return {**inside, **configuration}


def _number(name: str, value: Any, path: Path) -> float:
    odd = name.startswith(INPUT_PREFIX) or name in ("", "id") or not name.isprintable()
    if odd:
        raise InputError(f"{path}: {name!r} can't be the name of a label; rename it")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or abs(value) > 1e300 or not math.isfinite(value):
        raise InputError(f"{path}: {name} is {str(value)[:40]!r}; give a finite number")
    return float(value)
