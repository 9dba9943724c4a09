"""One disk of a campaign: what is to be made, made or kept, in the disk's own folder."""

from __future__ import annotations

import hashlib
import math
import shutil
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from skyrun.folder import ResumableFolder
from skytypes import Observation, SkyImage
from skytypes.errors import InputError

from .catalogue import LABELS, CatalogueRow
from .errors import CasaError
from .observing import casa_provenance, observe_with_casa
from .products import LOG, STAGES, WORK, check_name, product_name, wanted_stages, write_products
from .settings import ObservationSettings
from .skies import read_sky
from .worker import CasaWorker


@dataclass(frozen=True)
class DiskResult:
    """What became of one disk.

    Parameters
    ----------
    name : str
    status : str
        ``made``, ``kept`` (was there already) or ``failed``.
    file : str
        The simulated image; empty when it failed.
    reason : str
        Why it failed; CASA's own words.
    seconds : float
        Spent now [s].
    """

    name: str
    status: str
    file: str = ""
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class DiskTask:
    """One disk to be observed: its name, sky file, settings, seed and labels."""

    name: str
    sky: Path
    settings: ObservationSettings
    seed: int
    row: CatalogueRow | None = None


def make_disk(
    task: DiskTask, casa: CasaWorker, *, out: Path, work: Path, keep: Collection[str]
) -> DiskResult:
    """Observe one disk, unless its folder holds it already.

    Parameters
    ----------
    task : DiskTask
    casa : CasaWorker
        Used only if something must be made.
    out : path
        The products go to ``out / task.name``.
    work : path
        For CASA's files, on the same file system as ``out``.
    keep : collection of str
        Checked by `casa_sim.observing.check_keep`.

    Raises
    ------
    SkyError
        If the sky can't be read or observed, or CASA failed.
    """
    name, band = check_name(task.name), task.settings.band
    sky = _read_model(task)
    digest = hashlib.sha256(task.sky.read_bytes()).hexdigest()
    provenance = casa_provenance(task.settings, seed=task.seed, sky=digest)
    folder = ResumableFolder(out / name, provenance)
    image = folder.path / product_name(name, band, "simulated")
    stages = wanted_stages(keep)
    if all(folder.is_done(stage) for stage in stages):
        return DiskResult(name, "kept", str(image))
    _clear(folder.path)
    log = folder.path / LOG
    log.write_text("")
    job = work / f"disk_{name}"
    observation = observe_with_casa(
        casa, sky, task.settings, seed=task.seed, folder=job, log=log, keep=keep
    )
    if "work" in keep:
        job.rename(folder.path / WORK)
    _finish(folder, name, observation)
    return DiskResult(name, "made", str(image))


def _read_model(task: DiskTask) -> SkyImage:
    """The sky of a task; truth that the catalogue knows and the file lacks is added."""
    sky = read_sky(task.sky)
    truth = dict(sky.truth)
    if task.row is not None:
        for label in LABELS:
            said, stored = task.row.labels[label], truth.setdefault(label, task.row.labels[label])
            if not (isinstance(stored, int | float) and math.isclose(stored, said, abs_tol=1e-6)):
                raise InputError(
                    f"{task.sky}: its {label} is {stored!r} but the catalogue says {said:g}; "
                    "make the models from this catalogue"
                )
    return replace(sky, name=task.name, truth=truth)


def _clear(folder: Path) -> None:
    """Remove what an earlier run with other settings left of this disk."""
    for stage in STAGES:
        for old in folder.glob(f"*_{stage}.fits"):
            old.unlink()
    shutil.rmtree(folder / WORK, ignore_errors=True)


def _finish(folder: ResumableFolder, name: str, observation: Observation) -> None:
    if observation.image.data.max() <= 0:
        raise CasaError(f"CASA: the image of {name} has no positive pixel (see its {LOG})")
    record = {"settings": dict(observation.settings)}
    for stage, path in write_products(folder.path, name, observation).items():
        folder.finish(stage, [path.name], record)
