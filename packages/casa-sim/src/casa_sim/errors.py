"""Errors of casa-sim; input that is refused raises `skytypes.errors.InputError`."""

from __future__ import annotations

from skytypes.errors import SkyError


class CasaSimError(SkyError):
    """Base of the errors that only casa-sim raises."""


class CasaError(CasaSimError, RuntimeError):
    """CASA could not make a disk: the message holds CASA's own reason and names its log file."""
