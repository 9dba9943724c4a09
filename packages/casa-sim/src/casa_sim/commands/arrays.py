"""The verb ``casa-sim arrays``."""

from __future__ import annotations

from skyrun.commands import answer

from .options import Flag


def arrays(*, json: Flag = False) -> int:
    """List the antenna arrays: longest baseline, beam and pixel at 230 GHz.

    Parameters
    ----------
    json
        Print one JSON object a line instead of a table.
    """
    from ..antennas import antenna_positions, longest_baseline_m
    from ..arrays import ARRAYS

    rows = []
    for array in ARRAYS.values():
        positions = antenna_positions(array.name)
        rows.append(
            {
                "array": array.name,
                "antennas": len(positions),
                "longest_baseline_m": round(longest_baseline_m(positions), 1),
                "beam_mas": array.beam_mas,
                "cell_mas": array.cell_mas,
            }
        )
    answer(rows, json=json)
    return 0
