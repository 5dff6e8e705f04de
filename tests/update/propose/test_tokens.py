"""Tests of the tokens of `mkbackend propose`: what each pushes, and who gets them."""

import re
from pathlib import Path

import pytest
from conftest import write_command

from ..conftest import Project, Template
from .conftest import BRANCH, CONFLICT, body_of, propose
from .host import JOB, OWN, Host

WORKFLOW = {"template/.github/workflows/ci.yml": "on: [push, pull_request]\n"}


def tokens(host: Host) -> dict[str, str]:
    """Return the token of each call, by method and the last word of the path."""
    return {f"{call.method} {call.path.rpartition('/')[2]}": call.token for call in host.calls}


def test_without_a_token_of_the_owner_workflows_are_left_out_and_named(
    project: Project, template: Template, github: Host, tmp_path: Path
) -> None:
    template.commit(WORKFLOW)
    propose(project, github)
    assert tokens(github) == {"GET pulls": JOB, "GET issues": JOB, "POST pulls": JOB}
    assert github.git("diff", "--name-only", "main", BRANCH, "--", ".github") == ""
    assert github.git("show", f"{BRANCH}:app/added_there.py") == "template = 0"
    body = body_of(github.requests[0])
    assert "**Left out**, because `GITHUB_TOKEN` cannot push workflows: `.github/workflows/ci.yml`." in body
    assert "opened with `GITHUB_TOKEN`, so its own checks do not start by themselves" in body
    clone = Project(tmp_path / "clone")
    project.git("clone", "--quiet", "--branch", BRANCH, str(github.repo), str(clone.root))
    (tmp_path / "left.patch").write_text(re.findall(r"```diff\n(.*?\n)```", body, re.DOTALL)[0])
    clone.git("apply", str(tmp_path / "left.patch"))
    assert clone.read(".github/workflows/ci.yml") == "on: [push, pull_request]\n"


def test_with_a_token_of_the_owner_workflows_are_pushed(
    project: Project, template: Template, github: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    template.commit(WORKFLOW)
    monkeypatch.setenv("UPDATE_TOKEN", f"{OWN}\n")
    propose(project, github)
    assert tokens(github) == {"GET pulls": OWN, "GET issues": JOB, "POST pulls": OWN}
    assert github.git("show", f"{BRANCH}:.github/workflows/ci.yml") == "on: [push, pull_request]"
    assert "GITHUB_TOKEN" not in body_of(github.requests[0])
    project.edit(CONFLICT)
    github.calls.clear()
    propose(project, github)
    assert tokens(github) == {"GET issues": JOB, "POST issues": JOB}, "UPDATE_TOKEN needs no permission for issues"


def test_credentials_of_the_checkout_are_not_sent_too(project: Project, host: Host) -> None:
    for url in (f"{host.url}/", host.url):
        project.git("config", "--add", f"http.{url}.extraheader", "AUTHORIZATION: basic c29tZTpvdGhlcg==")
    project.git("config", "credential.helper", "!echo password=wrong; echo")
    propose(project, host)
    assert len(host.requests) == 1


FAKE_UV = """
import json, os, sys
if sys.argv[1:] == ["--version"]:
    print("uv 0.9.0")
elif sys.argv[1:] == ["lock", "--quiet", "--no-build"]:
    if os.path.exists("fails"):
        sys.exit("no network")
    open("uv.lock", "w").write("locked")
    json.dump(dict(os.environ), open({!r}, "w"))
else:
    sys.exit("unknown: " + " ".join(sys.argv))
"""


def test_the_lock_file_is_brought_up_to_date_without_the_tokens(
    project: Project, host: Host, machine: Path, tmp_path: Path
) -> None:
    write_command(machine / "bin" / "uv", FAKE_UV.format(str(tmp_path / "env")))
    project.edit({"uv.lock": "old"})
    propose(project, host)
    assert host.git("show", f"{BRANCH}:uv.lock") == "locked"
    assert "uv.lock is out of date" not in body_of(host.requests[0])
    env = (tmp_path / "env").read_text()
    assert "GIT_TERMINAL_PROMPT" in env
    assert OWN not in env
    assert "UPDATE_TOKEN" not in env
    assert "GITHUB_TOKEN" not in env


def test_a_lock_file_that_cannot_be_made_is_named(project: Project, github: Host, machine: Path) -> None:
    write_command(machine / "bin" / "uv", FAKE_UV.format("env"))
    project.edit({"uv.lock": "old", "fails": ""})
    assert "no network" in propose(project, github)
    assert github.git("show", f"{BRANCH}:uv.lock") == "old"
    assert "**uv.lock is out of date:**\n\n```text\nmake install updates it\n```" in body_of(github.requests[0])


def test_verbose_shows_the_commands_without_the_tokens(project: Project, host: Host) -> None:
    output = propose(project, host, "--verbose")
    assert f"$ git push --quiet --force-with-lease=refs/heads/{BRANCH}: {host.url}/acme/shop.git " in output
