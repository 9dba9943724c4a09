"""The Gaussian fit on disks through real CASA, whose inclination and position angle are known."""

import json
from pathlib import Path

import numpy as np
import pytest

from skytypes import Beam, Sample, SkyImage
from skytypes.samples import image_sample
from trainkit.baselines import gaussian_fit
from trainkit.metrics import axial_distance_deg

FOLDER = Path(__file__).parents[5] / "shared" / "data" / "casa_reference"


def reference_disks() -> list[Sample]:
    disks = []
    for path in sorted(FOLDER.glob("b*_c*_*.json")):
        about = json.loads(path.read_text())
        arrays = np.load(path.with_suffix(".npz"), allow_pickle=False)
        # CASA's axes are [x, y]; rows are south to north, columns east to west.
        data = arrays["clean256"].T
        beam = Beam(*(about["beam"][k] for k in ("bmaj_arcsec", "bmin_arcsec", "bpa_deg")))
        image = SkyImage(data, about["cell_arcsec"], "Jy/beam", beam=beam)
        labels = {k: about["params"][k] for k in ("incl_deg", "pa_deg", "rout_arcsec")}
        disks.append(image_sample(image, labels))
    return disks


@pytest.mark.shared_data
@pytest.mark.skipif(not FOLDER.is_dir(), reason="reference images of CASA are not here")
def test_inclination_position_angle_and_centre_of_casa_s_images() -> None:
    disks = reference_disks()
    assert len(disks) == 6
    answers = [gaussian_fit(d) for d in disks]
    assert all(a["converged"][0] == 1 for a in answers)
    for disk, answer in zip(disks, answers, strict=True):
        assert abs(answer["incl_deg"][0] - disk.labels["incl_deg"]) < 6
        if disk.labels["incl_deg"] > 25:
            # The other one is nearly round and has a crescent, which the fit takes for its axis.
            assert axial_distance_deg(answer["pa_deg"][0], disk.labels["pa_deg"]) < 8
        # The models lie on the phase centre.
        offset = np.hypot(answer["dx_arcsec"][0], answer["dy_arcsec"][0])
        assert offset < 0.1 * disk.labels["rout_arcsec"]
