from importlib.metadata import version

import pytest

import siteops
from siteops.cli import VERBS, main


def test_version_is_that_of_the_distribution() -> None:
    assert siteops.__version__ == version("siteops")
    assert all(hasattr(siteops, name) for name in siteops.__all__)


def test_plan_names_each_verb_and_claims_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan"]) == 0
    out = capsys.readouterr().out
    assert all(verb in out for verb in VERBS.split(", "))
    assert out.count("planned") == len(VERBS.split(", "))


def test_an_unknown_verb_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonesuch"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "nonesuch" in err
