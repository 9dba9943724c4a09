"""`CompactDiscoNet`: its answer turns with the picture, trained or not."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from netzoo import build_network
from netzoo.compact import CompactDiscoNet

BATCH = 16


def drawn() -> tuple[Tensor, Tensor]:
    """Noisy sources off the middle, and beams, as encoded."""
    draw = torch.Generator().manual_seed(3)
    axis = (2 * torch.arange(64) + 1) / 64 - 1
    x, y = axis[None, None, :], axis[None, :, None]
    numbers = torch.rand(4, BATCH, 1, 1, generator=draw)
    east, north = 0.3 * numbers[0] - 0.15, 0.3 * numbers[1] - 0.15
    wide, narrow = 0.1 + 0.1 * numbers[2], 0.03 + 0.05 * numbers[3]
    u, v = x - east + 0.5 * (y - north), y - north
    picture = torch.exp(-0.5 * (u**2 / wide + v**2 / narrow))
    picture = picture + 0.1 * torch.randn(BATCH, 64, 64, generator=draw)
    beams = torch.stack([torch.full((BATCH,), -2.0), *(0.3 * torch.rand(2, BATCH) - 0.15)], dim=1)
    return torch.stack([picture, torch.asinh(picture / 0.03)], dim=1), beams


@pytest.fixture(scope="module")
def network() -> CompactDiscoNet:
    """With weights that nobody trained, and statistics of some batches."""
    network = build_network("disconet-compact", seed=2)
    assert isinstance(network, CompactDiscoNet)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        pictures, beams = drawn()
        for _ in range(3):
            network(pictures, beams)
    return network.eval()


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_the_answer_turns_with_the_picture(
    network: CompactDiscoNet, quarters: int, mirrored: bool
) -> None:
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(2)
        pictures, beams = drawn()
        incl, sin, cos, x, y = network(pictures, beams).unbind(-1)
        _, beam_cos, beam_sin = beams.unbind(-1)
        if mirrored:
            pictures, sin, x, beam_sin = pictures.flip(-1), -sin, -x, -beam_sin
        for _ in range(quarters):
            # As `torch.rot90` over (y, x) turns: what was west is then south.
            pictures = torch.rot90(pictures, 1, (-2, -1))
            sin, cos, beam_sin, beam_cos = -sin, -cos, -beam_sin, -beam_cos
            x, y = y, -x
        turned = torch.stack([beams[:, 0], beam_cos, beam_sin], dim=-1)
        said = network(pictures, turned)
    expected = torch.stack([incl, sin, cos, x, y], dim=-1)
    assert float((said - expected).abs().max()) < 2e-5
    # The correction is not nothing: untrained weights move the answer.
    assert float((said[:, 0] - network.measure(pictures, turned)[:, 0, 0]).abs().max()) > 0.01
