from itertools import pairwise

import pytest

from trainkit.descent import rate_factor

FULL = {"warmup": 5 * 562.0, "total": 80 * 562, "final": 0.1}


def test_the_rate_grows_in_a_line_and_falls_to_a_tenth() -> None:
    rates = [rate_factor(s, **FULL) for s in range(80 * 562)]  # type: ignore[arg-type]
    top = 5 * 562 - 1
    assert rates[0] == pytest.approx(1 / 2810)
    assert rates[1405 - 1] == pytest.approx(0.5)
    assert rates[top] == 1.0
    assert all(a <= b for a, b in pairwise(rates[: top + 1]))
    assert all(a >= b for a, b in pairwise(rates[top:]))
    # Half way down the cosine lies the mean of its ends.
    assert rates[(2810 + 44960) // 2] == pytest.approx(0.55, abs=1e-4)
    assert rates[-1] == pytest.approx(0.1, abs=1e-4)


def test_no_warm_up_starts_at_the_top() -> None:
    assert rate_factor(0, warmup=0.0, total=10, final=0.0) == 1.0
