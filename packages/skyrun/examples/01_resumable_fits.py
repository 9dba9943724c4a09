"""Make pictures in a folder, stop half-way, and go on: the second run makes only the rest.

The second part shows what becomes of a broken file: one line, and the others are still read.
"""

import tempfile
from pathlib import Path

import numpy as np

from skyrun.fits import read_image, write_image
from skyrun.folder import ResumableFolder
from skyrun.workers import ordered_map
from skytypes import Provenance, SkyImage, item_rng


def make(folder: ResumableFolder, index: int) -> bool:
    """One picture of noise; False where a former run had made it already."""
    name = f"sky_{index}"
    if folder.is_done(name):
        return False
    noise = item_rng(1, index, "example.noise").normal(size=(32, 32))
    sky = SkyImage(noise, 0.02, "Jy/pixel", name=name, truth={"index": index})
    write_image(folder.path / f"{name}.fits", sky)
    folder.finish(name, [f"{name}.fits"], {"rms": float(np.std(noise))})
    return True


def middle(path: Path) -> float:
    """The value of the reference pixel of a picture."""
    image = read_image(path)
    x, y = image.centre_px
    return float(image.data[int(y), int(x)])


with tempfile.TemporaryDirectory() as place:
    folder = ResumableFolder(place, Provenance("example", seed=1))
    print("first run made ", [make(folder, i) for i in range(2)])
    print("second run made", [make(folder, i) for i in range(4)])
    print("rms by picture ", {k: round(v["rms"], 3) for k, v in folder.records().items()})

    Path(place, "sky_2.fits").write_bytes(b"SIMPLE  = not at all")
    print("done after damage:", folder.is_done("sky_2"))
    for outcome in ordered_map(middle, sorted(Path(place).glob("*.fits"))):
        told = outcome.error.replace(place, "…") if outcome.error else f"{outcome.value:+.3f}"
        print(outcome.index, told)
