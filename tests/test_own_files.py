"""Tests of our own pipeline, with the checkers of the template's pipelines."""

import checkers
from conftest import ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"


def test_actionlint_accepts_our_pipeline() -> None:
    checkers.check(*checkers.ACTIONLINT, WORKFLOW)


def test_zizmor_accepts_our_pipeline() -> None:
    checkers.check(*checkers.ZIZMOR, WORKFLOW)


def test_shellcheck_accepts_our_script() -> None:
    checkers.check(*checkers.SHELLCHECK, ROOT / ".ci" / "run")
