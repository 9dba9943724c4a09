import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from popmaps.radio import dispersion
from popmaps.radio.dispersion import CAP_KPC, FARTHEST_KPC, dispersion_measure, distance_kpc
from popmaps.radio.electron_columns import electron_column
from popmaps.radio.electron_density import electron_density
from popmaps.radio.electron_model import build_model, read_parameters
from skytypes.errors import InputError

Sky = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def stars_of_a_disk(size: int) -> Sky:
    """Galactic coordinates of stars spread over a disk as thick as old pulsars make it."""
    rng = np.random.default_rng(5)
    x, y = rng.normal(0, 5, (2, size))
    towards, z = 8.3 - y, rng.laplace(0, 0.5, size)
    dist = np.sqrt(x**2 + towards**2 + z**2)
    return np.degrees(np.arctan2(x, towards)), np.degrees(np.arcsin(z / dist)), dist


def test_the_quick_way_agrees_with_integrating_each_star() -> None:
    stars = stars_of_a_disk(1500)
    error = np.abs(dispersion_measure(*stars) / electron_column(*stars) - 1)
    assert np.median(error) < 0.004
    assert np.quantile(error, 0.9) < 0.015
    assert np.quantile(error, 0.99) < 0.05


def test_the_galactic_centre_is_as_sharp_as_the_model() -> None:
    b = np.linspace(-1.2, 1.2, 25)
    quick, exact = dispersion_measure(0.3, b, 9.0), electron_column(0.3, b, 9.0)
    assert quick == pytest.approx(exact, rel=0.03)
    assert exact.max() > 2 * exact.min()


@settings(deadline=None)
@given(
    l_deg=st.floats(-720, 720),
    b_deg=st.floats(-90, 90),
    dist=st.lists(st.floats(0, 60), min_size=2, max_size=20),
)
def test_more_distance_never_means_fewer_electrons(
    l_deg: float, b_deg: float, dist: list[float]
) -> None:
    measures = dispersion_measure(l_deg, b_deg, np.sort(dist))
    assert np.isfinite(measures).all()
    assert (measures >= 0).all()
    assert (np.diff(measures) >= -1e-9 * measures[1:]).all()


def test_nothing_at_the_sun_and_nothing_beyond_the_galaxy() -> None:
    assert dispersion_measure(123.0, 4.0, 0.0) == 0
    far = dispersion_measure(10.0, 1.0, [FARTHEST_KPC, 50.0, 1e6])
    assert (far == far[0]).all()


def test_longitude_goes_round_and_a_pole_is_one_point() -> None:
    around = dispersion_measure([-350.0, 10.0, 370.0], 3.0, 5.0)
    assert around == pytest.approx(around[0], rel=1e-12)
    seam = dispersion_measure([359.999999, 0.0, 0.000001], -2.0, 5.0)
    assert seam == pytest.approx(seam[1], rel=1e-5)
    pole = dispersion_measure([0.0, 77.0, 195.0, 281.0], [[90.0], [-90.0]], 3.0)
    assert pole == pytest.approx(np.broadcast_to(pole[:, :1], pole.shape), rel=1e-12)


def test_a_star_gets_the_same_bits_in_whatever_company() -> None:
    l_deg, b_deg, dist = stars_of_a_disk(300)
    together = dispersion_measure(l_deg, b_deg, dist)
    dispersion._rays.cache_clear()
    alone = [float(dispersion_measure(*star)) for star in zip(l_deg, b_deg, dist, strict=True)]
    assert together.tolist() == alone


def test_shapes_are_broadcast() -> None:
    grid = dispersion_measure(np.arange(3.0)[:, None], 0.0, np.arange(1.0, 5.0))
    assert grid.shape == (3, 4)
    assert grid.dtype == np.float64
    assert dispersion_measure(0.0, 0.0, 1.0).shape == ()
    assert dispersion_measure([], [], []).shape == (0,)


def test_distance_is_the_inverse() -> None:
    l_deg, b_deg, dist = stars_of_a_disk(400)
    dist = np.minimum(dist, 20.0)
    measures = dispersion_measure(l_deg, b_deg, dist)
    found = distance_kpc(l_deg, b_deg, measures)
    # The column itself comes back; where it hardly grows the distance is known less well.
    assert dispersion_measure(l_deg, b_deg, found) == pytest.approx(measures, rel=1e-9)
    assert found == pytest.approx(dist, rel=1e-3)


def test_distance_of_nothing_and_of_more_than_the_galaxy_has() -> None:
    assert distance_kpc(30.0, 2.0, [0.0, 1e5]).tolist() == [0.0, CAP_KPC]


@pytest.mark.parametrize(
    ("star", "message"),
    [
        ((np.nan, 0.0, 1.0), "l_deg holds nan: give finite values$"),
        ((0.0, 91.0, 1.0), "b_deg holds 91: give finite values from -90 to 90"),
        ((0.0, [0.0, -90.5], 1.0), "b_deg holds -90.5"),
        ((0.0, 0.0, [2.0, -1.0]), "dist_kpc holds -1: give finite values from 0$"),
        ((0.0, 0.0, np.inf), "dist_kpc holds inf"),
        (([1.0, 2.0], [1.0, 2.0, 3.0], 1.0), r"do not broadcast: l_deg \(2,\), b_deg \(3,\)"),
        (("north", 0.0, 1.0), "l_deg: .*north.*; give numbers"),
    ],
)
def test_wrong_stars_are_refused_in_one_line(star: tuple[float, ...], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        dispersion_measure(*star)
    assert "\n" not in str(caught.value)


def test_a_negative_measure_is_refused() -> None:
    with pytest.raises(InputError, match="dm holds -3: give finite values from 0"):
        distance_kpc(0.0, 0.0, -3.0)


def test_density_is_finite_and_never_negative() -> None:
    rng = np.random.default_rng(1)
    x, y, z = rng.uniform(-25, 25, (3, 20_000)) * [[1.0], [1.0], [0.1]]
    density = electron_density(x, y, z)
    assert np.isfinite(density).all()
    assert (density >= 0).all()
    assert density.max() < 10
    assert np.isfinite(electron_density([0.0, 0.0, 40.0], [0.0, 8.3, 0.0], 0.0)).all()


def test_density_of_what_is_not_finite_is_refused() -> None:
    with pytest.raises(InputError, match="y_kpc holds a value that is not finite"):
        electron_density(0.0, [1.0, np.nan], 0.0)


def test_a_fitted_value_replaces_the_published_one() -> None:
    parameters = read_parameters()
    published = build_model(parameters | {"fitted": {}})
    fitted = build_model(parameters)
    names = [arm["name"] for arm in parameters["arms"]]
    changed = [
        name for name, a, b in zip(names, published.arms, fitted.arms, strict=True) if a != b
    ]
    assert changed == list(parameters["fitted"])
