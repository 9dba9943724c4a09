"""Parameters of the Galaxy's free electrons, read from ``data/electron_density.json``.

The model is that of Yao, Manchester & Wang (2017, ApJ 835, 29, arXiv:1610.09448), "YMW16"; the
values are the published ones, but for those under ``fitted`` (tools/tables/electron_density.py).
Names in the file end in the unit. Heights without a unit are in units of the flaring height
H(R) = 32 pc + 1.6e-3 R + 4e-7 R^2 / pc.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class ElectronModel(NamedTuple):
    """The parameters as compiled code takes them: records, whose fields are the file's names.

    ``disk`` and ``near`` have one record, ``arms`` one for each arm. Angles that the density would
    turn into sines for every point are there as such.
    """

    disk: NDArray[np.void]
    near: NDArray[np.void]
    arms: NDArray[np.void]


def _records(rows: Iterable[Mapping[str, float]]) -> NDArray[np.void]:
    rows = list(rows)
    dtype = np.dtype([(name, np.float64) for name in rows[0]])
    return np.array([tuple(row[name] for name in rows[0]) for row in rows], dtype)


def _arm(published: Mapping[str, Any], fitted: Mapping[str, float]) -> dict[str, float]:
    """One arm's record; its radius grows by ``turn_ratio`` from one turn to the next."""
    values = {**published, **fitted}
    pitch = math.radians(values["pitch_deg"])
    return {
        "density_cm3": values["density_cm3"],
        "radius_pc": values["radius_pc"],
        "azimuth_rad": math.radians(values["azimuth_deg"]),
        "slope": math.tan(pitch),
        "turn_ratio": math.exp(2.0 * math.pi * math.tan(pitch)),
        "per_width": math.cos(pitch) / values["width_pc"],
        "is_carina": float(values["name"].startswith("Carina")),
    }


def _near(values: Mapping[str, float]) -> dict[str, float]:
    """The local record, with the Gum nebula's centre relative to the Sun and sines of angles."""
    lon, lat = (math.radians(values[f"gum_{name}_deg"]) for name in ("longitude", "latitude"))
    tilt, axis = (math.radians(values[f"{name}_deg"]) for name in ("bubble_tilt", "loop_axis"))
    distance = values["gum_distance_pc"]
    return {
        **values,
        "gum_x_pc": distance * math.cos(lat) * math.sin(lon),
        "gum_south_pc": -distance * math.cos(lat) * math.cos(lon),
        "gum_z_pc": distance * math.sin(lat),
        "bubble_cos": math.cos(tilt),
        "bubble_sin": math.sin(tilt),
        "loop_cos": math.cos(axis),
        "loop_sin": math.sin(axis),
    }


def build_model(parameters: Mapping[str, Any]) -> ElectronModel:
    """Make the model from the data file's content; fitted values replace the published ones.

    Parameters
    ----------
    parameters : mapping
        With the keys ``disk``, ``neighbourhood``, ``arms`` and ``fitted`` (by name of an arm).

    Returns
    -------
    ElectronModel

    Examples
    --------
    >>> build_model(read_parameters()).arms.size
    5
    """
    fitted = parameters["fitted"]
    return ElectronModel(
        _records([parameters["disk"]]),
        _records([_near(parameters["neighbourhood"])]),
        _records(_arm(arm, fitted.get(arm["name"], {})) for arm in parameters["arms"]),
    )


def read_parameters() -> dict[str, Any]:
    """Return the content of the committed data file."""
    path = files("popmaps.radio").joinpath("data", "electron_density.json")
    parameters: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return parameters


@lru_cache(maxsize=1)
def electron_model() -> ElectronModel:
    """Return the model of the committed data file."""
    return build_model(read_parameters())
