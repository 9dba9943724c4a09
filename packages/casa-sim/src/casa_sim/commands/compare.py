"""The verb ``casa-sim compare``."""

from __future__ import annotations

from pathlib import Path

from skyrun.commands import answer

from .options import IMAGING, TARGET, Flag, FlatImaging, FlatTarget, Out


def compare(
    sky: Path,
    *,
    out: Out,
    target: FlatTarget = TARGET,
    imaging: FlatImaging = IMAGING,
    seed: int = 0,
    timeout: float = 1800.0,
    json: Flag = False,
) -> int:
    """Observe one sky with both backends; writes a picture and a table of the differences.

    Parameters
    ----------
    sky
        FITS, one picture in Jy/pixel with a WCS.
    out
        Folder for comparison.png, comparison.csv, comparison.json and casa.log.
    seed
        Decides the noise.
    timeout
        Longest time for CASA [s].
    json
        Print one JSON object a line instead of a table.
    """
    from ..comparison_files import compare_sky
    from ..settings import ObservationSettings

    settings = ObservationSettings(**target.settings(), **imaging.settings())
    made = compare_sky(sky, out, settings, seed=seed, timeout_s=timeout)
    answer(made.rows, json=json)
    return 0
