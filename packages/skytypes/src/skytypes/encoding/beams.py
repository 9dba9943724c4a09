"""Operations that show a network the restoring beam, over the window it looks through."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from ..arrays import Array, like, namespace
from ..errors import ContractError
from ..specs import Value
from .state import State, flat, require_picture

_BEAM_INPUTS = ("pixel_scale_arcsec", "bmaj_arcsec", "bmin_arcsec", "bpa_deg")
_FWHM_TO_SIGMA = 1 / math.sqrt(8 * math.log(2))


def _beam_axes(state: State) -> tuple[Array, Array, Array]:
    """Sigmas of the beam over the window's half width (dimensionless) and its angle [rad]."""
    inputs = state.sample.inputs
    missing = [k for k in _BEAM_INPUTS if k not in inputs]
    if missing:
        raise ContractError(f"sample has no {', '.join(missing)}; give a picture with its beam")
    half = state.window.half_px * like(inputs["pixel_scale_arcsec"], state.data)
    major = like(inputs["bmaj_arcsec"], state.data) * _FWHM_TO_SIGMA / half
    minor = like(inputs["bmin_arcsec"], state.data) * _FWHM_TO_SIGMA / half
    return major, minor, like(inputs["bpa_deg"], state.data) * (math.pi / 180)


def beam_map(state: State, _: Mapping[str, Value]) -> State:
    """Unit-peak Gaussian of the beam, in the middle of the window."""
    require_picture(state, "beam_map")
    xp = namespace(state.data)
    major, minor, angle = (a[:, None, None] for a in _beam_axes(state))
    ny, nx = state.data.shape[-2:]
    if ny != nx:
        raise ContractError(f"beam_map on {nx} x {ny} pixels; resample to a square before it")
    west = like([(2 * i + 1 - nx) / nx for i in range(nx)], state.data)[None, None, :]
    north = like([(2 * i + 1 - ny) / ny for i in range(ny)], state.data)[None, :, None]
    # Along the major axis (east of north), and across it; east is minus west.
    along = north * xp.cos(angle) - west * xp.sin(angle)
    across = north * xp.sin(angle) + west * xp.cos(angle)
    data = xp.exp(-0.5 * ((along / major) ** 2 + (across / minor) ** 2))
    peak = xp.reshape(xp.max(flat(data), axis=-1), (-1, 1, 1))
    return replace(state, data=data / xp.where(peak > 0, peak, xp.ones_like(peak)))


def beam_over_field(state: State, _: Mapping[str, Value]) -> State:
    """Geometric mean of the beam's axes (FWHM) over the window's width, clipped to 1."""
    require_picture(state, "beam_over_field")
    xp = namespace(state.data)
    major, minor, _angle = _beam_axes(state)
    ratio = xp.clip(xp.sqrt(major * minor) / _FWHM_TO_SIGMA / 2, 0.0, 1.0)
    return replace(state, data=xp.zeros_like(state.data) + ratio[:, None, None])


def beam_covariance(state: State, _: Mapping[str, Value]) -> State:
    """Vector (3,): ln of the mean sigma over the half width, e cos 2BPA, e sin 2BPA."""
    xp = namespace(state.data)
    major, minor, angle = _beam_axes(state)
    e = (major**2 - minor**2) / (major**2 + minor**2)
    parts = [0.5 * xp.log(major * minor), e * xp.cos(2 * angle), e * xp.sin(2 * angle)]
    return replace(state, data=xp.stack(parts, axis=-1))
