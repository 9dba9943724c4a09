"""What settings may be: ranges, choices, channels within a band, how many visibilities."""

from __future__ import annotations

import math
from collections.abc import Sequence

from skytypes.errors import InputError

from .antennas import antenna_positions, longest_baseline_m
from .arrays import BANDWIDTH_HZ, find_band

MAX_VISIBILITIES = 1 << 23
"""Of all arrays, times and channels; they take about 1.2 GB."""
CHANNELS = (1, 1024)
MIN_BANDWIDTH_GHZ = 1e-5


def check_range(name: str, value: float, allowed: tuple[float, float], unit: str) -> None:
    """Refuse a number that is not finite or not within a range, its ends included.

    Raises
    ------
    InputError
        The message says what is allowed.

    Examples
    --------
    >>> check_range("robust", 0.5, (-2.0, 2.0), "")
    """
    low, high = allowed
    if not (math.isfinite(value) and low <= value <= high):
        raise InputError(f"{name} is {value:g}; allowed: {low:g} to {high:g} {unit}".rstrip())


def check_choice(name: str, value: str, allowed: Sequence[str]) -> None:
    """Refuse a word that is not among those allowed.

    Raises
    ------
    InputError
        The message lists them.

    Examples
    --------
    >>> check_choice("noise", "none", ("thermal", "none"))
    """
    if value not in allowed:
        raise InputError(f"{name} is {value!r}; allowed: {', '.join(allowed)}")


def check_more_compact(array_lo: str, array_cfg: str) -> None:
    """Refuse a second array that is not more compact than the first.

    Parameters
    ----------
    array_lo, array_cfg : str
        The second array and the first.

    Raises
    ------
    InputError
        The message says how long the longest baselines of both are.

    Examples
    --------
    >>> check_more_compact("alma.cycle9.7.cfg", "alma.cycle9.5.cfg")
    Traceback (most recent call last):
    ...
    skytypes.errors.InputError: array_lo is 'alma.cycle9.7.cfg', with baselines to 3638 m; ...
    """
    second, first = (longest_baseline_m(antenna_positions(name)) for name in (array_lo, array_cfg))
    if second >= first:
        raise InputError(
            f"array_lo is {array_lo!r}, with baselines to {second:.0f} m; give an array more "
            f"compact than {array_cfg!r}, with baselines to {first:.0f} m, or leave it out"
        )


def check_tuning(
    band: int, frequency_ghz: float | None, bandwidth_ghz: float | None, channels: int
) -> None:
    """Refuse channels that are not wholly in their band.

    Parameters
    ----------
    band : int
    frequency_ghz, bandwidth_ghz : float or None
        Middle and width of all channels [GHz]; None means what the band has.
    channels : int

    Raises
    ------
    InputError
        If the band is unknown, or a number is not allowed; the message says what is.

    Examples
    --------
    >>> check_tuning(6, 272.0, None, 1)
    Traceback (most recent call last):
    ...
    skytypes.errors.InputError: frequency_ghz is 272 and 7.5 GHz wide; band 6 is 211 to 275 GHz, ...
    """
    receiver = find_band(band)
    low, high, usual = (
        hz / 1e9 for hz in (receiver.low_hz, receiver.high_hz, receiver.frequency_hz)
    )
    middle = usual if frequency_ghz is None else frequency_ghz
    width = BANDWIDTH_HZ / 1e9 if bandwidth_ghz is None else bandwidth_ghz
    allowed = MIN_BANDWIDTH_GHZ, high - low
    check_range("bandwidth_ghz", width, allowed, f"GHz (band {band})")
    if not low <= middle - width / 2 <= middle + width / 2 <= high:
        raise InputError(
            f"frequency_ghz is {middle:.9g} and {width:g} GHz wide; band {band} is {low:g} to "
            f"{high:g} GHz, so give {low + width / 2:.9g} to {high - width / 2:.9g}"
        )
    if channels != int(channels):
        raise InputError(f"channels is {channels:g}; give a whole number")
    check_range("channels", channels, CHANNELS, "")


def check_visibilities(arrays: Sequence[str], times: int, channels: int) -> None:
    """Refuse more visibilities than memory is meant for.

    Parameters
    ----------
    arrays : sequence of str
    times : int
        Integrations of each array.
    channels : int

    Raises
    ------
    InputError
        If there are more than `MAX_VISIBILITIES`.

    Examples
    --------
    >>> check_visibilities(["alma.cycle9.7.cfg"], 180, 4)
    """
    antennas = [len(antenna_positions(name)) for name in arrays]
    count = times * channels * sum(n * (n - 1) // 2 for n in antennas)
    if count > MAX_VISIBILITIES:
        raise InputError(
            f"{count} visibilities ({times} times, {channels} channels); allowed: "
            f"{MAX_VISIBILITIES}, so give fewer channels or a shorter time"
        )
