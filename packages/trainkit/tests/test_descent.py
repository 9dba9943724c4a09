from itertools import pairwise

import pytest
import torch
from torch import nn

from trainkit.descent import Descent, rate_factor
from trainkit.errors import NotFiniteError
from trainkit.processes import make_fabric
from trainkit.runtime import Runtime

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


@pytest.mark.parametrize("spoil", ["loss", "gradient"])
def test_what_a_step_that_is_refused_leaves_as_it_was(spoil: str) -> None:
    """All but batch norm's running statistics, which the network's answer has already moved."""
    fabric = make_fabric(Runtime(device="cpu"))
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        norm = nn.BatchNorm1d(4)
        network = nn.Sequential(nn.Linear(3, 4), norm, nn.Linear(4, 1))
        items = torch.randn(8, 3)
    wrapped, optimiser = fabric.setup(network, torch.optim.AdamW(network.parameters(), lr=0.1))
    descent = Descent(
        fabric,
        wrapped,
        optimiser,
        lr=0.1,
        warmup_steps=2.0,
        total_steps=9,
        final_lr=0.1,
        clip_norm=1.0,
    )
    descent.descend(wrapped(items).square().sum(), count=8)

    def kept() -> dict[str, torch.Tensor]:
        slots = optimiser.state_dict()["state"]
        moments = {f"{k} {n}": v for k, slot in slots.items() for n, v in slot.items()}
        weights = {name: p.detach() for name, p in network.named_parameters()}
        return {name: v.clone() for name, v in (moments | weights).items()}

    before, rate = kept(), descent.rate()
    statistics = {name: buffer.clone() for name, buffer in norm.named_buffers()}
    answer = wrapped(items + 1).square().sum()
    # The slope of a root at zero is infinite.
    bad = {"loss": answer * float("nan"), "gradient": answer + (0 * answer).sqrt()}
    with pytest.raises(NotFiniteError, match=f"the {spoil}"):
        descent.descend(bad[spoil], count=8)
    after = kept()
    assert after.keys() == before.keys()
    assert all(torch.equal(value, before[name]) for name, value in after.items())
    assert (descent.step, descent.rate()) == (1, rate)
    assert not any(torch.equal(b, statistics[name]) for name, b in norm.named_buffers())
