"""A catalogue of pulsars from a file, its layout found from what is in it."""

from __future__ import annotations

import os
import re

from skytypes.errors import InputError

from .atnf import parse_atnf
from .psrcat import parse_psrcat
from .pulsars import Pulsars
from .unpacking import MOST_BYTES, read_catalogue_text

_RECORD_LINE = re.compile(r"^PSR[JB]\s+\S", re.MULTILINE)
_ALLOWED = "psrcat.db (also .xz, .gz), an ATNF export or a CSV with ';' between its columns"


def read_pulsars(path: str | os.PathLike[str], *, max_bytes: int = MOST_BYTES) -> Pulsars:
    r"""Pulsars of ``psrcat.db``, of the catalogue's web export or of a one-header CSV.

    Parameters
    ----------
    path : path
        May be packed by xz or gzip.
    max_bytes : int
        Largest text [byte], checked while it unpacks.

    Returns
    -------
    Pulsars
        A pulsar with a value that is no number is left out and named in ``skipped``.

    Raises
    ------
    InputError
        If the file can't be read, is in another layout or holds no pulsars.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> text = "PSRJ;RAJD;DECJD;P0;P1;ASSOC;SURVEY\nJ1;180;-30;0.5;1e-15;NAN;pksmb\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Path(folder, "a.csv")
    ...     _ = place.write_text(text)
    ...     read_pulsars(place).layout
    'one-header CSV'
    """
    text = read_catalogue_text(path, max_bytes=max_bytes)
    try:
        return _parse(text)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _parse(text: str) -> Pulsars:
    start = text.lstrip()
    first = start.split("\n", 1)[0]
    if not first:
        raise InputError(f"empty; give {_ALLOWED}")
    if ";" in first and "#CATALOGUE" not in first:
        return parse_atnf(text)
    if first.startswith("#CATALOGUE") or _RECORD_LINE.search(start):
        return parse_psrcat(start)
    hint = " (it seems to be separated by commas)" if "," in first else ""
    raise InputError(f"no catalogue of pulsars is recognised in it{hint}; give {_ALLOWED}")
