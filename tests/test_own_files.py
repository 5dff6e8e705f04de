"""Tests of our own pipelines, with the checkers of the template's pipelines."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import checkers
import pytest
import yaml
from conftest import ROOT

FORMS = ROOT / ".github" / "ISSUE_TEMPLATE"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_actionlint_accepts_our_pipelines(workflow: Path) -> None:
    checkers.check(*checkers.ACTIONLINT, workflow)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_zizmor_accepts_our_pipelines(workflow: Path) -> None:
    checkers.check(*checkers.ZIZMOR, workflow)


def test_shellcheck_accepts_our_script() -> None:
    checkers.check(*checkers.SHELLCHECK, ROOT / ".ci" / "run")


@pytest.mark.parametrize("form", sorted(FORMS.glob("*.yml")), ids=lambda path: path.stem)
def test_github_accepts_our_forms(form: Path) -> None:
    schema = "github-issue-config" if form.stem == "config" else "github-issue-forms"
    checkers.check("check-jsonschema", "--builtin-schema", f"vendor.{schema}", form)


def test_the_hook_runs_a_session_that_exists() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    for hook in hooks:
        assert f"\ndef {hook['entry'].split()[2]}(session: nox.Session)" in noxfile


@pytest.mark.skipif(os.name == "nt", reason="the workflow runs on Linux")
def test_the_example_of_a_release_is_a_whole_project(tmp_path: Path) -> None:
    """Run the step of the workflow with a command of today instead of a wheel."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/publish.yml").read_text(encoding="utf-8"))
    (step,) = [step for step in workflow["jobs"]["build"]["steps"] if "example" in step.get("name", "")]
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pipx").write_text("#!/bin/sh\n")
    # uv tool run --from WHEEL mkbackend ...
    (tmp_path / "bin" / "uv").write_text(f'#!/bin/sh\nshift 5\nexec "{sys.executable}" -m mkbackend "$@"\n')
    for program in (tmp_path / "bin").iterdir():
        program.chmod(0o755)
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "mkbackend.whl").touch()
    env = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    subprocess.run(["bash", "-e", "-c", step["run"]], cwd=tmp_path, env=env, capture_output=True, check=True)
    with tarfile.open(tmp_path / "example.tar.gz") as example:
        names = example.getnames()
    assert {"example/app/main.py", "example/Makefile", "example/.copier-answers.yml"} <= {*names}
    assert "example/.env" not in names
