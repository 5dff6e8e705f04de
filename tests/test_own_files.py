"""Our own pipeline, by the checkers that the template's go through."""

import checkers
from conftest import ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"


def test_our_pipeline_has_no_mistake() -> None:
    checkers.check(*checkers.ACTIONLINT, WORKFLOW)


def test_our_pipeline_is_safe() -> None:
    checkers.check(*checkers.ZIZMOR, WORKFLOW)


def test_our_script_has_no_mistake() -> None:
    checkers.check(*checkers.SHELLCHECK, ROOT / ".ci" / "run")
