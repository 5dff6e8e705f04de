"""Fixtures of the tests of `mkbackend propose`: each host on loopback, and the command in its pipeline."""

import base64
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from mkbackend import cli

from ..conftest import Project, numbered
from .host import JOB, OWN, USERS, Host
from .hosts import GitHub, GitLab

BRANCH = "mkbackend/update"
CONFLICT = {"app/both.py": numbered("both", _3="mine = 1")}
HOSTS: dict[str, Callable[[Path, dict[str, set[str]]], Host]] = {"github": GitHub, "gitlab": GitLab}
RIGHTS = {
    "github": {JOB: {"contents", "pull requests", "issues"}, OWN: {"contents", "pull requests", "workflows"}},
    "gitlab": {OWN: {"contents", "api", "workflows"}},
}


def serve(name: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    root.mkdir()
    host = HOSTS[name](root, {token: set(rights) for token, rights in RIGHTS[name].items()})
    for known in [known for known in os.environ if known.startswith(("GITHUB_", "GITLAB_", "CI"))]:
        monkeypatch.delenv(known)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    for variable, value in host.variables().items():
        monkeypatch.setenv(variable, value)
    yield host
    host.server.shutdown()
    host.server.server_close()
    assert host.faults == []


@pytest.fixture(params=HOSTS)
def host(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """Yield each host, as the variables of its pipeline name it."""
    yield from serve(request.param, tmp_path / "host", monkeypatch)


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    yield from serve("github", tmp_path / "host", monkeypatch)


@pytest.fixture
def gitlab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    yield from serve("gitlab", tmp_path / "host", monkeypatch)


def run_propose(project: Project, host: Host, *arguments: str, code: int = 0, path: str = "") -> Result:
    """Run `mkbackend propose` as the pipeline of main does."""
    project.git("push", "--quiet", "--force", str(host.repo), "HEAD:refs/heads/main")
    before, head = project.tree(), project.git_raw("show-ref", "--head")
    with pytest.MonkeyPatch.context() as patch:  # propose takes the tokens out of the environment
        for name, value in host.variables().items():
            patch.setenv(name, os.environ.get(name, value))
        result = CliRunner().invoke(cli.app, ["propose", str(project.root / path), *arguments])
    assert result.exit_code == code, result.output
    for token in (JOB, OWN):
        for form in (token, *(base64.b64encode(f"{user}:{token}".encode()).decode() for user in USERS)):
            assert form not in result.output
    assert (project.tree(), project.git_raw("show-ref", "--head")) == (before, head)
    assert project.status() == {}
    return result


def propose(project: Project, host: Host, *arguments: str, code: int = 0, path: str = "") -> str:
    """Run `mkbackend propose` as the pipeline of main does; return its output."""
    return run_propose(project, host, *arguments, code=code, path=path).output


def methods(host: Host) -> list[str]:
    """Return the calls since the last look, by method and the last word of the path."""
    found = [f"{call.method} {call.path.rpartition('/')[2]}" for call in host.calls]
    host.calls.clear()
    return found


def body_of(thread: dict[str, Any]) -> str:
    return str(thread.get("body") or thread["description"])


def requests_of(host: Host) -> str:
    return "pulls" if isinstance(host, GitHub) else "merge_requests"
