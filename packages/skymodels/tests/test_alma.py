import pytest

from skymodels.alma import cell_mas, find_array, find_band, sky_pixel_mas, table_beam_mas
from skymodels.errors import CatalogueError

# Pixels of six sky models that the original generator made [mas].
MADE_BY_THE_ORIGINAL = [
    (0.90, "alma.cycle9.5.cfg", 6, 22 / 3),
    (1.20, "alma.cycle9.6.cfg", 6, 5.2734375),
    (0.45, "alma.cycle9.7.cfg", 6, 8 / 3),
    (0.30, "alma.cycle9.8.cfg", 6, 5 / 3),
    (0.75, "alma.cycle9.5.cfg", 8, 4.0),
    (0.25, "alma.cycle9.7.cfg", 8, 4 / 3),
]


@pytest.mark.parametrize(("rout", "array", "band", "pixel"), MADE_BY_THE_ORIGINAL)
def test_pixel_is_that_of_the_original(rout: float, array: str, band: int, pixel: float) -> None:
    assert sky_pixel_mas(rout, array, band) == pytest.approx(pixel, rel=1e-12)


def test_pixel_keeps_its_bounds() -> None:
    assert sky_pixel_mas(50.0, "alma.cycle9.5.cfg", 6) == 50.0
    assert sky_pixel_mas(0.01, "alma.cycle9.9.cfg", 8) == 0.7


def test_cell_is_cut_off_and_at_least_two() -> None:
    assert cell_mas("alma.cycle9.6.cfg", 8) == 7
    assert cell_mas("alma.cycle9.9.cfg", 8) == 2


def test_beam_scales_with_frequency() -> None:
    assert table_beam_mas("alma.cycle9.5.cfg", 8) == pytest.approx(130 * 230 / 405)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(CatalogueError, match=r"array 'alma.cycle1.1.cfg' .* allowed: alma.cycle9"):
        find_array("alma.cycle1.1.cfg")
    with pytest.raises(CatalogueError, match="band 7 is not known; allowed: 6, 8"):
        find_band(7)
