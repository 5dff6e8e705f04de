"""Tests of the limits in benchmarks/: they are typed, with the packages of a generated project."""

from pathlib import Path

from .conftest import ROOT, run


def test_the_limits_are_typed(installed: Path, python: Path) -> None:
    config = ("--config-file", installed / "pyproject.toml")
    assert "Success" in run(python, "-m", "mypy", *config, "benchmarks/limits", cwd=ROOT)
