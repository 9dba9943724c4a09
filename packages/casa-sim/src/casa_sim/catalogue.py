"""Rows of a disk catalogue: what is read of them, checked, with the line named when it is bad."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from skyrun.files import read_text
from skytypes.errors import InputError, SkyError
from skytypes.seeds import seed_of_name

from .arrays import ARRAYS, find_band
from .imaging_rules import needs_two_arrays
from .labels import LABELS
from .limits import check_more_compact
from .products import check_name
from .settings import MAX_NITER, ObservationSettings

MAX_BYTES = 64 << 20

_Finite = Annotated[float, Field(allow_inf_nan=False)]


def _known_array(name: str) -> str:
    # A catalogue names arrays; it does not make us read files.
    if name not in ARRAYS:
        raise InputError(f"array is {name!r}; allowed: {', '.join(ARRAYS)}")
    return name


def _known_band(number: int) -> int:
    return find_band(number).number


class CatalogueRow(BaseModel):
    """One disk of a catalogue: the columns that an observation needs; others are passed over.

    Attributes
    ----------
    ID : str
        Safe as a file name.
    incl_deg, pa_deg : float
        Inclination 0-90 and position angle 0-180, east of north [deg]; 180 is 0.
    rout_arcsec : float
        Outer radius [arcsec]; decides on the second array.
    flux_jy : float
        Total flux [Jy].
    time_s, pwv : float
        Total time [s], precipitable water vapour [mm].
    niter, band, seed : int
    array_cfg, array_lo : str
        ``array_lo`` is more compact; empty, or the same as ``array_cfg``, it means one array.
    dx_arcsec, dy_arcsec : float
        Offset of the disk's centre, east and north positive [arcsec].
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    ID: Annotated[str, AfterValidator(check_name)]
    incl_deg: Annotated[_Finite, Field(ge=0, le=90)]
    pa_deg: Annotated[_Finite, Field(ge=0, le=180)]
    rout_arcsec: Annotated[_Finite, Field(gt=0)]
    flux_jy: Annotated[_Finite, Field(gt=0)]
    time_s: Annotated[_Finite, Field(gt=0)]
    array_cfg: Annotated[str, AfterValidator(_known_array)]
    pwv: Annotated[_Finite, Field(gt=0)]
    niter: Annotated[int, Field(ge=1)]
    band: Annotated[int, AfterValidator(_known_band)]
    array_lo: Annotated[
        Annotated[str, AfterValidator(_known_array)] | None,
        BeforeValidator(lambda text: text or None),
    ]
    dx_arcsec: _Finite
    dy_arcsec: _Finite
    seed: Annotated[int, Field(ge=0, lt=1 << 64)]

    @property
    def labels(self) -> dict[str, float]:
        """The truth that a network is taught: `LABELS`; ``pa_deg`` in [0, 180)."""
        labels = {name: float(getattr(self, name)) for name in LABELS}
        return {**labels, "pa_deg": self.pa_deg % 180}

    def settings(self) -> ObservationSettings:
        """The published observation of this disk: two arrays if it is large, ``niter`` bounded.

        Raises
        ------
        InputError
            If a value can't be observed with.
        """
        if self.array_lo not in (None, self.array_cfg):
            # Whether the disk is large enough for it or not: such a row was not meant.
            check_more_compact(self.array_lo, self.array_cfg)
        two = needs_two_arrays(self.rout_arcsec, self.array_cfg, self.array_lo)
        return ObservationSettings(
            self.array_cfg,
            array_lo=self.array_lo if two else None,
            band=self.band,
            pwv_mm=self.pwv,
            time_s=self.time_s,
            niter=min(self.niter, MAX_NITER),
        )


COLUMNS = tuple(CatalogueRow.model_fields)

OPTIONAL = ("array_lo", "dx_arcsec", "dy_arcsec", "seed")
"""Columns that a foreign catalogue may lack: the second array is then cycle9.5 where that is more
compact, the disk lies at the reference position, and the seed is a hash of the ID."""

_ARRAY_LO = "alma.cycle9.5.cfg"
_NO_SECOND = tuple(ARRAYS)[: tuple(ARRAYS).index(_ARRAY_LO) + 1]


def read_catalogue(path: str | os.PathLike[str]) -> list[CatalogueRow]:
    """The disks of a catalogue CSV, in its order.

    Parameters
    ----------
    path : path
        UTF-8, a header line with at least `COLUMNS` but those in `OPTIONAL`.

    Returns
    -------
    list of CatalogueRow

    Raises
    ------
    InputError
        If a column is missing, a value is not allowed or an ID comes twice; the line is named.
    """
    return parse_catalogue(read_text(path, max_bytes=MAX_BYTES), source=str(path))


def parse_catalogue(text: str, *, source: str = "catalogue") -> list[CatalogueRow]:
    r"""The disks of a catalogue from its text.

    Parameters
    ----------
    text : str
    source : str
        Named in messages.

    Raises
    ------
    InputError
        As `read_catalogue`.

    Examples
    --------
    >>> parse_catalogue("ID,band\nDisk_001,6\n")
    Traceback (most recent call last):
    ...
    skytypes.errors.InputError: catalogue: no column incl_deg, pa_deg, rout_arcsec, ...
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[CatalogueRow] = []
    seen: dict[str, int] = {}
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header, source)
        for fields in reader:
            if not fields:
                continue
            where = f"{source}: line {reader.line_num}"
            row = _row(header, fields, where)
            if row.ID in seen:
                raise InputError(f"{where}: ID {row.ID} was given in line {seen[row.ID]} already")
            seen[row.ID] = reader.line_num
            rows.append(row)
    except csv.Error as error:
        raise InputError(f"{source}: line {reader.line_num}: not CSV ({error})") from None
    if not rows:
        raise InputError(f"{source}: holds no disk; give a line for each")
    return rows


def _check_header(header: list[str], source: str) -> None:
    missing = [name for name in COLUMNS if name not in (*header, *OPTIONAL)]
    if missing:
        raise InputError(f"{source}: no column {', '.join(missing)}; a catalogue needs them all")
    twice = sorted({name for name in header if name in COLUMNS and header.count(name) > 1})
    if twice:
        raise InputError(f"{source}: column {twice[0]} is given twice; leave one")


def _defaults(given: Mapping[str, str]) -> dict[str, str]:
    """What a row says where its catalogue lacks the column."""
    array_lo = "" if given["array_cfg"] in _NO_SECOND else _ARRAY_LO
    seed = str(seed_of_name(given["ID"]))
    return {"array_lo": array_lo, "dx_arcsec": "0", "dy_arcsec": "0", "seed": seed}


def _row(header: list[str], fields: list[str], where: str) -> CatalogueRow:
    if len(fields) != len(header):
        raise InputError(f"{where}: {len(fields)} fields; the header names {len(header)}")
    given = {k: v.strip() for k, v in zip(header, fields, strict=True)}
    values = _defaults(given) | given
    try:
        row = CatalogueRow.model_validate(values)
        row.settings()
    except ValidationError as error:
        first = error.errors()[0]
        column = str(first["loc"][0])
        # Our own checks speak for themselves; pydantic puts "Value error, " in front.
        said = str(first["msg"]).removeprefix("Value error, ")
        raise InputError(f"{where}, {column}: {str(values[column])[:60]!r}: {said}") from None
    except SkyError as error:
        raise InputError(f"{where}: {error}") from None
    return row
