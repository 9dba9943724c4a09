"""A package's environment holds only what it needs, and works with that."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from skyrun.fits import write_image
from skytypes import Beam, SkyImage, find

ROOT = Path(__file__).resolve().parents[1]
UV = shutil.which("uv")


def _uv(package: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the package's own environment, without extras and test group."""
    assert UV is not None, "uv is needed: pip install uv"
    environment = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    flags = ("--quiet", "--locked", "--isolated", "--no-default-groups", "--package", package)
    return subprocess.run(
        [UV, "run", *flags, *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


# What each package needs of the libraries that are large, or that only one of them is for.
NEEDS: dict[str, set[str]] = {
    "skytypes": set(),
    "skyrun": set(),
    "siteops": set(),
    "skymodels": {"astropy", "scipy"},
    "casa-sim": {"astropy", "scipy", "ducc0", "numba"},
    "popmaps": {"astropy", "scipy", "numba", "pandas", "pyarrow", "matplotlib", "pillow"},
    "netzoo": {"torch"},
    "trainkit": {"torch", "lightning-fabric", "scipy", "matplotlib", "pillow"},
    "edgeinfer": {"astropy", "onnxruntime"},
}
BASE = {name: {"skytypes", "skyrun"} for name in NEEDS}
BASE |= {"skytypes": set(), "netzoo": {"skytypes"}}
LARGE = set().union(*NEEDS.values()) | {
    *("onnx", "onnxscript", "casatools", "casatasks", "casadata", "dask", "distributed", "galpy"),
    *("pytest", "hypothesis", "mypy", "ruff", "mkdocs"),
}


def _locked(package: str, *options: str) -> set[str]:
    """Names of all that uv installs here for a package without its extras and test group."""
    assert UV is not None, "uv is needed: pip install uv"
    asked = ("export", "--quiet", "--locked", "--no-default-groups", "--package", package)
    plain = ("--no-hashes", "--no-annotate", "--no-header", *options)
    done = subprocess.run(
        [UV, *asked, *plain], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = [line.removeprefix("-e ./packages/") for line in done.stdout.splitlines()]
    wanted = [Requirement(line) for line in lines if line]
    return {canonicalize_name(r.name) for r in wanted if r.marker is None or r.marker.evaluate()}


def test_every_package_is_in_the_table() -> None:
    assert set(NEEDS) == {path.parent.name for path in ROOT.glob("packages/*/pyproject.toml")}


@pytest.mark.parametrize("package", sorted(NEEDS))
def test_an_environment_holds_what_the_package_needs_and_no_sibling(package: str) -> None:
    installed = _locked(package)
    assert installed & set(NEEDS) == BASE[package] | {package}
    assert installed & LARGE == NEEDS[package]


def test_an_extra_is_what_brings_the_rest() -> None:
    """The look-up sees a library that is there: the test above could not fail otherwise."""
    assert {"torch", "onnx", "onnxscript"} <= _locked("edgeinfer", "--extra", "export")
    assert "casatasks" in _locked("casa-sim", "--extra", "casa")


def test_what_uv_lists_is_what_it_installs() -> None:
    code = "from importlib.metadata import distributions as d; print(*(x.name for x in d()))"
    done = _uv("siteops", "python", "-c", code)
    assert done.returncode == 0, done.stderr
    assert {canonicalize_name(name) for name in done.stdout.split()} == _locked("siteops")


@pytest.mark.parametrize(
    ("package", "foreign"),
    [
        ("skymodels", ("torch", "pandas", "matplotlib", "onnxruntime", "casatasks", "netzoo")),
        ("casa-sim", ("torch", "pandas", "matplotlib", "onnxruntime", "casatasks", "skymodels")),
        ("popmaps", ("torch", "onnxruntime", "casatasks", "skymodels", "netzoo", "galpy")),
    ],
)
def test_foreign_packages_are_absent(package: str, foreign: tuple[str, ...]) -> None:
    code = f"import importlib.util as u; print([m for m in {foreign!r} if u.find_spec(m)])"
    done = _uv(package, "python", "-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_casa_sim_observes_without_casa_and_says_how_to_get_it(tmp_path: Path) -> None:
    sky = np.zeros((64, 64))
    sky[32, 32] = 0.01
    write_image(tmp_path / "sky.fits", SkyImage(sky, 0.005, "Jy/pixel", frequency_hz=230e9))
    out = tmp_path / "out"
    settings = ["--array", "alma.cycle9.7.cfg", "--band", "6", "--pwv", "1.0", "--time", "1800"]
    command = ("casa-sim", "casa-sim", "observe", str(tmp_path / "sky.fits"), *settings)
    native = _uv(*command, "--imsize", "256", "-o", str(tmp_path / "native"))
    assert native.returncode == 0, native.stderr
    assert (tmp_path / "native" / "sky" / "sky_B6_simulated.fits").is_file()
    done = _uv(*command, "--backend", "casa", "-o", str(out))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "uv sync --extra casa" in done.stderr
    assert not out.exists()


def test_edgeinfer_measures_a_disk_without_torch(tmp_path: Path) -> None:
    factory = find("models", "disconet-compact")
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = factory.build()
    outputs = ["incl/90", "sin2PA", "cos2PA", "dx/0.14", "dy/0.14"]
    torch.save(
        {
            "epoch": 0,
            "model_state": network.state_dict(),
            "val_loss": 1.0,
            "img_size": 64,
            "n_out": 5,
            "outputs": outputs,
        },
        tmp_path / "best.pt",
    )
    (tmp_path / "best.card.json").write_text(factory.card.to_json())
    from edgeinfer.cli import main

    assert main(["export", str(tmp_path / "best.pt"), "-o", str(tmp_path / "disk.onnx")]) == 0
    y, x = np.mgrid[:128, :128] - 64.0
    rng = np.random.default_rng(1)
    data = np.exp(-0.5 * (x**2 / 150 + y**2 / 60)) + 0.01 * rng.normal(size=x.shape)
    image = SkyImage(data.astype(np.float32), 0.01, "Jy/beam", beam=Beam(0.05, 0.04, 20.0))
    write_image(tmp_path / "a.fits", image)
    asked = ("edgeinfer", "run", str(tmp_path / "disk.onnx"), str(tmp_path / "a.fits"), "--json")
    done = _uv("edgeinfer", *asked)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert {"file", "incl_deg", "pa_deg", "dx_arcsec", "dy_arcsec", "seconds"} <= set(answer)
    assert 0 <= answer["incl_deg"] <= 90
    absent = _uv(
        "edgeinfer", "python", "-c", "import importlib.util as u; print(u.find_spec('torch'))"
    )
    assert absent.stdout.strip() == "None"
