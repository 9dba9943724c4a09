"""From a checkpoint to answers: export a network to ONNX, check it, measure a FITS image.

The weights here are drawn, not trained: the answers have the right form and mean nothing. Train
with ``trainkit fit disks`` to get a ``best.pt`` that knows something.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

from edgeinfer import export_checkpoint, load_model, verify_model
from skyrun.fits import write_image
from skytypes import Beam, SkyImage, find
from skytypes.errors import MissingPackageError

# The network comes from netzoo, found by name; edgeinfer itself knows none.
try:
    import torch

    factory = find("models", "disconet-compact")
except (ImportError, MissingPackageError) as error:
    sys.exit(f"this example needs netzoo and the extra export ({error}); run `uv sync` first")

folder = Path(tempfile.mkdtemp())

# A checkpoint as trainkit writes it, its card beside it.
torch.manual_seed(1)
torch.save(
    {
        "epoch": 0,
        "model_state": factory.build().state_dict(),
        "val_loss": 1.0,
        "img_size": 64,
        "n_out": 5,
        "outputs": ["incl/90", "sin2PA", "cos2PA", "dx/0.14", "dy/0.14"],
    },
    folder / "best.pt",
)
(folder / "best.card.json").write_text(factory.card.to_json())

# Export: refused if onnxruntime and torch differ by more than 1e-4.
written = export_checkpoint(folder / "best.pt", folder / "disk.onnx")
print(f"{written.bytes} bytes, at most {written.parity.max_abs_diff:.1e} from torch")

# A tilted source with its beam, as a FITS file.
y, x = np.mgrid[:200, :200]
data = np.exp(-0.5 * (((x - 110) / 20) ** 2 + ((y - 95) / 9) ** 2))
write_image(folder / "disk.fits", SkyImage(data, 0.01, "Jy/beam", beam=Beam(0.08, 0.05, 30.0)))

# From here on torch is not needed.
for check in verify_model(folder / "disk.onnx"):
    print("ok  " if check.ok else "FAIL", check.check)
model = load_model(folder / "disk.onnx", threads=1)
for answer in model.run_files([folder / "disk.fits"]):
    print({name: value for name, value in answer.row().items() if name.endswith(("deg", "arcsec"))})
