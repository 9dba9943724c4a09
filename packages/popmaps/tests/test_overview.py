import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmaps.cli import main
from popmaps.figures import labels_figure, plain
from popmaps.maps.pictures import png_bytes
from popmaps.overview import read_overview
from popmaps.show import write_page
from skytypes.errors import InputError

CHANNELS = ("survey_PMPS_position_map_radec", "survey_PMPS_ppdot_map", "of_a_stranger")


def make_dataset(folder: Path, kind: str = "array", rows: int = 4) -> Path:
    """Maps of sample i hold the numbers i, i + 1 ...; labels are i and a constant."""
    folder.mkdir(parents=True, exist_ok=True)
    maps = np.arange(rows)[:, None] + np.arange(12.0)[None, :]
    header: list[object] = [*(f"input:{name}" for name in CHANNELS), "h_c", "sigma_k"]
    lines: list[list[object]] = []
    for index, values in enumerate(maps.reshape(rows, 4, 3)):
        ending = "png" if kind == "image" else "npy"
        cells = [f"{name}_{index}.{ending}" for name in CHANNELS]
        for cell in cells:
            if kind == "image":
                (folder / cell).write_bytes(png_bytes(values))
            elif kind == "array":
                np.save(folder / cell, values)
        if kind == "stack":
            cells = [f"{name}.npy#{index}" for name in CHANNELS]
        lines.append([*cells, float(index), 7.0])
    if kind == "stack":
        for name in CHANNELS:
            np.save(folder / f"{name}.npy", maps.reshape(rows, 4, 3).astype(np.float32))
    write_table(folder / "dataset_full.csv", [header, *lines])
    return folder


def write_table(path: Path, rows: list[list[object]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def write_sets(folder: Path, **members: list[int]) -> None:
    with (folder / "dataset_full.csv").open() as file:
        header, *rows = [list[object](row) for row in csv.reader(file)]
    for name, indices in members.items():
        write_table(folder / f"dataset_{name}.csv", [header, *(rows[i] for i in indices)])


@pytest.mark.parametrize("kind", ["array", "stack"])
def test_means_and_one_sample_are_those_of_the_maps(tmp_path: Path, kind: str) -> None:
    overview = read_overview(make_dataset(tmp_path, kind), sample=2)
    assert [channel.name for channel in overview.channels] == list(CHANNELS)
    channel = overview.channels[1]
    assert channel.sample is not None
    np.testing.assert_array_equal(channel.sample, np.arange(12.0).reshape(4, 3) + 2)
    np.testing.assert_array_equal(channel.mean, np.arange(12.0).reshape(4, 3) + 1.5)
    assert (channel.samples, channel.is_picture) == (4, False)
    assert overview.labels["h_c"].tolist() == [0.0, 1.0, 2.0, 3.0]


def test_pictures_are_read_as_places_in_their_range(tmp_path: Path) -> None:
    channel = read_overview(make_dataset(tmp_path, "image")).channels[0]
    assert channel.is_picture
    np.testing.assert_allclose(channel.mean.ravel(), np.linspace(0, 1, 12), atol=0.01)


def test_the_mean_is_of_samples_spread_over_the_table(tmp_path: Path) -> None:
    channel = read_overview(make_dataset(tmp_path, rows=9), mean_of=3).channels[0]
    assert channel.samples == 3
    assert channel.mean[0, 0] == (0 + 4 + 8) / 3


def test_sets_are_counted_and_a_shared_sample_is_found(tmp_path: Path) -> None:
    make_dataset(tmp_path, rows=6)
    write_sets(tmp_path, train=[0, 1, 2], valid=[3, 4], test=[5])
    overview = read_overview(tmp_path)
    assert {name: rows for name, (rows, _) in overview.sets.items()} == {
        "train": 3,
        "valid": 2,
        "test": 1,
    }
    assert overview.shared == 0
    write_sets(tmp_path, test=[5, 0])
    assert read_overview(tmp_path).shared == 1


def test_a_damaged_map_is_left_out_of_the_mean_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_dataset(tmp_path)
    (tmp_path / f"{CHANNELS[0]}_1.npy").write_bytes(b"\x93NUMPY")
    np.save(tmp_path / f"{CHANNELS[1]}_3.npy", np.ones((2, 2)))
    overview = read_overview(tmp_path)
    assert [channel.samples for channel in overview.channels] == [3, 3, 4]
    assert [channel.mean[0, 0] for channel in overview.channels] == [5 / 3, 1.0, 1.5]
    assert [line.split(":")[0] for line in overview.skipped] == ["row 1", "row 3"]
    assert main(["show", str(tmp_path), "--json"]) == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["maps_left_out"] == 2
    assert printed.err.count("\n") == 2
    assert "Maps left out" in (tmp_path / "dataset_full.html").read_text()


def test_a_page_is_one_file_and_the_same_each_time(tmp_path: Path) -> None:
    make_dataset(tmp_path, rows=6)
    write_sets(tmp_path, train=[0, 1, 2], valid=[3, 4], test=[5])
    pages = [tmp_path / "a.html", tmp_path / "b.html"]
    for page in pages:
        assert main(["show", str(tmp_path), "-o", str(page), "--sample", "1"]) == 0
    text = pages[0].read_text()
    assert text == pages[1].read_text()
    assert len(re.findall('<img alt="[^"]+" src="data:image/png;base64,', text)) == 3
    assert "http" not in text
    assert "Mean of 6 of 6 samples" in text
    assert "row 1 (000001)" in text
    assert "<th>Set train</th><td>3 samples</td>" in text
    assert "<th>In more than one set</th><td>0 samples</td>" in text


def test_a_page_may_be_one_picture(tmp_path: Path) -> None:
    from PIL import Image

    make_dataset(tmp_path)
    assert main(["show", str(tmp_path), "-o", str(tmp_path / "a.png")]) == 0
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 500


def test_a_dataset_without_known_labels_says_so(tmp_path: Path) -> None:
    make_dataset(tmp_path)
    rows: list[list[object]] = [["input:a", "input:b", "h_c", "sigma_k"]]
    rows.append([f"{CHANNELS[0]}_0.npy", "", "", ""])
    (tmp_path / "dataset_full.csv").unlink()
    write_table(tmp_path / "dataset_atnf.csv", rows)
    assert main(["show", str(tmp_path)]) == 0
    text = (tmp_path / "dataset_atnf.html").read_text()
    assert "No value of any label is known. Columns: h_c, sigma_k." in text
    assert text.count("<img") == 1


def test_names_of_strangers_can_not_steer_the_page(tmp_path: Path) -> None:
    make_dataset(tmp_path)
    name, label = "<script>$\\frac{a$", "<b>&\u0416$x_{y$"
    rows = [[f"input:{name}", label, "<i>"]]
    rows += [[f"{CHANNELS[0]}_{i}.npy", str(i), ""] for i in range(3)]
    write_table(tmp_path / "dataset_full.csv", [list[object](row) for row in rows])
    assert main(["show", str(tmp_path)]) == 0
    text = (tmp_path / "dataset_full.html").read_text()
    assert "<script>" not in text
    assert "<b>" not in text
    assert "Empty in every row: &lt;i&gt;." in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--sample", "4"], "has rows 0 to 3"),
        (["--sample", "-1"], "has rows 0 to 3"),
        (["--mean-of", "0"], "give 1 or more"),
        (["-o", "a.pdf"], "a.pdf: a page is .html or .png"),
    ],
)
def test_bad_options_are_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    make_dataset(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert main(["show", str(tmp_path), *words]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_what_is_no_dataset_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(tmp_path)]) == 2
    assert "holds none of dataset_full.csv, dataset_atnf.csv" in capsys.readouterr().err
    assert main(["show", str(tmp_path / "nonesuch.csv")]) == 2
    assert "nonesuch.csv: no such file" in capsys.readouterr().err
    make_dataset(tmp_path)
    for path in tmp_path.glob("*.npy"):
        path.unlink()
    assert main(["show", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert re.search(r"no map can be read; row 0: .*_0\.npy: no such file\n$", err)
    assert err.count("\n") == 1
    assert not (tmp_path / "dataset_full.html").exists()


def test_a_channel_of_damaged_maps_only_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_dataset(tmp_path, rows=1)
    np.save(tmp_path / f"{CHANNELS[2]}_0.npy", np.full((4, 3), np.nan))
    overview = read_overview(tmp_path)
    assert [channel.name for channel in overview.channels] == list(CHANNELS[:2])
    assert main(["show", str(tmp_path), "--json"]) == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out) | {"channels": 2, "maps_left_out": 1} == json.loads(printed.out)
    assert re.search(r"^popmaps: row 0: .*: 12 bins are not finite; .*\n$", printed.err)


@pytest.mark.parametrize("kind", ["array", "image"])
@pytest.mark.parametrize("sample", ["0", "1"])
def test_an_empty_file_of_the_chosen_sample_does_not_stop_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, sample: str
) -> None:
    make_dataset(tmp_path, kind)
    damaged = f"{CHANNELS[0]}_0.{'npy' if kind == 'array' else 'png'}"
    (tmp_path / damaged).write_bytes(b"")
    assert main(["show", str(tmp_path), "--json", "--sample", sample]) == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["maps_left_out"] == 1
    assert printed.err.startswith("popmaps: row 0: ")
    assert damaged in printed.err
    assert printed.err.count("\n") == 1
    channel = read_overview(tmp_path, sample=int(sample)).channels[0]
    assert (channel.samples, channel.sample is None) == (3, sample == "0")


def test_a_sample_beyond_the_mean_is_not_in_it(tmp_path: Path) -> None:
    channel = read_overview(make_dataset(tmp_path, rows=9), mean_of=3, sample=7).channels[0]
    assert channel.sample is not None
    assert (channel.sample[0, 0], channel.mean[0, 0], channel.samples) == (7.0, 4.0, 3)


def test_sets_of_a_dataset_made_again_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = "popmaps: the sets are not the rows of dataset_full.csv; split again\n"
    for rows, err in ((4, ""), (6, told)):
        make_dataset(tmp_path, rows=rows)
        if rows == 4:
            assert main(["split", "--dataset-path", str(tmp_path), "--test-split", "0.5"]) == 0
        assert main(["show", str(tmp_path)]) == 0
        assert capsys.readouterr().err == err
        page = (tmp_path / "dataset_full.html").read_text()
        assert ("not the rows of the table; split again" in page) == bool(err)
    assert main(["split", "--dataset-path", str(tmp_path), "--test-split", "0.5"]) == 0
    assert not read_overview(tmp_path).outdated
    # As many rows of the same files, but another label.
    text = (tmp_path / "dataset_full.csv").read_text()
    (tmp_path / "dataset_full.csv").write_text(text.replace(",3.0,7.0", ",3.5,7.0"))
    assert read_overview(tmp_path).outdated


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=6),
    st.text(max_size=60),
)
def test_any_labels_are_drawn(values: list[float], name: str) -> None:
    labels = {name: np.array(values, np.float64)}
    labels_figure(labels, {"train": (len(values), labels)}).canvas.draw()
    assert len(plain(name)) <= 48


def test_another_ending_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    overview = read_overview(make_dataset(tmp_path))
    with pytest.raises(InputError, match=r"a\.svg: a page is \.html or \.png"):
        write_page(overview, tmp_path / "a.svg")
