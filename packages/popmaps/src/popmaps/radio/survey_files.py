"""A user's own surveys from a TOML file, beside the built-in ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError

from skyrun.files import read_toml
from skytypes.errors import InputError

from .surveys import SurveyGroup, SurveyTable, built_in_surveys

MAX_FILE_BYTES = 1_000_000


def read_surveys(path: Path) -> SurveyTable:
    """The built-in surveys and those of a file.

    Parameters
    ----------
    path : Path
        TOML with tables ``[survey.NAME]`` and, if detections are joined or counted,
        ``[group.NAME]``. A survey that no group names makes a group of its own, without a count.

    Returns
    -------
    SurveyTable

    Raises
    ------
    InputError
        If the file cannot be read or is no TOML, a field is missing, unknown or out of range, or
        a name is one of the built-in surveys or groups, or differs from another in case only.

    Examples
    --------
    >>> import tempfile
    >>> text = '''[survey.NARROW]
    ... frequency_mhz = 1400
    ... bandwidth_mhz = 100
    ... channel_mhz = 1
    ... integration_s = 60
    ... sampling_us = 100
    ... receiver_k = 20
    ... gain_k_jy = 1.0
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "mine.toml")
    ...     _ = path.write_text(text)
    ...     table = read_surveys(path)
    >>> table.groups["NARROW"].surveys, table.surveys["NARROW"].threshold_snr
    (('NARROW',), 9.0)
    """
    known = built_in_surveys()
    given = read_toml(path, max_bytes=MAX_FILE_BYTES)
    tables = {kind: given.pop(kind, {}) for kind in ("survey", "group")}
    if given or not all(isinstance(table, dict) for table in tables.values()):
        raise InputError(f"{path}: give tables [survey.NAME] and [group.NAME] and nothing else")
    _refuse_known(path, tables["survey"], known.surveys, "survey")
    _refuse_known(path, tables["group"], known.groups, "group")
    merged = {
        "survey": {**known.surveys, **tables["survey"]},
        "group": {**known.groups, **tables["group"]},
    }
    try:
        table = SurveyTable.model_validate(merged)
    except ValidationError as error:
        raise InputError(f"{path}: {_first_error(error)}") from None
    grouped = {name for group in table.groups.values() for name in group.surveys}
    alone = {n: SurveyGroup(surveys=(n,)) for n in table.surveys if n not in grouped}
    taken = next((name for name in alone if name in table.groups), None)
    if taken is not None:
        raise InputError(f"{path}: survey {taken} is in no group, but group {taken} is of other "
                         "surveys; give one another name")  # fmt: skip
    _refuse_alike(path, "survey", table.surveys)
    _refuse_alike(path, "group", [*table.groups, *alone])
    return SurveyTable(survey=table.surveys, group={**table.groups, **alone})


def _refuse_known(
    path: Path, given: Mapping[str, object], known: Mapping[str, object], kind: str
) -> None:
    taken = next((name for name in given if name in known), None)
    if taken is not None:
        raise InputError(f"{path}: {kind} {taken} is built in; give it another name")


def _refuse_alike(path: Path, kind: str, names: Iterable[str]) -> None:
    """Some file systems take names that differ in case only for one file."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise InputError(f"{path}: {kind} {name} and {other} differ in case only, and their "
                             "files would be one; give one another name")  # fmt: skip


def _first_error(error: ValidationError) -> str:
    """The first thing that is wrong, in one line."""
    first = error.errors(include_url=False)[0]
    place = ".".join(_short(str(part)) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    given = first["input"]
    # Python refuses to write a number of more than 4300 digits.
    plain = isinstance(given, float | str) or (isinstance(given, int) and given.bit_length() < 64)
    shown = f" (given {_short(repr(given))})" if plain else ""
    return f"{place}: {message}{shown}" if place else message


def _short(text: str) -> str:
    """The start of a text on one line."""
    return " ".join(text[:60].split())
