"""What an observer sees, wherever the star is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from popmaps.galaxy.frames import _ICRS_TO_GALACTIC, _SUN, _TO_ICRS, seen_from_sun
from skytypes.errors import InputError

component = st.floats(-1e3, 1e3, allow_subnormal=False)


@settings(max_examples=100, deadline=None)
@given(st.tuples(component, component, component), st.tuples(component, component, component))
def test_angles_stay_in_their_ranges(
    place: tuple[float, float, float], velocity: tuple[float, float, float]
) -> None:
    sky = seen_from_sun([place], [velocity])
    assert 0 <= sky.ra[0] < 360
    assert 0 <= sky.l[0] < 360
    assert -90 <= sky.dec[0] <= 90
    assert -90 <= sky.b[0] <= 90
    assert sky.dist[0] == pytest.approx(np.linalg.norm(np.array(place) - _SUN[:3]))


@settings(max_examples=50, deadline=None)
@given(st.tuples(component, component, component), st.tuples(component, component, component))
def test_the_three_motions_make_up_the_velocity(
    place: tuple[float, float, float], velocity: tuple[float, float, float]
) -> None:
    sky = seen_from_sun([place], [velocity])
    across = 4.740470463533348 * sky.dist[0] * np.hypot(sky.pm_ra[0], sky.pm_dec[0])
    relative = np.linalg.norm(np.array(velocity) - _SUN[3:])
    assert np.hypot(across, sky.v_ls[0]) == pytest.approx(relative, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("matrix", [_TO_ICRS, _ICRS_TO_GALACTIC])
def test_matrices_are_rotations(matrix: NDArray[np.float64]) -> None:
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-14)
    assert np.linalg.det(matrix) == pytest.approx(1)


def test_above_the_celestial_pole_a_motion_has_a_size() -> None:
    pole = _SUN[:3] + 2 * _TO_ICRS[2]
    sky = seen_from_sun([pole], [_SUN[3:] + 100 * _TO_ICRS[0]])
    assert sky.dec[0] == pytest.approx(90)
    assert np.hypot(sky.pm_ra[0], sky.pm_dec[0]) == pytest.approx(100 / 2 / 4.740470463533348)
    assert sky.v_ls[0] == pytest.approx(0, abs=1e-9)


def test_shapes_refused() -> None:
    with pytest.raises(InputError, match=r"velocities_km_s has shape \(3,\); give n rows of x, y"):
        seen_from_sun([[0.0, 0.0, 0.0]], [0.0, 0.0, 0.0])
    with pytest.raises(InputError, match=r"1 positions and 2 velocities; give one of each a star"):
        seen_from_sun(np.zeros((1, 3)), np.zeros((2, 3)))
