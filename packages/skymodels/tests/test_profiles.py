import numpy as np
import pytest
import torch

from skymodels import profiles

R = np.geomspace(0.001, 3, 200)
CALLS = [
    ("surface_density", {"rc": 0.5, "gamma": 0.7}),
    ("temperature", {"t0_k": 100.0, "rref": 0.05, "q": 0.5}),
    ("cavity", {"rmin": 0.2, "depth": 0.8, "width": 0.05}),
    ("wall", {"rmin": 0.2, "width": 0.03}),
    ("ring", {"centre": 0.4, "width": 0.02}),
    ("outer_taper", {"rout": 1.0, "power": 2.0}),
    ("halo", {"scale": 2.0}),
]


@pytest.mark.parametrize(("name", "numbers"), CALLS)
def test_torch_agrees_with_numpy(name: str, numbers: dict[str, float]) -> None:
    function = getattr(profiles, name)
    ours = function(R, **{k: np.array([v]) for k, v in numbers.items()})
    theirs = function(
        torch.as_tensor(R),
        **{k: torch.tensor([v], dtype=torch.float64) for k, v in numbers.items()},
    )
    assert theirs.numpy() == pytest.approx(ours, rel=1e-12, abs=1e-15)


def test_powers_are_powers() -> None:
    found = profiles.surface_density(R, rc=np.array([0.5]), gamma=np.array([0.7]))
    assert found == pytest.approx((R / 0.5) ** -0.7 * np.exp(-((R / 0.5) ** 1.3)), rel=1e-12)


def test_temperature_keeps_its_range() -> None:
    found = profiles.temperature(np.geomspace(1e-9, 1e9, 50), t0_k=1e2, rref=1.0, q=0.5)
    assert found.min() == 5 and found.max() == 2000


def test_emission_is_thin_then_thick() -> None:
    thin, thick = profiles.emission(np.array([50.0, 50.0]), np.array([1e-9, 50.0]))
    assert thin == pytest.approx(50e-9, rel=1e-8) and thick == pytest.approx(50)


def test_cavity_is_deep_inside_and_gone_outside() -> None:
    found = profiles.cavity(np.array([0.0, 1.0]), rmin=0.3, depth=0.9, width=0.05)
    assert found == pytest.approx([0.1, 1.0], abs=1e-4)
