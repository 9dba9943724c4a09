"""Errors of training."""

from __future__ import annotations

from skytypes.errors import SkyError


class TrainingError(SkyError):
    """Training can't go on; the message says where it stopped and what is kept."""


class NotFiniteError(TrainingError, ArithmeticError):
    """A loss or a gradient is NaN or infinite."""
