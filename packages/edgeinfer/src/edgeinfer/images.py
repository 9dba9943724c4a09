"""Which files a command line means: images named one by one, and those in folders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

ENDINGS = (".fits", ".fit", ".fts")


def list_images(paths: Iterable[str | Path]) -> list[Path]:
    """The images meant by files and folders, each once.

    Parameters
    ----------
    paths : iterable of path
        A folder means every ``.fits``, ``.fit`` or ``.fts`` file in it and below, in order of
        their names; hidden files are left out. Anything else is taken as it is: whether it can be
        read shows when it is read.

    Returns
    -------
    list of Path
        A folder without images is itself in the list, so that it is reported and not forgotten.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     for file in ("b.fits", "a.fits", "notes.txt"):
    ...         Path(name, file).touch()
    ...     [path.name for path in list_images([name])]
    ['a.fits', 'b.fits']
    """
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        inside = _below(path) if path.is_dir() else []
        found.update(dict.fromkeys(inside or [path]))
    return list(found)


def _below(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in ENDINGS
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
