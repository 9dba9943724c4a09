"""The nine maps of the real sky beside those of simulated surveys, and their dataset table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from skyrun.files import write_bytes, write_json, write_text
from skytypes.errors import InputError

from ..configurations import read_made_with, refuse_other
from ..maps.axes import ppdot_grid, radec_grid
from ..maps.histograms import density_map, flux_map
from ..maps.labels import SINGLE_LABELS
from ..maps.layout import DATASET_FILE as SIMULATED_FILE
from ..maps.layout import INPUT_PREFIX, SURVEY_MAPS, SURVEYS, map_file, survey_map_name
from ..maps.map_files import map_bytes
from .meerkat import Fluxes
from .pulsars import Pulsars
from .selection import in_survey, isolated_galactic, slowing_measured

Positions: TypeAlias = Literal["covered", "timed"]
DataType: TypeAlias = Literal["array", "image"]
Floats: TypeAlias = NDArray[np.float64]

DATASET_FILE: Final = "dataset_atnf.csv"
PROVENANCE_FILE: Final = "dataset_atnf.provenance.json"


@dataclass(frozen=True)
class SurveyCounts:
    """How many pulsars of one survey are in its maps.

    Parameters
    ----------
    survey : str
    in_coverage : int
        Isolated, Galactic, slower than 10 ms, tagged by the survey and inside its coverage.
    with_p_dot : int
        Those of them with a period derivative over 1e-19: the P-Pdot map.
    with_flux : int
        Those of these with a flux density: the flux map.
    """

    survey: str
    in_coverage: int
    with_p_dot: int
    with_flux: int


def observed_maps(
    pulsars: Pulsars,
    fluxes: Fluxes,
    *,
    resolution_dyn: int = 64,
    resolution_ppdot: int = 64,
    positions: Positions = "covered",
) -> tuple[dict[str, Floats], list[SurveyCounts]]:
    """Maps of position, of P and Pdot, and of flux for each survey.

    Parameters
    ----------
    pulsars : Pulsars
    fluxes : Fluxes
        Flux densities at 1.4 GHz.
    resolution_dyn : int
        Bins of right ascension; declination has half as many.
    resolution_ppdot : int
        Bins along P and along Pdot.
    positions : "covered" or "timed"
        What is on the position map: every pulsar in coverage, as on that of a simulated survey;
        or, as published maps have it, those alone whose period derivative is known.

    Returns
    -------
    maps : dict of str to array, shape (n_x, n_y)
        Names as in `popmaps.maps.layout.SURVEY_MAPS`, without those of velocity: few of the
        pulsars have a proper motion. A bin of a flux map without a pulsar is -7 before smoothing.
    counts : list of SurveyCounts
        PMPS, SMPS, HTRU.

    Notes
    -----
    The flux map of HTRU is cut to its coverage like the others; the published one is not.

    Examples
    --------
    >>> from popmaps.observed.pulsars import tabulate
    >>> row = {"name": "J1", "ra_deg": 260.0, "dec_deg": -30.0, "l_deg": 1.0, "b_deg": 2.0}
    >>> row |= {"p_s": 0.5, "p_dot": 1e-15, "surveys": "pksmb"}
    >>> maps, counts = observed_maps(Pulsars(tabulate([row]), "example"), Fluxes({}, "tpa"))
    >>> len(maps), counts[0]
    (9, SurveyCounts(survey='PMPS', in_coverage=1, with_p_dot=1, with_flux=0))
    """
    sky, ppdot = radec_grid(resolution_dyn), ppdot_grid(resolution_ppdot)
    column = {n: pulsars.table[n].to_numpy(float) for n in ("ra_deg", "dec_deg", "p_s", "p_dot")}
    flux_jy = fluxes.of(pulsars)
    chosen, timed = isolated_galactic(pulsars), slowing_measured(pulsars)
    maps: dict[str, Floats] = {}
    counts: list[SurveyCounts] = []
    for survey in SURVEYS:
        covered = chosen & in_survey(pulsars, survey)
        slowing = covered & timed
        bright = slowing & (flux_jy > 0)
        placed = covered if positions == "covered" else slowing
        period, p_dot = column["p_s"], column["p_dot"]
        made = {
            "position_map_radec": density_map(
                sky, column["ra_deg"][placed], column["dec_deg"][placed]
            ),
            "ppdot_map": density_map(ppdot, period[slowing], p_dot[slowing]),
            "ppdot_map_fluxes": flux_map(ppdot, period[bright], p_dot[bright], flux_jy[bright])[0],
        }
        maps |= {survey_map_name(survey, kind): values for kind, values in made.items()}
        sizes = (int(mask.sum()) for mask in (covered, slowing, bright))
        counts.append(SurveyCounts(survey, *sizes))
    return {name: maps[name] for name in SURVEY_MAPS if name in maps}, counts


def require_same(save_dir: Path, configuration: Mapping[str, Any]) -> None:
    """Refuse to write over maps that were made with other options or from another catalogue.

    Parameters
    ----------
    save_dir : path
    configuration : mapping
        Options by name, and ``files``: of each kind of file ``name`` and ``sha256``.

    Raises
    ------
    InputError
        If the folder holds such maps, or those of simulated samples.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = write_observed(Path(folder), {}, provenance={"configuration": {"flux_from": "tpa"}})
    ...     require_same(Path(folder), {"flux_from": "tpa"})
    """
    if (save_dir / SIMULATED_FILE).exists():
        # The map of sample 0 has the name of the real sky's.
        raise InputError(f"{save_dir}: holds maps of simulated samples; choose another folder")
    theirs = read_made_with(save_dir / PROVENANCE_FILE)
    if theirs is None:
        return
    files = configuration.get("files")
    refuse_other(save_dir, theirs, {n: v for n, v in configuration.items() if n != "files"})
    if _digests(theirs.get("files")) != _digests(files):
        raise InputError(
            f"{save_dir}: holds maps made with another catalogue; choose another folder, or empty "
            "this one"
        )


def _digests(files: object) -> dict[str, object]:
    """Digest of each kind of file; its name is no matter."""
    pairs = files.items() if isinstance(files, Mapping) else ()
    return {kind: one.get("sha256") for kind, one in pairs if isinstance(one, Mapping)}


def write_observed(
    save_dir: Path,
    maps: Mapping[str, Floats],
    *,
    data_type: DataType = "array",
    provenance: Mapping[str, object] | None = None,
) -> Path:
    """Write the maps, ``dataset_atnf.csv`` and where they come from.

    Parameters
    ----------
    save_dir : path
        Folder; made if missing.
    maps : mapping of str to array
        As `observed_maps` gives them.
    data_type : "array" or "image"
        ``.npy``, or a picture of one pixel a bin.
    provenance : mapping
        Written as JSON beside the table, before the maps: no map is without it.

    Returns
    -------
    Path
        The table, written last: where it is, everything that it names is whole.

    Raises
    ------
    InputError
        If the data type is another, or the place can't be written to.
    """
    if data_type not in ("array", "image"):
        raise InputError(f"data type {data_type!r}; give array or image")
    table = save_dir / DATASET_FILE
    if table.is_file():
        # Until the new table is there, an old one must not name what is being replaced.
        table.unlink()
    write_json(save_dir / PROVENANCE_FILE, dict(provenance or {}))
    for name, values in maps.items():
        write_bytes(save_dir / map_file(name, 0, data_type), map_bytes(values, data_type))
    write_text(table, _table_text(maps, data_type))
    return table


def _table_text(maps: Mapping[str, Floats], data_type: DataType) -> str:
    """The header of a dataset of surveys and one row, empty where nobody knows: its labels."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow([*(INPUT_PREFIX + name for name in SURVEY_MAPS), *SINGLE_LABELS])
    files = [map_file(name, 0, data_type) if name in maps else "" for name in SURVEY_MAPS]
    rows.writerow([*files, *("" for _ in SINGLE_LABELS)])
    return out.getvalue()
