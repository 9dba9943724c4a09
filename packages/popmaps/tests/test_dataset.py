"""`PopulationMaps` over tables as ``generate``, ``split`` and ``observed`` write them."""

import gc
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from popmaps import PopulationMaps
from skytypes import Sample, encode, find, item_rng
from skytypes.checks import check_dataset
from skytypes.errors import InputError
from skytypes.specs import Channel, Operation, TensorSpec

NAMES = ("survey_PMPS_position_map_radec", "survey_PMPS_velocity_map_vra", "survey_PMPS_ppdot_map")
SHAPES = ((8, 4), (8, 4), (6, 6))
LABELS = ("B_initial_log10_mean", "h_c")


def values_of(index: int) -> list[Any]:
    rng = item_rng(3, index, "popmaps.tests.dataset")
    return [rng.gamma(2.0, size=shape) for shape in SHAPES]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """A table of ``count`` samples, as arrays or as stacks; a change of its text."""

    def make(
        count: int = 4, *, stack: bool = False, change: Callable[[str], str] = lambda t: t
    ) -> Path:
        header = [*(f"input:{n}" for n in NAMES), *LABELS]
        lines = [",".join((["id"] if stack else []) + header)]
        for i in range(count):
            cells = [f"{n}.npy#{i}" if stack else f"{n}_{i}.npy" for n in NAMES]
            lines.append(",".join([*([str(i)] if stack else []), *cells, f"{12.5 + i}", "0.25"]))
            if not stack:
                for cell, values in zip(cells, values_of(i), strict=True):
                    np.save(tmp_path / cell, values)
        if stack:
            for k, name in enumerate(NAMES):
                np.save(tmp_path / f"{name}.npy", np.stack([values_of(i)[k] for i in range(count)]))
        path = tmp_path / "dataset_train.csv"
        path.write_text(change("\n".join(lines) + "\n"))
        return path

    return make


@pytest.mark.parametrize("stack", [False, True])
def test_keeps_the_contract_and_gives_what_was_saved(
    write: Callable[..., Path], stack: bool
) -> None:
    maps = PopulationMaps(write(stack=stack))
    check_dataset(maps)
    assert maps.channels == maps.columns == NAMES
    assert maps.shapes == dict(zip(NAMES, SHAPES, strict=True))
    assert maps.units == {"B_initial_log10_mean": "log10(G)", "h_c": "kpc"}
    assert not maps.skipped
    for i in range(4):
        for name, values in zip(NAMES, values_of(i), strict=True):
            np.testing.assert_array_equal(maps[i].inputs[name], values.astype(np.float32))
        assert float(maps[i].labels["B_initial_log10_mean"]) == 12.5 + i
    np.testing.assert_array_equal(maps.label_values()["B_initial_log10_mean"], 12.5 + np.arange(4))
    again = pickle.loads(pickle.dumps(maps))
    assert again[3].inputs[NAMES[2]].tobytes() == maps[3].inputs[NAMES[2]].tobytes()
    with pytest.raises(IndexError):
        maps[4]


def test_the_example_is_a_dataset_and_leaves_no_folder() -> None:
    maps = PopulationMaps.example()
    check_dataset(maps)
    folder = maps.path.parent
    assert folder.is_dir()
    del maps
    gc.collect()
    assert not folder.exists()


def test_is_found_by_name(write: Callable[..., Path]) -> None:
    maker = find("datasets", "popmaps")
    assert len(maker(write())) == 4


def test_channels_are_chosen_by_name_and_order(write: Callable[..., Path]) -> None:
    path = write()
    assert PopulationMaps(path, channels=[NAMES[2], NAMES[0]]).channels == (NAMES[2], NAMES[0])
    chosen = PopulationMaps(path, channels=["*_ppdot_map", "survey_PMPS_*_radec"], labels=["h_c"])
    assert chosen.channels == (NAMES[2], NAMES[0])
    assert chosen.columns == (NAMES[0], NAMES[2])
    assert set(chosen[0].labels) == {"h_c"}
    assert set(chosen[0].inputs) == {NAMES[2], NAMES[0]}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": ["ppdot_map"]}, "has no channel 'ppdot_map'; it has survey_PMPS_position"),
        (
            {"channels": ["*_radec", NAMES[0]]},
            "channel 'survey_PMPS_position_map_radec' is given twice",
        ),
        ({"channels": []}, "no channel is given; give one or more"),
        ({"labels": ["sigma_k"]}, "has no label 'sigma_k'; it has B_initial_log10_mean, h_c"),
        ({"labels": ["h_c", "h_c"]}, "label 'h_c' is given twice; give each once"),
    ],
)
def test_choices_that_the_table_lacks(
    write: Callable[..., Path], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        PopulationMaps(write(), **options)


def test_the_observed_sky_has_no_velocities_and_no_labels(write: Callable[..., Path]) -> None:
    def empty(text: str) -> str:
        head = text.splitlines()[0]
        return f"{head}\n{NAMES[0]}_0.npy,,{NAMES[2]}_0.npy,,\n"

    maps = PopulationMaps(write(change=empty))
    assert maps.channels == (NAMES[0], NAMES[2])
    assert maps.labels == ()
    check_dataset(maps)
    with pytest.raises(InputError, match="row 000000 names no file for 'survey_PMPS_velocity"):
        PopulationMaps(maps.path, channels=NAMES)
    with pytest.raises(InputError, match="label 'h_c' is empty in some row"):
        PopulationMaps(maps.path, labels=["h_c"])


def test_a_bad_file_leaves_out_its_row_only(write: Callable[..., Path], tmp_path: Path) -> None:
    path = write(6)
    (tmp_path / f"{NAMES[0]}_1.npy").unlink()
    file = tmp_path / f"{NAMES[2]}_2.npy"
    file.write_bytes(file.read_bytes()[:-8])
    np.save(tmp_path / f"{NAMES[2]}_4.npy", np.ones((12, 12)))
    maps = PopulationMaps(path)
    assert maps.rows == (0, 3, 5)
    assert [float(maps[i].labels["B_initial_log10_mean"]) for i in range(3)] == [12.5, 15.5, 17.5]
    assert sorted(maps.skipped) == ["000001", "000002", "000004"]
    assert "no such file" in maps.skipped["000001"]
    assert "cut short" in maps.skipped["000002"]
    assert "has 12 x 12 bins, most have 6 x 6; make all with one" in maps.skipped["000004"]


def test_a_table_without_a_whole_row_is_refused(write: Callable[..., Path], tmp_path: Path) -> None:
    path = write(2)
    for file in tmp_path.glob("*.npy"):
        file.unlink()
    with pytest.raises(InputError, match=r"none of 2 rows is whole; .*no such file"):
        PopulationMaps(path)


def test_a_file_that_goes_bad_later_is_named(write: Callable[..., Path], tmp_path: Path) -> None:
    maps = PopulationMaps(write())
    np.save(tmp_path / f"{NAMES[2]}_1.npy", np.full((6, 6), np.nan))
    with pytest.raises(InputError, match=r"ppdot_map_1\.npy: 36 bins are not finite"):
        maps[1]
    np.save(tmp_path / f"{NAMES[2]}_1.npy", np.ones((5, 6)))
    with pytest.raises(InputError, match="has changed since the table was read"):
        maps.batch([0, 1])


def test_one_constant_channel_leaves_the_others_alone() -> None:
    """Standardised by sample and channel; constant to within rounding becomes 0 (not -1)."""
    maps = [values_of(0)[2].astype(np.float32), np.full((6, 6), 0.1, np.float32)]
    specs = [
        TensorSpec(
            "maps",
            (2, 6, 6),
            tuple(Channel(n, (Operation("standardise"),), n) for n in ("a", "b")),
        )
    ]
    tensor = encode(specs, Sample({"a": maps[0], "b": maps[1]}))["maps"][0]
    assert not tensor[1].any()
    expected = (maps[0] - maps[0].mean()) / maps[0].std()
    np.testing.assert_allclose(tensor[0], expected, atol=1e-5)
