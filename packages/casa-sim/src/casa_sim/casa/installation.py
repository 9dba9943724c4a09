"""The installed CASA: whether it is there, and a private place for one process of it.

CASA reads and writes configuration, HOME, caches and temporary files wherever its environment says;
here all of that lies in one folder, and nothing uses the network.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from skytypes.errors import MissingPackageError

_PACKAGES = ("casatools", "casatasks", "casadata", "six")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_SITE = """\
import casadata
datapath = [casadata.datapath]
measurespath = casadata.datapath
measures_auto_update = False
data_auto_update = False
nogui = True
nologger = True
agg = True
iplog = False
logfile = "/dev/null"
cachedir = {cache!r}
"""


def check_casa_installed() -> None:
    """Refuse to go on where CASA is missing; nothing of it is imported.

    Raises
    ------
    MissingPackageError
        One line that says what to run.
    """
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingPackageError(
            f"CASA is not installed (missing: {', '.join(missing)}); run: uv sync --extra casa"
        )


def private_environment(folder: Path) -> dict[str, str]:
    """Environment variables for a CASA process that writes below a folder only.

    Parameters
    ----------
    folder : path
        Made if missing, with CASA's configuration in it; absolute.
    """
    for name in ("home", "cache", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    site = folder / "casasiteconfig.py"
    site.write_text(_SITE.format(cache=str(folder / "cache")))
    kept = {k: v for k, v in os.environ.items() if k != "DISPLAY" and not k.startswith("CASA")}
    home = str(folder / "home")
    # One thread: workers share the machine, and sums keep their order.
    threads = dict.fromkeys(_THREADS, "1")
    own = {
        "CASASITECONFIG": str(site),
        "HOME": home,
        "MPLCONFIGDIR": home,
        "XDG_CACHE_HOME": home,
        "XDG_CONFIG_HOME": home,
        "TMPDIR": str(folder / "tmp"),
        "MPLBACKEND": "agg",
    }
    return {**kept, **threads, **own}
