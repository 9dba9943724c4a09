"""Errors that a user can act on: one line, what was given, what is allowed, what to do."""

from __future__ import annotations


class SkyError(Exception):
    """Base of every error that a Skyloom package raises on purpose.

    The command runner prints it as one line and exits with status 2; any other exception is a
    defect of ours and keeps its traceback.
    """


class InputError(SkyError, ValueError):
    """Something from outside (a file, an option, a row) is not what was asked for."""


class ContractError(SkyError, ValueError):
    """An object does not keep the contract that its type or Protocol states."""


class MissingPackageError(SkyError, ImportError):
    """A package or an extra that this step needs is not installed; the message says which."""
