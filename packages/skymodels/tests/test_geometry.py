import numpy as np
import pytest

from skymodels import Grid
from skymodels.geometry import MIN_COS_INCL, disk_axes, offsets
from skytypes.errors import InputError


def axes(east: float, north: float, **given: float) -> tuple[float, float]:
    numbers = {"incl_deg": 0.0, "pa_deg": 0.0, "dx_arcsec": 0.0, "dy_arcsec": 0.0} | given
    shaped = {k: np.full((1, 1, 1), v) for k, v in numbers.items()}
    one = np.ones((1, 1, 1))
    major, minor = disk_axes(
        east * one,
        north * one,
        incl_deg=shaped["incl_deg"],
        pa_deg=shaped["pa_deg"],
        dx_arcsec=shaped["dx_arcsec"],
        dy_arcsec=shaped["dy_arcsec"],
    )
    return major.item(), minor.item()


def test_major_axis_points_to_the_position_angle() -> None:
    assert axes(0.0, 1.0) == pytest.approx((1, 0))
    assert axes(1.0, 0.0, pa_deg=90.0) == pytest.approx((1, 0))


def test_minor_axis_is_stretched() -> None:
    assert axes(1.0, 0.0, incl_deg=60.0) == pytest.approx((0, 2))


def test_centre_is_moved_in_the_plane_of_the_sky() -> None:
    moved = axes(0.3, 0.2, incl_deg=60.0, pa_deg=30.0, dx_arcsec=0.3, dy_arcsec=0.2)
    assert moved == pytest.approx((0, 0))


def test_edge_on_is_not_infinitely_thin() -> None:
    assert axes(1.0, 0.0, incl_deg=90.0)[1] == pytest.approx(1 / MIN_COS_INCL)


def test_column_zero_is_east_and_row_zero_south() -> None:
    east, north = offsets(Grid(9, 0.1), np.zeros(1))
    assert east[0, 0, 0] == pytest.approx(0.4) and north[0, 0, 0] == pytest.approx(-0.4)
    assert east[0, 0, 4] == 0 and north[0, 4, 0] == 0


@pytest.mark.parametrize("size", [0, 7, 8193, 10**6])
def test_size_out_of_range(size: int) -> None:
    with pytest.raises(InputError, match="give 8 to 8192"):
        Grid(size, 0.1)
