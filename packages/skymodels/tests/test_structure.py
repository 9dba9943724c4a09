import json
from dataclasses import replace

import numpy as np
import pytest

from skymodels import DiskParams, draw_catalogue, draw_params
from skymodels.draws import draw_texture
from skymodels.structure import ARRAYS_OF_PARAMS, RECIPES, Recipe, stack_params
from skytypes.errors import InputError

ROWS = draw_catalogue(40, seed=42)


def same(a: DiskParams, b: DiskParams) -> bool:
    return all(getattr(a, k).tobytes() == getattr(b, k).tobytes() for k in ARRAYS_OF_PARAMS)


def test_draws_do_not_change() -> None:
    truth = draw_params([replace(ROWS[0], seed=1246052340)]).truth(0)
    golden = {
        "gamma": 0.8650833201240216,
        "rc_arcsec": 0.2380814127461752,
        "t0_k": 70.53384578370645,
        "tau": 2.3796590654725596,
        "taper_power": 1.7843805206888073,
        "centre_fraction": 0.43897978359467493,
        "halo_fraction": 0.008209768464203418,
        "texture_sigma_field": 0.05997314391888952,
        "smooth_sigma_arcsec": 0.004666666666666667,
    }
    assert {k: truth[k] for k in golden} == golden
    assert truth["gap_depth"] == [0.779944830792358, 0.47235379535616634, 0.0, 0.0, 0.0]
    assert draw_texture(1)[0, 1].tolist() == draw_texture(1)[0, 1].tolist()


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_disk_depends_on_its_row_alone(recipe: Recipe) -> None:
    whole = draw_params(ROWS, recipe=recipe)
    for index in (0, 7, 39):
        assert same(whole.part(index, index + 1), draw_params([ROWS[index]], recipe=recipe))
    assert same(stack_params([whole.part(0, 3), whole.part(3, 40)]), whole)


def test_a_position_angle_of_180_is_one_of_0() -> None:
    drawn = draw_params([replace(ROWS[0], pa_deg=180.0)])
    assert drawn.truth(0)["pa_deg"] == 0
    assert same(drawn, draw_params([replace(ROWS[0], pa_deg=0.0)]))


def test_both_recipes_are_the_same_disk() -> None:
    published, physical = (draw_params(ROWS, recipe=r) for r in RECIPES)
    for name in ("gamma", "tau", "gap_radius_arcsec", "crescent_factor", "texture"):
        assert getattr(published, name).tobytes() == getattr(physical, name).tobytes()
    assert not physical.smooth_sigma_arcsec.any()


def test_band_8_is_thicker() -> None:
    params = draw_params(ROWS)
    band = np.array([row.band for row in ROWS])
    assert params.tau[band == 6].max() <= 10 and params.tau[band == 8].min() >= 1.5 * 2.7


def test_gaps_keep_apart() -> None:
    params = draw_params(ROWS)
    for i in range(len(ROWS)):
        there = params.gap_radius_arcsec[i][params.gap_depth[i] > 0]
        apart = np.abs(np.subtract.outer(there, there))[~np.eye(len(there), dtype=bool)]
        assert (apart >= 0.10 * params.rout_arcsec[i]).all()
        rings = params.ring_radius_arcsec[i][params.ring_fraction[i] > 0]
        assert (rings < 0.95 * params.rout_arcsec[i]).all()


def test_truth_is_complete_and_json() -> None:
    truth = draw_params(ROWS).truth(3)
    assert set(truth) == {"recipe", *ARRAYS_OF_PARAMS} - {"texture"}
    assert json.loads(json.dumps(truth)) == truth


def test_refused() -> None:
    with pytest.raises(InputError, match="recipe 'other'; allowed: published, physical"):
        draw_params(ROWS, recipe="other")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no rows"):
        draw_params([])
    with pytest.raises(InputError, match="all of one recipe"):
        stack_params([draw_params(ROWS[:1], recipe=r) for r in RECIPES])
