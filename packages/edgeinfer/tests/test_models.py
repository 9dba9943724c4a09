from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from edgeinfer import Answer, EdgeModel, items, load_model, models
from edgeinfer.errors import ModelFileError
from skyrun.fits import make_header, write_image
from skytypes import Beam, ModelCard, Sample, SkyImage, encode
from skytypes.arrays import Array
from skytypes.cards import UsableRule
from skytypes.errors import ContractError, InputError
from skytypes.specs import Channel, Operation, OutputSpec, TensorSpec

IMAGE = TensorSpec("image", (1, 8, 8), (Channel("sky", (Operation("resample", {"size": 8}),)),))
FIRST = OutputSpec("first", "", "linear", (0,))


@pytest.fixture(scope="module")
def model(exported: Path) -> EdgeModel:
    return load_model(exported, threads=1)


def flat_image(value: float = 1.0) -> SkyImage:
    data = np.full((16, 16), value, np.float32)
    return SkyImage(data, 0.01, "Jy/beam", beam=Beam(0.05, 0.04, 0.0))


def test_answers_do_not_depend_on_the_batch(model: EdgeModel, sky_folder: Path) -> None:
    paths = sorted(sky_folder.iterdir())
    one, all_at_once = (list(model.run_files(paths, batch_size=n)) for n in (1, 8))
    assert [a.file for a in one] == [str(p) for p in paths]
    for a, b in zip(one, all_at_once, strict=True):
        assert a.values == pytest.approx(b.values, rel=1e-5, abs=1e-6)
        assert a.seconds > 0


def test_predict_takes_a_batch(model: EdgeModel) -> None:
    images = np.stack([flat_image().data, flat_image(2.0).data])
    inputs = {"image": images, "pixel_scale_arcsec": np.array([0.01, 0.02], np.float32)}
    found = model.predict(Sample(inputs, size=2))
    assert {k: v.shape for k, v in found.items()} == dict.fromkeys(
        ("axis_ratio", "pa_deg", "dx_arcsec", "dy_arcsec"), (2,)
    )
    with pytest.raises(ContractError, match="no input 'image'"):
        model.predict(Sample({"curve": np.zeros((2, 20))}, size=2))


def write_hostile(folder: Path) -> dict[str, str]:
    """Files that no network can measure, each with the words its line must hold."""
    good = flat_image()
    header = make_header(good)

    def write(name: str, data: np.ndarray, **cards: object) -> None:
        changed = header.copy()
        for key, value in cards.items():
            if value is None:
                del changed[key]
            else:
                changed[key] = value
        fits.writeto(folder / name, data, changed)

    write("no_wcs.fits", good.data, CTYPE1=None, CTYPE2=None)
    write("wrong_unit.fits", good.data, BUNIT="erg/s")
    write("three_axes.fits", np.ones((3, 16, 16), np.float32))
    holes = good.data.copy()
    holes[3, 4] = np.nan
    write("nan.fits", holes)
    bright = good.data.astype(np.float64)
    bright[5, 5] = 1e300
    write("beyond_float32.fits", bright)
    write("no_beam.fits", good.data, BUNIT="K", BMAJ=None, BMIN=None, BPA=None)
    cards = ["SIMPLE  =                    T", "BITPIX  =                  -32"]
    cards += ["NAXIS   =                    2", "NAXIS1  =              1000000"]
    cards += ["NAXIS2  =              1000000", "END"]
    huge = "".join(card.ljust(80) for card in cards).ljust(2880)
    (folder / "huge.fits").write_text(huge)
    (folder / "zero.fits").touch()
    (folder / "text.fits").write_text("not a FITS file at all\n" * 10)
    whole = (folder / "no_wcs.fits").read_bytes()
    (folder / "short.fits").write_bytes(whole[: len(whole) - 2880])
    (folder / "folder.fits").mkdir()
    return {
        "no_wcs.fits": "WCS",
        "wrong_unit.fits": "BUNIT is 'erg/s'",
        "three_axes.fits": "axes are 16 x 16 x 3",
        "nan.fits": "1 of 256 pixels are NaN or infinite",
        "beyond_float32.fits": "pixels beyond 3.4e38; give another unit",
        "no_beam.fits": "no beam",
        "huge.fits": "1000000 x 1000000",
        "zero.fits": "is empty",
        "text.fits": "does not begin as a FITS file does",
        "short.fits": "is cut short",
        "folder.fits": "holds no FITS file",
        "missing.fits": "no such file",
    }


def test_a_bad_file_says_why_and_stops_no_other(model: EdgeModel, tmp_path: Path) -> None:
    wanted = write_hostile(tmp_path)
    write_image(tmp_path / "good.fits", flat_image())
    paths = [path for name in wanted for path in (tmp_path / name, tmp_path / "good.fits")]
    answers = list(model.run_files(paths, batch_size=4))
    bad, good = answers[0::2], answers[1::2]
    assert all(a.error is None and a.values["dx_arcsec"] is not None for a in good)
    for answer, (name, words) in zip(bad, wanted.items(), strict=True):
        assert answer.error is not None, name
        assert words in answer.error, (name, answer.error)
        assert "\n" not in answer.error
        assert not answer.usable
        assert set(answer.row()) == {"file", "error"}


def test_rules_of_the_card_give_reasons(model: EdgeModel, tmp_path: Path) -> None:
    noise = np.random.default_rng(2).standard_normal((64, 64)).astype(np.float32)
    image = SkyImage(noise, 0.01, "Jy/beam", beam=Beam(0.05, 0.04, 0.0))
    write_image(tmp_path / "faint.fits", image)
    (answer,) = model.run_files([tmp_path / "faint.fits"])
    assert answer.row()["usable"] is False
    assert answer.row()["reasons"] == ["too faint"]


def test_an_answer_that_is_no_number_is_not_usable(
    small_model: Callable[..., Path], tmp_path: Path
) -> None:
    # The logarithm of a picture below zero.
    card = ModelCard("m", "0", "m", (IMAGE,), (FIRST,))
    path = small_model(card, "Log Flatten", ["batch", 64])
    write_image(tmp_path / "negative.fits", flat_image(-1.0))
    (answer,) = load_model(path).run_files([tmp_path / "negative.fits"])
    row = answer.row()
    assert (row["first"], row["usable"], row["reasons"]) == (None, False, ["first is not a number"])


def test_classes_are_answered_by_name(small_model: Callable[..., Path], tmp_path: Path) -> None:
    kind = OutputSpec("kind", "", "softmax", (0, 1), classes=("disk", "star"))
    path = small_model(ModelCard("m", "0", "m", (IMAGE,), (kind,)), "Flatten", ["batch", 64])
    write_image(tmp_path / "flat.fits", flat_image())
    (answer,) = load_model(path).run_files([tmp_path / "flat.fits"])
    assert answer.values["kind"] == {"disk": 0.5, "star": 0.5}


def test_pictures_as_answers_are_left_to_predict(small_model: Callable[..., Path]) -> None:
    mask = OutputSpec("mask", "", "mask", (0,))
    path = small_model(ModelCard("m", "0", "m", (IMAGE,), (mask,)), "Identity", ["batch", 1, 8, 8])
    model = load_model(path)
    assert model.predict(Sample({"image": np.zeros((8, 8), np.float32)}))["mask"].shape == (1, 8, 8)
    with pytest.raises(ModelFileError, match="output 'mask' is a picture, which no table holds"):
        list(model.run_files(["a.fits"]))


def test_a_network_for_other_data_is_refused_for_files(small_model: Callable[..., Path]) -> None:
    spec = replace(IMAGE, channels=(Channel("loud", (), "maps"),))
    path = small_model(ModelCard("m", "0", "m", (spec,), (FIRST,)), "Flatten", ["batch", 64])
    with pytest.raises(ModelFileError, match=r"needs \['maps'\], which a FITS picture does not"):
        list(load_model(path).run_files(["a.fits"]))


def test_a_rule_on_an_unknown_quantity_is_refused(
    small_model: Callable[..., Path], tmp_path: Path
) -> None:
    rule = UsableRule("nonesuch", "never", at_least=1.0)
    card = ModelCard("m", "0", "m", (IMAGE,), (FIRST,), usable=(rule,))
    path = small_model(card, "Flatten", ["batch", 64])
    write_image(tmp_path / "flat.fits", flat_image())
    with pytest.raises(ContractError, match="rule on 'nonesuch'"):
        list(load_model(path).run_files([tmp_path / "flat.fits"]))


def test_batch_size_below_one_is_refused(model: EdgeModel) -> None:
    with pytest.raises(InputError, match="batch size is 0; give 1 or more"):
        list(model.run_files([], batch_size=0))


def test_a_reference_outside_the_picture_is_said(model: EdgeModel, tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    image = replace(flat_image(), data=rng.normal(1.0, 0.1, (16, 16)).astype(np.float32))
    write_image(tmp_path / "inside.fits", replace(image, reference_px=(15.0, 3.0)))
    write_image(tmp_path / "outside.fits", replace(image, reference_px=(17.0, 3.0)))
    inside, outside = model.run_files([tmp_path / "inside.fits", tmp_path / "outside.fits"])
    assert not any("reference position" in reason for reason in inside.reasons)
    assert any("outside the picture: offsets count from its middle" in r for r in outside.reasons)
    assert not outside.usable


def test_pictures_go_before_others_are_read(
    model: EdgeModel, sky_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many files there are, at most a batch of them is held."""
    held: list[weakref.ref[Sample]] = []
    beside: list[int] = []

    def read(card: ModelCard, path: items.Place) -> items.Item:
        beside.append(sum(one() is not None for one in held))
        item = items.read_picture(card, path)
        assert item.sample is not None
        held.append(weakref.ref(item.sample))
        return item

    monkeypatch.setattr(models, "read_picture", read)
    paths = sorted(sky_folder.iterdir()) * 2
    assert all(a.error is None for a in model.run_files(paths, batch_size=2))
    assert beside == [0, 1, 0, 1, 0, 1]


def test_large_pictures_make_small_batches(
    model: EdgeModel, sky_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = sorted(sky_folder.iterdir())
    wanted = [a.values for a in model.run_files(paths, batch_size=1)]
    sizes: list[int] = []
    answer_group = EdgeModel._answer_group

    def count(self: EdgeModel, group: list[items.Item]) -> Iterator[Answer]:
        sizes.append(len(group))
        return answer_group(self, group)

    monkeypatch.setattr(EdgeModel, "_answer_group", count)
    # Sides of 64, 96 and 80 pixels: the first two together are too many.
    monkeypatch.setattr(items, "MAX_NUMBERS", 64**2 + 96**2)
    found = [a.values for a in model.run_files(paths, batch_size=3)]
    assert sizes == [2, 1]
    for ours, theirs in zip(found, wanted, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-5, abs=1e-6)


def test_a_picture_beyond_memory_stops_no_other(
    model: EdgeModel, sky_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def encode_small(specs: Sequence[TensorSpec], sample: Sample) -> dict[str, Array]:
        if sample.inputs["image"].shape[-1] == 96:
            raise MemoryError
        return encode(specs, sample)

    monkeypatch.setattr(items, "encode", encode_small)
    first, second, third = model.run_files(sorted(sky_folder.iterdir()))
    assert second.error == "needs more memory than there is; cut the source out of the picture"
    assert first.error is None
    assert third.error is None
