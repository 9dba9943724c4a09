"""The shipped antenna table, and lists of one's own, hostile ones included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casa_sim.antenna_lists import read_antenna_list
from casa_sim.antennas import antenna_positions, longest_baseline_m
from casa_sim.arrays import ARRAYS
from casa_sim.site import local_to_itrf
from skytypes.errors import InputError

REFERENCE = Path(__file__).resolve().parents[4] / "shared" / "data" / "casa_reference"
LOCAL = "# observatory=ALMA\n# coordsys=LOC (local tangent plane)\n# x y z diam pad#\n"


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(text: str | bytes) -> Path:
        path = tmp_path / "own.cfg"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.mark.shared_data
def test_positions_are_those_of_casa(reference: dict[str, Any]) -> None:
    case = REFERENCE / f"{reference['name']}.npz"
    with np.load(case) as arrays:
        casa = arrays["antpos"].T
    ours = antenna_positions(reference["params"]["array_cfg"])
    assert ours.shape == casa.shape
    assert np.abs(ours - casa).max() < 1e-4


def test_every_array_has_its_43_antennas() -> None:
    for name in ARRAYS:
        positions = antenna_positions(name)
        assert positions.shape == (43, 3)
        assert len(np.unique(positions, axis=0)) == 43
        assert not positions.flags.writeable


def test_longest_baselines_are_those_the_observatory_publishes() -> None:
    # ALMA's configuration schedule, cycles 10-11, longest baseline of each [km].
    published = {1: 0.16, 4: 0.78, 5: 1.4, 6: 2.5, 7: 3.6, 8: 8.5}
    for number, kilometres in published.items():
        longest = longest_baseline_m(antenna_positions(f"alma.cycle9.{number}.cfg"))
        assert longest / 1000 == pytest.approx(kilometres, rel=0.02)
    longest_of_all = [longest_baseline_m(antenna_positions(name)) for name in ARRAYS]
    assert longest_of_all == sorted(longest_of_all)


def test_unknown_array_lists_the_known() -> None:
    with pytest.raises(InputError, match=r"'vla\.a\.cfg'; allowed: alma\.cycle9") as e:
        antenna_positions("vla.a.cfg")
    assert all(name in str(e.value) for name in ARRAYS)


def test_tangent_plane_keeps_distances_and_directions() -> None:
    local = np.random.default_rng(1).normal(scale=5000.0, size=(20, 3))
    earth = local_to_itrf(local)
    apart, wanted = earth[1:] - earth[0], local[1:] - local[0]
    assert np.allclose(apart @ apart.T, wanted @ wanted.T, rtol=1e-9)
    north = local_to_itrf(np.array([[0.0, 1.0, 0.0]])) - local_to_itrf(np.zeros((1, 3)))
    # North of a site on the southern hemisphere points towards the pole: z grows by cos(latitude).
    assert north[0, 2] == pytest.approx(np.cos(np.radians(23.022886)), abs=1e-8)


def test_own_list_local_and_itrf_agree(written: Any) -> None:
    places = antenna_positions("alma.cycle9.3.cfg")[:4]
    rows = "".join(f"{x:.5f} {y:.5f} {z:.5f} 12. P{i}\n" for i, (x, y, z) in enumerate(places))
    assert np.array_equal(read_antenna_list(written("# coordsys=XYZ\n" + rows)), places)
    one = LOCAL + "0 0 0 12.0 A\n\n  100 0 0 12 B B1 # east\n0 200 0 1.2e1\n"
    assert np.allclose(
        read_antenna_list(written(one)),
        local_to_itrf(np.array([[0.0, 0, 0], [100, 0, 0], [0, 200, 0]])),
    )


TWO = "0 0 0 12 A\n100 0 0 12 B\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LOCAL, "0 antennas; give at least 2"),
        ("", "no coordsys; give a line '# coordsys=LOC'"),
        (LOCAL + "0 0 0 12 A\n", "1 antennas; give at least 2"),
        (TWO, "no coordsys"),
        ("coordsys=LOC\n" + TWO, "no coordsys"),
        ("# coordsys=UTM\n" + TWO, "coordsys=UTM; give a line"),
        ("# coordsys=LOC\n# observatory=VLA\n" + TWO, "observatory=VLA; allowed: ALMA"),
        (LOCAL + "# COFA=-67.7,-23.0\n" + TWO, "leave it out"),
        (LOCAL + "0 0 0 7 A\n" + TWO, "line 4: diameter is 7 m; allowed: 12 m"),
        (LOCAL + "0 0 0 nan A\n" + TWO, "line 4: diameter is nan m"),
        (LOCAL + TWO + "0 nan 0 12 C\n", "line 6: 0 nan 0; give finite positions"),
        (LOCAL + TWO + "0 1e999 0 12 C\n", "line 6: .* give finite"),
        (LOCAL + TWO + "0 50 0\n", "line 6: 3 fields; give x, y, z and the diameter"),
        (LOCAL + TWO + "0 fifty 0 12\n", "line 6: .*'fifty'; give x"),
        (LOCAL + TWO + "0 " + "9" * 5000 + " 0 12\n", "line 6: .*give finite"),
        (LOCAL + TWO + "100 5 0 12 C\n", "lines 5 and 6: antennas 5 m apart; dishes of 12 m"),
        (LOCAL + TWO + "1e6 5 0 12 C\n", "line 6: 1000 km from the ALMA centre; allowed: 100"),
        ("# coordsys=XYZ\n" + TWO, "6380 km from the ALMA centre.*is coordsys right"),
        (
            LOCAL + "".join(f"{20 * i} 0 0 12\n" for i in range(501)),
            "line 504: more than 500 antennas; leave",
        ),
        (b"\xff\xfe\x00", "is not UTF-8"),
        (b"# coordsys=LOC\n" + b"#" * (1 << 20), "bytes; at most 1048576 are read"),
    ],
)
def test_a_bad_list_is_refused_in_one_line(written: Any, text: str | bytes, message: str) -> None:
    path = written(text)
    with pytest.raises(InputError, match=message) as caught:
        read_antenna_list(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value)) < 300 + len(str(path))


def test_a_missing_list_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_antenna_list(tmp_path / "none.cfg")


@given(body=st.text(max_size=200))
def test_any_text_is_read_or_refused(body: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "own.cfg")
        path.write_text(LOCAL + body, encoding="utf-8", errors="replace")
        try:
            positions = read_antenna_list(path)
        except InputError as error:
            assert len(str(error).splitlines()) == 1
        else:
            assert np.isfinite(positions).all()
