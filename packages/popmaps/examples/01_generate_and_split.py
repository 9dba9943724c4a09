"""Populations of neutron stars to maps, to sets for training (some seconds).

    python 01_generate_and_split.py [FOLDER]

Twelve small populations that differ in the birth field, each drawn until the Parkes multibeam
survey detects 60 of its pulsars; a real run takes 1045, and hundreds of samples. The pictures are
those of docs/popmaps.md.
"""

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd

mpl.use("Agg")
import matplotlib.pyplot as plt

from popmaps import SampleTask, Sweep, generate_maps, make_samples, plan_samples, split_dataset
from popmaps.overview import read_overview
from popmaps.show import write_page

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
sweep = Sweep("B_initial_log10_mean", 12.0, 13.5, steps=12)
tasks = [
    SampleTask(number, out / "samples", "surveys", seed=1, values=values, targets={"PMPS": 60})
    for number, values in enumerate(plan_samples([sweep], samples=1, seed=1))
]
for result in make_samples(tasks, quiet=True):
    field = result.values["B_initial_log10_mean"]
    print(f"{result.name}: log10 B {field:.2f}, {result.stars} stars, {dict(result.counts)}")

dataset = generate_maps(
    "surveys", out / "samples", out / "maps", resolution_dyn=32, resolution_ppdot=32
)
sets = split_dataset(out / "maps", test_split=0.2, valid_split=0.2, seed=1)
print(f"{dataset.samples} samples: {sets}")
write_page(read_overview(dataset.path), out / "maps.html")

# Weak and strong fields at birth leave their mark on the maps of periods and their derivatives.
table = pd.read_csv(dataset.path)
figure, axes = plt.subplots(1, 2, figsize=(8, 3.6), sharey=True, layout="constrained")
for panel, row in zip(axes, (0, len(table) - 1), strict=True):
    image = np.load(out / "maps" / table["input:survey_PMPS_ppdot_map"][row])
    panel.imshow(image.T, origin="lower", extent=(-3, 2, -21, -9), aspect="auto", cmap="Greys")
    panel.set_title(f"log10 B at birth {table['B_initial_log10_mean'][row]:.2f}")
    panel.set_xlabel("log10 P [s]")
axes[0].set_ylabel("log10 dP/dt [s/s]")
figure.savefig(out / "popmaps_ppdot.png", dpi=120)
