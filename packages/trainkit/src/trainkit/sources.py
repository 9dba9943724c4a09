"""From a configuration to its data, found by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from skyrun.commands import note
from skytypes import ArrayDataset, ModelCard, find
from skytypes.errors import InputError, MissingPackageError

from .corpus import Corpus, Source
from .cutouts import CutDataset, KeptDataset
from .disk_config import FitConfig
from .runtime import Runtime, is_first_process


def open_dataset(text: str) -> ArrayDataset:
    """The dataset that a ``--data`` option names.

    Parameters
    ----------
    text : str
        A folder of simulated disks; or ``NAME=FOLDER`` or ``NAME``, the name being registered
        under ``skytypes.datasets``.

    Returns
    -------
    ArrayDataset

    Raises
    ------
    InputError
        If it is neither a folder nor a registered name.
    MissingPackageError
        If the package that has the dataset is not installed.
    """
    name, given, place = _parts(text)
    if not given and ("/" in text or "." in text):
        raise InputError(f"data {text!r}: no such folder; give a folder of simulated disks")
    if given and not place:
        # An empty path would be the current folder.
        raise InputError(f"data {text!r}: names no folder; give {name}=FOLDER")
    try:
        maker = find("datasets", name)
    except MissingPackageError as error:
        if given:
            raise
        raise MissingPackageError(f"data {text!r}: no such folder, and {error}") from None
    try:
        dataset: ArrayDataset = maker(Path(place)) if given else maker()
    except TypeError:
        raise InputError(f"data {text!r}: can't be opened like this; give {name}=FOLDER") from None
    return dataset


def _parts(text: str) -> tuple[str, str, str]:
    """Registered name, ``=`` if there is one, and place, of a ``--data`` option."""
    return ("disks-simulated", "=", text) if Path(text).is_dir() else text.partition("=")


def make_corpus(
    config: FitConfig,
    card: ModelCard,
    runtime: Runtime,
    *,
    extra: Sequence[tuple[str, ArrayDataset]] = (),
) -> Corpus:
    """All data of a run, split.

    Parameters
    ----------
    config : FitConfig
    card : ModelCard
        Of the network: its inputs say what to cut out of large pictures.
    runtime : Runtime
        Its bound on memory.
    extra : sequence of (name, dataset)
        More data, treated like those of ``config.data``.

    Returns
    -------
    Corpus

    Raises
    ------
    InputError
        If a dataset can't be found, two have one name, or one is given twice.
    """
    _check_once(config.data)
    _check_names([*(_name_of(text) for text in config.data), *(name for name, _ in extra)])
    places = {_name_of(text): _parts(text)[2] for text in config.data}
    named = [(_name_of(text), open_dataset(text)) for text in config.data]
    named += list(extra)
    for name, dataset in named:
        _say_skipped(name, dataset)
    count = len(named) + (config.synthetic > 0)
    if count == 0:
        raise InputError("synthetic is 0 and there is no other data; give at least one of them")
    max_bytes = runtime.max_bytes() // count
    sources = [_synthetic(config, max_bytes)] if config.synthetic else []
    for name, dataset in named:
        cut = KeptDataset(CutDataset(dataset, card.inputs), max_bytes=max_bytes)
        sources.append(
            Source(
                name,
                cut,
                repeats=config.repeats,
                any_angle=True,
                original=dataset,
                files=_files_of(dataset, places.get(name, "")),
            )
        )
    return Corpus(sources, validation=config.validation, seed=config.seed)


def _name_of(text: str) -> str:
    """What messages call the data of a ``--data`` option."""
    return Path(text).name or text


def _check_names(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1 or name == "synthetic":
            raise InputError(f"two sources of data are called {name!r}; give each another name")


def _check_once(data: Sequence[str]) -> None:
    """Refuse one place given twice, however it is spelt: its disks would count double."""
    seen: dict[tuple[str, Path | str], str] = {}
    for text in data:
        name, _, place = _parts(text)
        key = (name, Path(place).resolve() if place else place)
        if key in seen:
            raise InputError(f"data {seen[key]!r} and {text!r} are the same; give it once")
        seen[key] = text


def _files_of(dataset: ArrayDataset, place: str) -> tuple[Path, ...]:
    """What a dataset was read from: the files that it names, and the one that was named."""
    files = tuple(Path(path) for path in getattr(dataset, "files", ()))
    return (Path(place), *files) if Path(place).is_file() else files


def _say_skipped(name: str, dataset: ArrayDataset) -> None:
    """One line about files that a dataset had to leave out."""
    skipped = getattr(dataset, "skipped", {})
    if skipped and is_first_process():
        reason = next(iter(skipped.values()))
        note(f"{name}: {len(skipped)} files are left out; the first: {reason}")


def _synthetic(config: FitConfig, max_bytes: int) -> Source:
    blocks = config.epochs if config.fresh else 1
    maker = find("datasets", "disks")
    dataset = maker(config.synthetic * blocks, seed=config.seed, size=config.picture_px)
    # Disks that are seen once need not be kept.
    kept = KeptDataset(dataset, max_bytes=0 if config.fresh else max_bytes)
    return Source("synthetic", kept, blocks=blocks)
