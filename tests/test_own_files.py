"""Tests of our own pipelines, with the checkers of the template's pipelines."""

from pathlib import Path

import checkers
import pytest
from conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_actionlint_accepts_our_pipelines(workflow: Path) -> None:
    checkers.check(*checkers.ACTIONLINT, workflow)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_zizmor_accepts_our_pipelines(workflow: Path) -> None:
    checkers.check(*checkers.ZIZMOR, workflow)


def test_shellcheck_accepts_our_script() -> None:
    checkers.check(*checkers.SHELLCHECK, ROOT / ".ci" / "run")
