"""``popmaps observed``: maps of the real pulsars."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from skyrun.commands import answer, exit_status, note
from skytypes.errors import InputError

from .options import Flag

if TYPE_CHECKING:
    from ..observed.meerkat import Fluxes
    from ..observed.observed_maps import SurveyCounts
    from ..observed.pulsars import Pulsars

_MOST_NOTES = 5


def observed(
    *,
    path_atnf: Path,
    path_meerkat: Path | None = None,
    flux_from: Literal["tpa", "s1400", "s1284"] | None = None,
    save_dir: Path = Path("output/gen_atnf"),
    data_type: Literal["array", "image"] = "array",
    resolution_dyn: int = 64,
    resolution_ppdot: int = 64,
    positions: Literal["covered", "timed"] = "covered",
    json: Flag = False,
) -> int:
    """Make the maps of the pulsars that PMPS, SMPS and HTRU found, to compare simulations with.

    Writes nine maps, dataset_atnf.csv (labels and velocities empty) and
    dataset_atnf.provenance.json; prints how many pulsars are in each.

    Parameters
    ----------
    path_atnf
        Catalogue: psrcat.db (also .xz, .gz), an ATNF export of two header lines or a CSV of one,
        both with ';' between columns.
    path_meerkat
        Table 5 of the MeerKAT census (Posselt et al. 2023): flux densities at 1429 MHz.
    flux_from
        tpa: that table. s1400: the catalogue's. s1284: the catalogue's MeerKAT epochs scaled to
        1429 MHz by an index of -1.8. By default tpa where the table is given, else s1400.
    save_dir
        Folder for the files; not one with maps made with other options or from other files.
    data_type
        array: .npy. image: pictures of one pixel a bin.
    resolution_dyn
        Bins of right ascension; declination has half as many.
    resolution_ppdot
        Bins along P and along Pdot.
    positions
        covered: every pulsar in coverage is on the position map. timed: only those with a period
        derivative, as in published maps.
    json
        Print one JSON object a line instead of a table.
    """
    from dataclasses import asdict

    from ..maps.axes import require_resolution
    from ..observed.catalogues import read_pulsars
    from ..observed.meerkat import STATEMENTS
    from ..observed.observed_maps import observed_maps, require_same, write_observed

    require_resolution(resolution_dyn, "--resolution-dyn")
    require_resolution(resolution_ppdot, "--resolution-ppdot")
    _check_flux_options(path_meerkat, flux_from)
    pulsars = read_pulsars(path_atnf)
    fluxes = _fluxes(pulsars, path_meerkat, flux_from)
    options = {
        "data_type": data_type,
        "resolution_dyn": resolution_dyn,
        "resolution_ppdot": resolution_ppdot,
        "positions": positions,
    }
    provenance = _provenance(path_atnf, path_meerkat, pulsars, fluxes)
    provenance["configuration"] |= options
    made_with = (*options, "flux_from", "files")
    require_same(save_dir, {name: provenance["configuration"][name] for name in made_with})
    _tell(path_atnf, pulsars, fluxes)
    maps, counts = observed_maps(
        pulsars,
        fluxes,
        resolution_dyn=resolution_dyn,
        resolution_ppdot=resolution_ppdot,
        positions=positions,
    )
    _check_counts(path_atnf, pulsars, counts)
    provenance["configuration"] |= {"counts": [asdict(row) for row in counts]}
    write_observed(save_dir, maps, data_type=data_type, provenance=provenance)
    stated = {"flux_from": fluxes.source, "flux_statement": STATEMENTS[fluxes.source]}
    answer([asdict(row) | (stated if json else {}) for row in counts], json=json)
    # A flux density of 0 in the catalogue itself is one that was measured, and no bad row.
    bad = (*pulsars.skipped, *(fluxes.skipped if fluxes.source == "tpa" else ()))
    return exit_status(len(pulsars), len(bad))


def _check_flux_options(path_meerkat: Path | None, flux_from: str | None) -> None:
    if flux_from == "tpa" and path_meerkat is None:
        raise InputError("--flux-from tpa needs the census; give --path-meerkat")
    if flux_from not in (None, "tpa") and path_meerkat is not None:
        raise InputError(f"--flux-from {flux_from} and --path-meerkat exclude each other; give one")


def _fluxes(
    pulsars: Pulsars,
    path_meerkat: Path | None,
    flux_from: Literal["tpa", "s1400", "s1284"] | None,
) -> Fluxes:
    from ..observed.meerkat import catalogue_fluxes, read_census

    if path_meerkat is not None:
        return read_census(path_meerkat)
    return catalogue_fluxes(pulsars, flux_from or "s1400")


def _tell(path_atnf: Path, pulsars: Pulsars, fluxes: Fluxes) -> None:
    """Which pulsars are left out, how many more there are, and what was taken for granted."""
    from ..observed.meerkat import STATEMENTS

    skipped = (*pulsars.skipped, *fluxes.skipped)
    for line in skipped[:_MOST_NOTES]:
        note(f"popmaps: {line}")
    if len(skipped) > _MOST_NOTES:
        note(f"popmaps: {len(skipped) - _MOST_NOTES} more are left out for such reasons")
    if not pulsars.binaries_known:
        note(f"popmaps: {path_atnf}: no column BINARY; binaries are taken as left out already")
    if fluxes.source != "tpa":
        note(f"popmaps: {STATEMENTS[fluxes.source]}")


def _check_counts(path: Path, pulsars: Pulsars, counts: list[SurveyCounts]) -> None:
    if not any(row.in_coverage for row in counts):
        raise InputError(
            f"{path}: none of its {len(pulsars)} pulsars is in the coverage of a survey; its "
            "SURVEY must list pksmb, pkssw or htru_pks"
        )
    if not any(row.with_flux for row in counts):
        raise InputError(
            f"{path}: none of the pulsars in coverage has a flux density; give another --flux-from "
            "or --path-meerkat"
        )


def _provenance(
    path_atnf: Path, path_meerkat: Path | None, pulsars: Pulsars, fluxes: Fluxes
) -> dict[str, Any]:
    """Versions, the files by name and digest, and what the flux densities are."""
    from dataclasses import asdict
    from hashlib import sha256

    from skytypes import Provenance

    from ..observed.meerkat import STATEMENTS

    files = {"atnf": path_atnf} | ({"meerkat": path_meerkat} if path_meerkat else {})
    configuration: dict[str, Any] = {
        "files": {
            kind: {"name": path.name, "sha256": sha256(path.read_bytes()).hexdigest()}
            for kind, path in files.items()
        },
        "layout": pulsars.layout,
        "catalogue_version": pulsars.version,
        "pulsars": len(pulsars),
        "left_out": [*pulsars.skipped, *fluxes.skipped],
        "binaries": "left out" if pulsars.binaries_known else "taken as left out already",
        "flux_from": fluxes.source,
        "flux_statement": STATEMENTS[fluxes.source],
    }
    packages = ("popmaps", "numpy", "astropy")
    made = Provenance.collect("popmaps.observed", packages=packages, configuration=configuration)
    return asdict(made)
