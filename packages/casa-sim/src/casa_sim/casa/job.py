"""The worker's side: runs inside the process that imports CASA (``python -m casa_sim.casa.job``).

Requests come as JSON lines on standard input and replies go as JSON lines to what was standard
output. CASA prints to standard output itself, so file descriptors 1 and 2 are pointed at a log
file first and the protocol keeps a private copy. Nothing else of casa-sim imports this module.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

_TCLEAN_COUNTS = ("iterdone", "nmajordone", "stopcode")


def make_image(array: str, image: str) -> None:
    """A CASA image without coordinates (simobserve gets them as arguments) from an array file.

    Parameters
    ----------
    array : str
        ``.npy`` of shape (y, x) or (channel, y, x) [Jy/pixel], row 0 south, column 0 east.
    image : str
        CASA's axes are (x, y, Stokes, channel), x growing to the west: the transpose.
    """
    from casatools import image as image_tool

    tool, pixels = image_tool(), np.load(array).T
    if pixels.ndim == 3:
        pixels = pixels[:, :, np.newaxis]
    tool.fromarray(image, np.ascontiguousarray(pixels), overwrite=True)
    tool.done()


def measure_noise(noisy: Sequence[str], noiseless: Sequence[str]) -> dict[str, Any]:
    """Noise that CASA added: by array, its standard deviation [Jy] and the visibilities' number.

    ``sigma_jy`` is that of the real or imaginary part, of one polarisation and one integration;
    visibilities are counted as rows (baselines x integrations) that are not flagged. Of several
    channels ``channel_sigma_jy`` tells each, ``sigma_jy`` their root mean square.
    """
    sigmas, counts, channels = [], [], []
    for with_noise, without in zip(noisy, noiseless, strict=True):
        good = _good(with_noise) & _good(without)
        difference = _data(with_noise)[..., good] - _data(without)[..., good]
        sigmas.append(float(np.sqrt(np.mean(np.abs(difference) ** 2) / 2)))
        counts.append(int(difference.shape[-1]))
        channels.append(np.sqrt(np.mean(np.abs(difference) ** 2, axis=(0, 2)) / 2).tolist())
    told = {"sigma_jy": sigmas, "visibilities": counts}
    return told if len(channels[0]) == 1 else {**told, "channel_sigma_jy": channels}


def export_visibilities(vis: Sequence[str], file: str) -> None:
    """Baselines and Stokes I visibilities of measurement sets as one ``.npz``.

    ``uvw_m`` has shape (n, 3), antenna 1 minus antenna 2 [m]; ``values`` shape (n,) [Jy];
    ``channel_hz`` shape (n,) [Hz]; ``rows`` the number of each set. Of each set the first channel
    comes first. Flagged rows are left out.
    """
    baselines, values, channels = [], [], []
    for one in vis:
        good = _good(one)
        seen, uvw = _data(one)[..., good].mean(axis=0), _column(one, "UVW").T[good]
        frequencies = np.ravel(_column(f"{one}/SPECTRAL_WINDOW", "CHAN_FREQ"))
        baselines.append(np.tile(uvw, (len(seen), 1)))
        values.append(seen.ravel())
        channels.append(np.repeat(frequencies, len(uvw)))
    np.savez(
        file,
        uvw_m=np.concatenate(baselines),
        values=np.concatenate(values),
        channel_hz=np.concatenate(channels),
        rows=np.array([len(v) for v in values]),
    )


def _data(measurement_set: str) -> Any:
    """Visibilities, shape (polarisation, channel, row)."""
    return _column(measurement_set, "DATA").astype(np.complex128)


def _good(measurement_set: str) -> Any:
    """Which rows are not flagged, shape (row,).

    simobserve flags baselines of shadowed antennas; they hold zeros, or noise beyond all measure.
    """
    good = ~_column(measurement_set, "FLAG").any(axis=(0, 1))
    if not good.any():
        raise RuntimeError(f"all rows of {measurement_set} are flagged")
    return good


def _column(path: str, name: str) -> Any:
    from casatools import table

    tool = table()
    tool.open(path)
    values = tool.getcol(name)
    tool.close()
    return values


def _tasks() -> dict[str, Callable[..., Any]]:
    """The calls a job may make; imports CASA."""
    from casatasks import exportfits, simobserve, tclean

    return {
        "simobserve": simobserve,
        "tclean": lambda **k: _counts(tclean(**k)),
        "exportfits": exportfits,
        "make_image": make_image,
        "measure_noise": measure_noise,
        "export_visibilities": export_visibilities,
    }


def _counts(summary: Mapping[str, Any] | None) -> dict[str, int]:
    """What is worth telling of tclean's summary."""
    return {name: int((summary or {})[name]) for name in _TCLEAN_COUNTS if name in (summary or {})}


def _versions() -> dict[str, str]:
    import casatools

    return {"casa": str(casatools.version_string())}


def _point_output_at(path: str) -> None:
    """Send file descriptors 1 and 2 to the end of a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


def _set_casa_log(path: str) -> None:
    from casatasks import casalog

    casalog.setlogfile(path)


def _run(job: Mapping[str, Any], tasks: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
    """Make the calls of one job in its folder; the first failure ends it."""
    results: list[dict[str, Any]] = []
    for name, arguments in job["calls"]:
        wall, cpu = time.monotonic(), time.process_time()
        try:
            value = tasks[name](**arguments)
        except Exception as error:  # noqa: BLE001 - CASA raises any kind; the parent is told
            text = " ".join(str(error).split()) or type(error).__name__
            return {"error": text, "call": name, "results": results}
        spent = {"seconds": time.monotonic() - wall, "cpu_seconds": time.process_time() - cpu}
        results.append({"call": name, **spent, "value": value if isinstance(value, dict) else None})
    return {"results": results}


def _serve(requests: IO[str], replies: IO[str], console: str) -> None:
    home = Path.cwd()
    try:
        tasks = _tasks()
        reply: dict[str, Any] = {"ready": _versions()}
    except Exception as error:  # noqa: BLE001 - whatever a broken installation raises
        reply = {"error": " ".join(str(error).split()) or type(error).__name__}
        tasks = {}
    replies.write(json.dumps(reply) + "\n")
    replies.flush()
    for line in requests:
        job = json.loads(line)
        os.chdir(job["folder"])
        _point_output_at(job["log"])
        _set_casa_log(job["log"])
        reply = _run(job, tasks)
        _set_casa_log(os.devnull)
        _point_output_at(console)
        os.chdir(home)
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


def _leave_with_parent() -> None:
    """End this process soon after the one that started it, however that one ended."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main() -> int:
    """Serve jobs until standard input is closed; ``argv[1]`` is the file for stray output."""
    console = sys.argv.pop(1)  # CASA reads the command line too.
    requests, replies = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    _point_output_at(console)
    _leave_with_parent()
    _serve(requests, replies, console)
    return 0


if __name__ == "__main__":
    sys.exit(main())
