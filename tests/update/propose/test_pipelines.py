"""Tests of the jobs of the template that propose an update: their lines run as written, with the variables they set."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, write_command

from ..conftest import Made, Project, environment
from .conftest import BRANCH, body_of
from .host import JOB, OWN, Host
from .hosts import GitHub

# uvx with the command of these sources, which has the template of the tests
UVX = """
import sys
from pathlib import Path
assert sys.argv[1:4] == ["--from", "trusted", "mkbackend"], sys.argv
sys.argv[1:4] = []
from mkbackend.template import source
source._SHIPPED = Path({!r})
from mkbackend.cli import main
main()
"""
GIVEN = {
    "github.token": JOB,
    "secrets.UPDATE_TOKEN": OWN,
    "vars.MKBACKEND": "trusted",
    "needs.template.result": "success",
}


def of_github(text: str) -> list[tuple[str, dict[str, str]]]:
    """Return the lines of the job, each with its variables."""
    replaced = re.sub(
        r"\$\{\{ ([\w.]+) \}\}", lambda found: GIVEN[found[1]], text.replace("${{ github.workflow }}", "")
    )
    job = yaml.safe_load(re.sub(r"if: \$.*", "", replaced))["jobs"]["propose"]
    return [(step["run"], job["env"] | step.get("env", {})) for step in job["steps"] if "run" in step]


def of_gitlab(text: str) -> list[tuple[str, dict[str, str]]]:
    job = yaml.safe_load(text.replace("{{ python_version }}", "3.12"))["propose"]
    owners = {"MKBACKEND": "trusted", "UPDATE_TOKEN": OWN}
    return [(line, job["variables"] | owners) for line in job["script"]]


JOBS: dict[str, tuple[str, Callable[[str], list[Any]]]] = {
    "github": (".github/workflows/upkeep.yml", of_github),
    "gitlab": (".gitlab-ci.yml.jinja", of_gitlab),
}


@pytest.mark.skipif(sys.platform == "win32", reason="the runners of the pipelines have bash")
def test_the_job_of_the_template_opens_a_request(project: Project, made: Made, host: Host, machine: Path) -> None:
    for program in ("pip", "pipx"):
        write_command(machine / "bin" / program, "")
    write_command(machine / "bin" / "uvx", UVX.format(str(made.bundle)))
    project.git("push", "--quiet", str(host.repo), "HEAD:refs/heads/main")
    name, read = JOBS["github" if isinstance(host, GitHub) else "gitlab"]
    own = {name: value for name, value in host.variables().items() if name not in ("GITHUB_TOKEN", "UPDATE_TOKEN")}
    lines = read((ROOT / "template" / name).read_text("utf-8"))
    for line, variables in lines:
        without = {name: value for name, value in environment().items() if not name.endswith("_TOKEN")}
        command = ("bash", "-e", "-o", "pipefail", "-c", line)
        done = subprocess.run(
            command, cwd=project.root, env=without | own | variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert OWN not in done.stdout + done.stderr
    assert "0.2.0" in body_of(host.requests[0])
    job = {call.token for call in host.calls if call.path.endswith("issues")}
    assert job == ({JOB} if isinstance(host, GitHub) else {OWN})
    assert {call.token for call in host.calls if not call.path.endswith("issues")} == {OWN}
    assert host.branches() == ["main", BRANCH]
