"""The files of an observation: names, header cards, and which of them are asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from skytypes import Observation
from skytypes.errors import InputError

STAGES = ("simulated", "dirty", "psf", "visibilities")
PICTURES = ("dirty", "psf")
KEEP = (*PICTURES, "work")
LOG = "casa.log"
WORK = "work"

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,79}")
_CARDS = (
    ("ARRAY", "array_cfg", "antenna list"),
    ("ARRAYLO", "array_lo", "second antenna list"),
    ("BAND", "band", "ALMA band"),
    ("BANDWID", "bandwidth_ghz", "[GHz] all channels together"),
    ("NCHAN", "channels", "channels"),
    ("PWV", "pwv_mm", "[mm] precipitable water vapour"),
    ("EXPTIME", "time_s", "[s] total time of each array"),
    ("ROBUST", "robust", "Briggs weighting"),
    ("NITER", "niter", "most CLEAN iterations"),
    ("ITERDONE", "iterdone", "CLEAN iterations made"),
    ("SEED", "seed", "decides the noise"),
)


def check_keep(keep: Collection[str], allowed: Collection[str] = KEEP) -> frozenset[str]:
    """What to keep beside the image, checked.

    Raises
    ------
    InputError
        If a name is not allowed.

    Examples
    --------
    >>> sorted(check_keep(["psf", "dirty"]))
    ['dirty', 'psf']
    """
    for name in keep:
        if name not in allowed:
            raise InputError(f"keep is {name!r}; allowed: {', '.join(allowed)}")
    return frozenset(keep)


def check_folder(out: Path) -> None:
    """Refuse a folder for products that is a file, lies below one, or can't be written.

    Raises
    ------
    InputError

    Examples
    --------
    >>> check_folder(Path())
    """
    existing = next(path for path in (out, *out.absolute().parents) if path.exists())
    if not existing.is_dir():
        raise InputError(f"{existing}: is a file; give a folder")
    if not os.access(existing, os.W_OK):
        raise InputError(f"{out}: can't be written; choose another place")


def check_image_stage(stage: str) -> None:
    """Refuse to end before there is an image.

    Raises
    ------
    InputError
        If the stage is ``visibilities``.

    Examples
    --------
    >>> check_image_stage("dirty")
    """
    if stage == "visibilities":
        raise InputError("stage is 'visibilities'; an image is needed: dirty or clean")


def check_name(name: str) -> str:
    """A name that is safe as a file name on any system.

    Raises
    ------
    InputError
        If it holds anything but letters, digits and ``. _ + -``.

    Examples
    --------
    >>> check_name("Disk_001")
    'Disk_001'
    """
    if not _SAFE.fullmatch(name):
        raise InputError(
            f"name {name[:80]!r}: give letters, digits and . _ + - only, not beginning with a mark"
        )
    return name


def product_name(name: str, band: int, stage: str) -> str:
    """File name of a product.

    Examples
    --------
    >>> product_name("Disk_001", 6, "simulated")
    'Disk_001_B6_simulated.fits'
    """
    return f"{name}_B{band}_{stage}.fits"


def wanted_stages(keep: Collection[str], stage: str = "clean") -> tuple[str, ...]:
    """The products to write: the image, and those of ``keep`` that are pictures.

    Parameters
    ----------
    keep : collection of str
        Of `KEEP`.
    stage : str
        ``visibilities`` ends before there is a picture.

    Examples
    --------
    >>> wanted_stages({"psf", "work"})
    ('simulated', 'psf')
    >>> wanted_stages((), "visibilities")
    ('visibilities',)
    """
    if stage == "visibilities":
        return ("visibilities",)
    return tuple(s for s in STAGES if s == "simulated" or s in keep)


def header_cards(settings: Mapping[str, Any]) -> dict[str, tuple[Any, str]]:
    """Cards for people who read headers.

    Parameters
    ----------
    settings : mapping
        ``Observation.settings``.

    Examples
    --------
    >>> header_cards({"band": 6})["BAND"]
    (6, 'ALMA band')
    """
    cards: dict[str, tuple[Any, str]] = {"TELESCOP": ("ALMA", "simulated")}
    for key, name, comment in _CARDS:
        if settings.get(name) is not None:
            cards[key] = (settings[name], comment)
    for number, sigma in enumerate(settings.get("sigma_jy", ()), start=1):
        cards[f"SIGMA{number}"] = (sigma, "[Jy] noise, visibility and polarisation")
        cards[f"NVIS{number}"] = (settings["visibilities"][number - 1], "baselines x times")
    return cards


def write_products(folder: Path, name: str, observation: Observation) -> dict[str, Path]:
    """Write the pictures of an observation, each whole or not at all.

    Parameters
    ----------
    folder : path
        Made if missing.
    name : str
    observation : Observation
        Images in Jy/beam.

    Returns
    -------
    dict of stage to path
    """
    from skyrun.fits import write_image

    pictures = {
        "dirty": observation.dirty,
        "psf": observation.psf,
        "simulated": observation.image,
    }
    band = int(observation.settings["band"])
    cards = header_cards(observation.settings)
    written = {}
    for stage, picture in pictures.items():
        if picture is not None:
            path = folder / product_name(name, band, stage)
            write_image(path, picture, cards=cards)
            written[stage] = path
    return written
