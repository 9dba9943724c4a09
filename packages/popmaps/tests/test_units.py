"""Units of strangers' tables: converted, or refused by name."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

from popmaps.constants import KPC_CM, YEAR_S
from popmaps.maps.units import UNITS, in_map_units, unit_divisor
from popmaps.tables import Table
from skytypes.errors import InputError


def test_units_as_documented_and_none_at_all_need_no_astropy() -> None:
    code = (
        "import sys\n"
        "from popmaps.maps.units import UNITS, unit_divisor\n"
        "units = [*UNITS.items(), *((name, '') for name in UNITS)]\n"
        "print({unit_divisor(n, u, 'x') for n, u in units}, 'astropy' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "{1.0} False\n"


@pytest.mark.parametrize(
    ("name", "unit", "divisor"),
    [
        ("P_dot", "s/s", 1.0),
        ("P_dot", "s s**-1", 1.0),
        ("P_dot", "1", 1.0),
        ("P_dot", "dimensionless", 1.0),
        ("P_dot", "s yr^-1", YEAR_S),
        ("P_dot", "s / year", YEAR_S),
        ("P_dot", "ms d^-1", 86400e3),
        ("P", "ms", 1e3),
        ("P", "(s)", 1.0),
        ("r", "pc", 1e3),
        ("r", "m", 3.0856775814913673e19),
        ("phi", "deg", 180 / math.pi),
        ("ra", "rad", math.pi / 180),
        ("ra", "hourangle", 1 / 15),
        ("dec", "arcmin", 60.0),
        ("pm_ra", "mas/yr", 1.0),
        ("pm_dec", "arcsec yr^-1", 1e-3),
        ("v_r", "km/s", 1.0),
        ("v_r", "m s-1", 1e3),
        ("v_phi", "kpc yr^-1", YEAR_S * 1e5 / KPC_CM),
        ("S_radio_obs_mean_1400", "mJy", 1e3),
        ("S_radio_bol", "W m^-2", 1e-3),
        ("spectral_index", "1", 1.0),
    ],
)
def test_what_a_column_is_divided_by(name: str, unit: str, divisor: float) -> None:
    assert unit_divisor(name, unit, "x") == pytest.approx(divisor, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("r", "deg"),
        ("P", "Hz"),
        ("P", "s^2"),
        ("P", "1"),
        ("P", "-1 s"),
        ("P", "0 s"),
        ("P", "10**400 s"),
        ("P", "((((("),
        ("P", "s" * 1000),
        ("v_r", "furlong"),
        ("v_r", "km s"),
        ("S_radio_obs_mean_1400", "mag"),
        ("S_radio_obs_mean_1400", "dex(Jy)"),
        ("intercepted_radio", "s"),
    ],
)
def test_other_units_are_refused_by_name(name: str, unit: str) -> None:
    with pytest.raises(InputError, match=f"^a.parquet: {name} is in '") as caught:
        unit_divisor(name, unit, "a.parquet")
    assert (f"it must be in {UNITS[name]!r}" if UNITS[name] else "a number") in str(caught.value)
    assert len(str(caught.value)) < 200


def test_columns_come_in_the_units_of_the_maps() -> None:
    seen = np.array([True, False])
    columns = {"P": np.array([500.0, 1e300]), "r": np.array([8.0, 1.0]), "intercepted_radio": seen}
    table = Table(columns, {"P": "ms", "r": "kpc", "intercepted_radio": ""})
    converted = in_map_units(table, "a")
    assert converted["P"].tolist() == [0.5, 1e297]
    assert converted["r"] is columns["r"]
    assert converted["intercepted_radio"] is seen
