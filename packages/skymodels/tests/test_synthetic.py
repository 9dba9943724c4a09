import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skymodels import SyntheticDisks
from skymodels.canvas import Canvas, render_scene
from skytypes import item_rng
from skytypes.checks import check_dataset
from skytypes.errors import InputError

DISKS = SyntheticDisks(1000, seed=42, size=64)


def test_contract() -> None:
    check_dataset(SyntheticDisks.example())
    check_dataset(SyntheticDisks(12, seed=5, size=48), items=12)


def test_draws_do_not_change() -> None:
    scene = DISKS.scene(0)
    golden = {
        "crop_arcsec": 3.080827795998915,
        "incl_deg": 1.4034547216611464,
        "pa_deg": 152.27974991343308,
        "dx_arcsec": 0.10771336021449118,
        "dy_arcsec": -0.008013507287690569,
        "beam_ratio": 0.7007260715841406,
        "peak_over_rms": pytest.approx(6.987680862207083, rel=1e-12),
    }
    assert {name: getattr(scene, name) for name in golden} == golden
    assert scene.structure["rout_arcsec"] == 0.19431360192813707
    assert scene.structure["gap_depth"][:2] == [0.7214569309608245, 0.6369511128674467]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 999), min_size=1, max_size=9))
def test_same_bits_whatever_the_batch(indices: list[int]) -> None:
    batch = DISKS.batch(indices)
    place = len(indices) // 2
    alone = DISKS[indices[place]]
    for group, one in ((batch.inputs, alone.inputs), (batch.labels, alone.labels)):
        for name in group:
            assert np.asarray(group[name][place]).tobytes() == np.asarray(one[name]).tobytes()


def test_full_size_has_same_bits_too() -> None:
    disks = SyntheticDisks(seed=3)
    batch = disks.batch(range(16))
    for i in (15, 0, 8):
        assert batch.inputs["image"][i].tobytes() == disks[i].inputs["image"].tobytes()


def test_global_random_state_is_left_alone() -> None:
    before = pickle.dumps(np.random.get_state())  # noqa: NPY002 - it is what must not change
    DISKS.batch([1, 2])
    assert pickle.dumps(np.random.get_state()) == before  # noqa: NPY002


def test_limits() -> None:
    batch = DISKS.batch(range(300))
    inputs, labels = batch.inputs, batch.labels
    crop = inputs["pixel_scale_arcsec"] * 64
    assert crop.min() >= 0.8 and crop.max() <= 5.0001
    assert labels["incl_deg"].max() <= 83 and labels["pa_deg"].max() < 180
    assert (np.abs([labels["dx_arcsec"], labels["dy_arcsec"]]) <= 0.12 * crop / 2 + 1e-6).all()
    assert (labels["rout_arcsec"] >= 0.05 * crop - 1e-6).all()
    assert (labels["rout_arcsec"] <= 0.85 * crop + 1e-6).all()
    sigma_px_at_128 = inputs["bmaj_arcsec"] / 2.354820 / crop * 128
    assert sigma_px_at_128.min() >= 0.2999 and sigma_px_at_128.max() <= 3.5001
    ratio = inputs["bmin_arcsec"] / inputs["bmaj_arcsec"]
    assert ratio.min() >= 0.3999 and ratio.max() <= 0.9501
    assert (inputs["reference_x_px"] == 32).all() and (inputs["reference_y_px"] == 32).all()


def test_peak_is_the_one_stated() -> None:
    """Where noise is small, the brightest pixel over its true rms is the label."""
    for i in range(200):
        scene = DISKS.scene(i)
        if scene.peak_over_rms > 100:
            top = float(DISKS[i].inputs["image"].max())
            assert top == pytest.approx(scene.peak_jy_beam, rel=6 / scene.peak_over_rms)


def test_size_changes_the_sampling_alone() -> None:
    """The flux of the disk before the beam is the same to what the pixels' means are good for."""
    for i in range(6):
        scene = DISKS.scene(i)
        coarse, fine = (Canvas(scene, n) for n in (64, 128))
        a = coarse.sky()[coarse.margin : coarse.margin + 64, coarse.margin : coarse.margin + 64]
        b = fine.sky()[fine.margin : fine.margin + 128, fine.margin : fine.margin + 128]
        assert 4 * a.sum() == pytest.approx(b.sum(), rel=0.05)


def test_noise_is_drawn_from_the_generator_given() -> None:
    scene = DISKS.scene(1)
    one, two = (render_scene(scene, item_rng(1, i, "test"), size=64) for i in (0, 1))
    assert not np.array_equal(one, two)


def test_groups_and_length() -> None:
    assert len(SyntheticDisks(seed=1)) == 20000
    with pytest.raises(IndexError, match="item 1000 of 1000"):
        DISKS[1000]
    with pytest.raises(IndexError, match="item -1"):
        DISKS.batch([-1])


@pytest.mark.parametrize(("n", "size"), [(0, 128), (5, 15), (5, 4096)])
def test_refused(n: int, size: int) -> None:
    with pytest.raises(InputError, match="give at least 1, and 16 to 2048 pixels"):
        SyntheticDisks(n, seed=1, size=size)


def test_bad_seed_and_empty_batch() -> None:
    with pytest.raises(InputError, match="seed is -1"):
        SyntheticDisks(5, seed=-1)
    with pytest.raises(InputError, match="at least one index"):
        DISKS.batch([])
