"""Names of the maps, their order in the CSV, and what a cell of the CSV names.

A cell of a column ``input:NAME`` is a path relative to the CSV. ``NAME_17.npy`` is the map of
sample 17 (the number is not padded), ``NAME_17.png`` its picture, and ``NAME.npy#5`` the row 5
(from 0) of a stack of shape (samples, n_x, n_y). `map_cell` takes a cell apart. A CSV of stacks
has a first column ``id`` with the number of the sample, which the other two have in their names.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from skytypes.errors import InputError

from .axes import Grid, plane_grid, ppdot_grid, radec_grid, side_grid

Kind = Literal["full", "surveys", "single"]
DataType = Literal["array", "image", "stack"]

INPUT_PREFIX: Final = "input:"
DATASET_FILE: Final = "dataset_full.csv"
STATISTICS_FILE: Final = "statistics_full.json"

FULL_MAPS: Final = (
    "position_map_xy",
    "position_map_xz",
    "position_map_radec",
    "velocity_map_xy_vr",
    "velocity_map_xy_vphi",
    "velocity_map_xy_vz",
    "velocity_map_vra",
    "velocity_map_vdec",
    "ppdot_map",
    "ppdot_map_fluxes",
)
"""Maps of a whole population: the nine of the published layout, and the flux map last."""

FULL_COUNTS: Final = (*FULL_MAPS[:3], "ppdot_map")
"""Those of them that count stars."""

SURVEYS: Final = ("PMPS", "SMPS", "HTRU")
SURVEY_TABLES: Final = {
    "PMPS": "survey_PMPS_results",
    "SMPS": "survey_SMPS_results",
    "HTRU": "survey_HTRU_low_mid_results",
}
FLUX_SAMPLE: Final = {"PMPS": 640, "SMPS": 170, "HTRU": 668}
"""Stars with a flux measured by MeerKAT; a survey's flux map is made of so many at most."""

SURVEY_KINDS: Final = (
    "position_map_radec",
    "velocity_map_vra",
    "velocity_map_vdec",
    "ppdot_map",
    "ppdot_map_fluxes",
)
SURVEY_COUNTS: Final = ("position_map_radec", "ppdot_map")
"""Those of them that count stars."""


def survey_map_name(survey: str, kind: str) -> str:
    """Name of one survey's map.

    Parameters
    ----------
    survey : {"PMPS", "SMPS", "HTRU"}
    kind : str
        One of `SURVEY_KINDS`.

    Examples
    --------
    >>> survey_map_name("PMPS", "ppdot_map")
    'survey_PMPS_ppdot_map'
    """
    return f"survey_{survey}_{kind}"


SURVEY_MAPS: Final = tuple(survey_map_name(s, k) for k in SURVEY_KINDS for s in SURVEYS)
"""Fifteen maps, grouped by kind, then PMPS, SMPS, HTRU."""


def map_names(kind: Kind) -> tuple[str, ...]:
    """Names of the maps of a kind of dataset, in the order of the CSV.

    Parameters
    ----------
    kind : {"full", "surveys", "single"}

    Examples
    --------
    >>> len(map_names("full")), map_names("surveys")[0]
    (10, 'survey_PMPS_position_map_radec')
    """
    return FULL_MAPS if kind == "full" else SURVEY_MAPS


def map_grid(name: str, resolution_dyn: int, resolution_ppdot: int) -> Grid:
    """Grid of a map.

    Parameters
    ----------
    name : str
        As in `map_names`.
    resolution_dyn, resolution_ppdot : int
        Bins along the axes of positions, and of P and its derivative.

    Examples
    --------
    >>> map_grid("survey_PMPS_position_map_radec", 32, 64).shape
    (32, 16)
    """
    if "ppdot" in name:
        return ppdot_grid(resolution_ppdot)
    if name == "position_map_xz":
        return side_grid(resolution_dyn)
    return plane_grid(resolution_dyn) if "_xy" in name else radec_grid(resolution_dyn)


def map_file(name: str, sample: int, data_type: Literal["array", "image"]) -> str:
    """File name of one sample's map.

    Parameters
    ----------
    name : str
        As in `map_names`.
    sample : int
        Number of the sample.
    data_type : {"array", "image"}

    Examples
    --------
    >>> map_file("ppdot_map", 17, "array")
    'ppdot_map_17.npy'
    """
    return f"{name}_{sample}.{'npy' if data_type == 'array' else 'png'}"


def stack_cell(name: str, row: int) -> str:
    """Cell of the CSV for one row of a stack.

    Parameters
    ----------
    name : str
        As in `map_names`.
    row : int
        From 0.

    Examples
    --------
    >>> stack_cell("ppdot_map", 5)
    'ppdot_map.npy#5'
    """
    return f"{name}.npy#{row}"


_CELL = re.compile(r"(?P<file>[^#]+)(?:#(?P<row>[0-9]{1,9}))?")


def map_cell(text: str) -> tuple[str, int | None]:
    """File and row that a cell of the CSV names.

    Parameters
    ----------
    text : str

    Returns
    -------
    file : str
        Path relative to the CSV.
    row : int or None
        Row of a stack; None where the file is one map.

    Raises
    ------
    InputError
        If the cell is empty or has something else than a number after ``#``.

    Examples
    --------
    >>> map_cell("ppdot_map.npy#5"), map_cell("ppdot_map_5.npy")
    (('ppdot_map.npy', 5), ('ppdot_map_5.npy', None))
    """
    found = _CELL.fullmatch(text)
    if found is None:
        raise InputError(f"cell {text!r}: give FILE, or FILE#ROW for a row of a stack")
    row = found["row"]
    return found["file"], None if row is None else int(row)
