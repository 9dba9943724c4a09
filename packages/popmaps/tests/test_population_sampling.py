from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popmaps.population.sampling import Sweep, plan_samples
from popmaps.population.settings import VARIABLES
from skytypes.errors import InputError

LIMITS = {name: (v.low, v.high) for name, v in VARIABLES.items()}


@given(
    name=st.sampled_from(sorted(LIMITS)),
    ends=st.tuples(st.floats(0, 1), st.floats(0, 1)).filter(lambda e: e[1] - e[0] > 1e-3),
    seed=st.integers(0, 2**64 - 1),
)
def test_what_is_drawn_is_in_the_range_and_no_other_sample_changes_it(
    name: str, ends: tuple[float, float], seed: int
) -> None:
    least, most = LIMITS[name]
    low, high = (least + (most - least) * e for e in ends)
    other = next(n for n in LIMITS if n != name)
    alone = plan_samples([Sweep(name, low, high)], 3, seed)
    more = plan_samples([Sweep(other, *LIMITS[other]), Sweep(name, low, high)], 5, seed)
    assert [s[name] for s in alone] == [s[name] for s in more[:3]]
    assert all(low <= s[name] <= high for s in more)
    assert len({s[name] for s in more}) == 5


def test_draws_fill_the_range_evenly() -> None:
    drawn = [s["h_c"] for s in plan_samples([Sweep("h_c", 1.0, 2.0)], 4000, 5)]
    counts = [sum(low <= h < low + 0.25 for h in drawn) for low in (1.0, 1.25, 1.5, 1.75)]
    # Four bins of 1000 +- 27 (binomial): 5 sigma.
    assert all(abs(count - 1000) < 137 for count in counts)


def test_a_grid_with_draws_at_each_point() -> None:
    plan = plan_samples(
        [Sweep("sigma_k", 1, 701, 3), Sweep("a_late", -3, -1), Sweep("h_c", 0.02, 2, 2)], 2, 0
    )
    grid = [(s["sigma_k"], s["h_c"]) for s in plan]
    points = [(k, h) for k in (1.0, 351.0, 701.0) for h in (0.02, 2.0)]
    assert grid == [p for p in points for _ in range(2)]
    assert len({s["a_late"] for s in plan}) == 12
    assert all(list(s) == sorted(s) for s in plan)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sigma", 1, 2), r"parameter 'sigma'; what can vary: .*sigma_k"),
        (("h_c", 2, 1), "h_c from 2 to 1; give the low end, then the high"),
        (("h_c", 1, 1), "h_c from 1 to 1"),
        (("h_c", float("nan"), 1), "h_c from nan to 1"),
        (("h_c", 0.1, float("inf")), "h_c from 0.1 to inf"),
        (("h_c", 0.1, 9), "h_c from 0.1 to 9; allowed: 0.001 to 5"),
        (("h_c", 0.1, 0.2, 1), "a grid of 1 values of h_c; give 2 or more"),
    ],
)
def test_a_sweep_that_is_none_is_refused(arguments: tuple[str, float, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Sweep(*arguments)


def test_too_many_samples_none_and_twice_the_same_are_refused() -> None:
    wide = [Sweep("h_c", 0.1, 0.2, 1001), Sweep("sigma_k", 1, 2, 1000)]
    with pytest.raises(InputError, match="1001000 samples; give 1 to 1000000"):
        plan_samples(wide, 1, 0)
    with pytest.raises(InputError, match="0 samples"):
        plan_samples([], 0, 0)
    with pytest.raises(InputError, match="'h_c' is given twice"):
        plan_samples([Sweep("h_c", 0.1, 0.2), Sweep("h_c", 0.1, 0.3)], 1, 0)
