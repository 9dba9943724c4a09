from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from popmaps.observed.meerkat import Fluxes
from popmaps.observed.observed_maps import DataType, observed_maps, write_observed
from popmaps.observed.pulsars import Pulsars, tabulate
from skytypes.errors import InputError

PMPS = {"l_deg": 10.0, "b_deg": 1.0, "surveys": "pksmb"}
P_EDGES = np.logspace(-3, 2, 33)
P_DOT_EDGES = np.logspace(-21, -9, 33)


def sky(number: int = 300) -> tuple[Pulsars, Fluxes]:
    """Random pulsars, all in the coverage of PMPS, one in seven without a period derivative."""
    rng = np.random.Generator(np.random.Philox(5))
    rows: list[dict[str, Any]] = []
    for index in range(number):
        row = PMPS | {"name": f"J{index}", "p_s": float(10 ** rng.uniform(-1.9, 1))}
        row |= {"ra_deg": float(rng.uniform(0, 360)), "dec_deg": float(rng.uniform(-90, 90))}
        if index % 7:
            row["p_dot"] = float(10 ** rng.uniform(-18, -12))
        rows.append(row)
    jy = {f"J{i}": float(10 ** rng.uniform(-5, -1)) for i in range(0, number, 2)}
    return Pulsars(tabulate(rows), "example"), Fluxes(jy, "tpa")


def test_maps_equal_histograms_of_numpy_and_the_filter_of_scipy() -> None:
    pulsars, fluxes = sky()
    maps, counts = observed_maps(pulsars, fluxes, resolution_dyn=32, resolution_ppdot=32)
    table = pulsars.table
    wanted, _, _ = np.histogram2d(
        table["ra_deg"],
        table["dec_deg"],
        bins=(np.linspace(0, 360, 33), np.linspace(-90, 90, 17)),
    )
    got = maps["survey_PMPS_position_map_radec"]
    np.testing.assert_allclose(got, gaussian_filter(wanted, 1.0), atol=1e-12 * wanted.max())
    timed = table[table["p_dot"] > 0]
    wanted, _, _ = np.histogram2d(timed["p_s"], timed["p_dot"], bins=(P_EDGES, P_DOT_EDGES))
    got = maps["survey_PMPS_ppdot_map"]
    np.testing.assert_allclose(got, gaussian_filter(wanted, 1.0), atol=1e-12 * wanted.max())
    bright = timed[timed["name"].isin(list(fluxes.jy))]
    flux = np.log10([fluxes.jy[name] for name in bright["name"]])
    edges = (P_EDGES, P_DOT_EDGES)
    number, _, _ = np.histogram2d(bright["p_s"], bright["p_dot"], bins=edges)
    total, _, _ = np.histogram2d(bright["p_s"], bright["p_dot"], bins=edges, weights=flux)
    wanted = np.where(number > 0, total / np.maximum(number, 1), -7.0)
    got = maps["survey_PMPS_ppdot_map_fluxes"]
    np.testing.assert_allclose(got, gaussian_filter(wanted, 1.0), atol=1e-12 * 7)
    assert (counts[0].in_coverage, counts[0].with_p_dot) == (300, len(timed))
    assert counts[0].with_flux == len(bright)


def test_a_survey_without_pulsars_has_empty_maps() -> None:
    pulsars, fluxes = sky(20)
    maps, counts = observed_maps(pulsars, fluxes, resolution_dyn=16, resolution_ppdot=8)
    assert counts[1].in_coverage == 0
    assert not maps["survey_SMPS_position_map_radec"].any()
    np.testing.assert_allclose(maps["survey_SMPS_ppdot_map_fluxes"], -7.0, rtol=1e-14)
    assert maps["survey_SMPS_position_map_radec"].shape == (16, 8)
    assert maps["survey_SMPS_ppdot_map"].shape == (8, 8)


def test_positions_of_pulsars_with_a_derivative_alone() -> None:
    pulsars, fluxes = sky(70)
    covered, counts = observed_maps(pulsars, fluxes, resolution_dyn=16)
    timed, _ = observed_maps(pulsars, fluxes, resolution_dyn=16, positions="timed")
    name = "survey_PMPS_position_map_radec"
    assert covered[name].sum() == pytest.approx(70)
    assert timed[name].sum() == pytest.approx(60) == pytest.approx(counts[0].with_p_dot)


def test_the_header_and_the_names_are_those_of_a_dataset_of_surveys(tmp_path: Path) -> None:
    maps, _ = observed_maps(*sky(20), resolution_dyn=8, resolution_ppdot=8)
    table = write_observed(tmp_path / "new", maps)
    header, row = table.read_text().splitlines()
    assert header == (
        "input:survey_PMPS_position_map_radec,input:survey_SMPS_position_map_radec,"
        "input:survey_HTRU_position_map_radec,input:survey_PMPS_velocity_map_vra,"
        "input:survey_SMPS_velocity_map_vra,input:survey_HTRU_velocity_map_vra,"
        "input:survey_PMPS_velocity_map_vdec,input:survey_SMPS_velocity_map_vdec,"
        "input:survey_HTRU_velocity_map_vdec,input:survey_PMPS_ppdot_map,"
        "input:survey_SMPS_ppdot_map,input:survey_HTRU_ppdot_map,"
        "input:survey_PMPS_ppdot_map_fluxes,input:survey_SMPS_ppdot_map_fluxes,"
        "input:survey_HTRU_ppdot_map_fluxes,B_initial_log10_mean,B_initial_log10_sigma,"
        "P_initial_log10_mean,P_initial_log10_sigma,a_late,L_radio_log10_mean,epsilon_L,h_c,sigma_k"
    )
    cells = row.split(",")
    assert [bool(cell) for cell in cells] == [True] * 3 + [False] * 6 + [True] * 6 + [False] * 9
    assert cells[9] == "survey_PMPS_ppdot_map_0.npy"
    files = {cell for cell in cells if cell}
    assert {path.name for path in table.parent.iterdir()} == files | {
        "dataset_atnf.csv",
        "dataset_atnf.provenance.json",
    }
    saved = np.load(table.parent / cells[9])
    assert saved.dtype == np.float64
    np.testing.assert_array_equal(saved, maps["survey_PMPS_ppdot_map"])


def test_pictures_have_a_pixel_a_bin(tmp_path: Path) -> None:
    from matplotlib.image import imread

    maps, _ = observed_maps(*sky(20), resolution_dyn=8, resolution_ppdot=8)
    table = write_observed(tmp_path, maps, data_type="image")
    assert "survey_HTRU_ppdot_map_0.png" in table.read_text()
    picture = imread(tmp_path / "survey_PMPS_position_map_radec_0.png")
    assert picture.shape == (4, 8, 4)
    values = maps["survey_PMPS_position_map_radec"]
    darkest = np.unravel_index(picture[..., 0].argmin(), picture.shape[:2])
    assert values[darkest[1], 3 - darkest[0]] == values.max()


def test_a_table_that_is_there_does_not_outlive_its_maps(tmp_path: Path) -> None:
    maps, _ = observed_maps(*sky(20), resolution_dyn=8, resolution_ppdot=8)
    write_observed(tmp_path, maps)
    (tmp_path / "survey_PMPS_ppdot_map_0.npy").unlink()
    (tmp_path / "survey_PMPS_ppdot_map_0.npy").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        write_observed(tmp_path, maps)
    assert not (tmp_path / "dataset_atnf.csv").exists()
    assert not list(tmp_path.glob(".*"))


def test_another_data_type_is_refused(tmp_path: Path) -> None:
    stack: Any = "stack"
    kind: DataType = stack
    with pytest.raises(InputError, match="data type 'stack'; give array or image"):
        write_observed(tmp_path, {}, data_type=kind)
