"""Columns of a population's tables: their names, units and order.

Angles of position are ``phi`` from the x axis of the right-handed Galactocentric frame whose
y axis points from the centre to the Sun; the Galaxy turns clockwise (``v_phi`` < 0).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["float64", "int64", "bool"]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
    unit : str
        As written into the table's schema; empty for a pure number.
    kind : {"float64", "int64", "bool"}

    Examples
    --------
    >>> Column("P", "s").kind
    'float64'
    """

    name: str
    unit: str = ""
    kind: Kind = "float64"


def _columns(text: str) -> tuple[Column, ...]:
    """Columns from ``name|unit`` words; ``name#`` is a whole number, ``name?`` a yes or no."""
    columns = []
    for word in text.split():
        name, _, unit = word.partition("|")
        kind: Kind = "int64" if name.endswith("#") else "bool" if name.endswith("?") else "float64"
        columns.append(Column(name.rstrip("#?"), unit.replace("_", " "), kind))
    return tuple(columns)


FULL: Final = _columns(
    "idx# age|yr r|kpc phi|rad z|kpc ra|deg dec|deg l|deg b|deg dist|kpc "
    "v_r|km_s^-1 v_phi|km_s^-1 v_z|km_s^-1 pm_ra|mas_yr^-1 pm_dec|mas_yr^-1 v_ls|km_s^-1 "
    "B|G B_initial|G chi|rad P|s P_dot|s_s^-1 L_radio_bol|erg_s^-1 "
    "S_radio_bol|erg_s^-1_cm^-2 w_int|s DM|pc_cm^-3 tau_sc|s intercepted_radio? spectral_index"
)
"""``final_population``: every star today; radio columns are 0 where no beam crosses the Sun."""

INITIAL: Final = _columns(
    "idx# age|yr r|kpc phi|rad z|kpc v_r|kpc_yr^-1 v_phi|kpc_yr^-1 v_z|kpc_yr^-1 "
    "v_orb|kpc_yr^-1 B|G chi|rad P|s P_dot|s_s^-1"
)
"""``initial_population``: every star at birth."""

SURVEY: Final = _columns(
    "idx# age|yr ra|deg dec|deg l|deg b|deg DM|pc_cm^-3 dist|kpc pm_ra|mas_yr^-1 "
    "pm_dec|mas_yr^-1 v_ls|km_s^-1 B|G chi|rad P|s P_dot|s_s^-1 L_radio_bol|erg_s^-1 "
    "S_radio_obs_mean|Jy S_radio_obs_mean_1400|Jy w_int|s w_eff|s tau_sc|s spectral_index"
)
"""``survey_NAME_results``: the stars that a survey detects."""

HTRU: Final = (*SURVEY, Column("HTRU_low", "", "bool"), Column("HTRU_mid", "", "bool"))
"""``survey_HTRU_low_mid_results``: the union of two surveys, and which of them detects."""

DYNAMICS: Final = _columns(
    "idx# age|yr r|kpc phi|rad z|kpc ra|deg dec|deg l|deg b|deg dist|kpc "
    "v_r|km_s^-1 v_phi|km_s^-1 v_z|km_s^-1 pm_ra|mas_yr^-1 pm_dec|mas_yr^-1 v_ls|km_s^-1"
)
"""``final_population`` of a run of kind ``dyn``."""

MAGNETO_ROTATION: Final = _columns("idx# age|yr B|G B_initial|G chi|rad P|s P_dot|s_s^-1")
"""``final_population`` of a run of kind ``magrot``."""
