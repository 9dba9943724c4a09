"""Errors of this package; each is one line that says what to do."""

from __future__ import annotations

from skytypes.errors import InputError


class CatalogueError(InputError):
    """A catalogue, or a row of one, is not what the columns ask for."""
