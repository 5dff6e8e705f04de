"""Tests of refused calls: the message has the permission that is missing, or the setting to change."""

from pathlib import Path

import pytest

from ..conftest import Project, Template
from .conftest import BRANCH, CONFLICT, methods, propose
from .host import JOB, OWN, Host
from .hosts import GitHub
from .served import Reply


@pytest.mark.parametrize(
    ("token", "right", "message", "fix"),
    [
        (
            JOB,
            "pull requests",
            "GET /repos/acme/shop/pulls: 403 Resource not",
            "Allow it in Settings, Actions, General",
        ),
        (
            OWN,
            "pull requests",
            "GET /repos/acme/shop/pulls: 403",
            "UPDATE_TOKEN needs the permission pull requests: write.",
        ),
        (JOB, "contents", "error: 403", "The job needs the permission contents: write."),
        (OWN, "contents", "error: 403", "UPDATE_TOKEN needs the permissions contents: write and workflows: write"),
        (
            OWN,
            "workflows",
            "[remote rejected]",
            "UPDATE_TOKEN needs the permissions contents: write and work",
        ),
    ],
)
def test_a_missing_permission_of_github_is_named(
    project: Project,
    template: Template,
    github: Host,
    monkeypatch: pytest.MonkeyPatch,
    token: str,
    right: str,
    message: str,
    fix: str,
) -> None:
    template.commit({"template/.github/workflows/ci.yml": "on: [push, pull_request]\n"})
    if token == OWN:
        monkeypatch.setenv("UPDATE_TOKEN", OWN)
    github.rights[token].remove(right)
    output = propose(project, github, code=1)
    assert message in output
    assert fix in output
    assert github.requests == []


def test_issues_need_a_permission_of_the_job(project: Project, github: Host) -> None:
    project.edit(CONFLICT)
    github.rights[JOB].remove("issues")
    assert "The job needs the permission issues: write." in propose(project, github, code=1)


@pytest.mark.parametrize(
    ("right", "message", "fix"),
    [
        ("api", "GET /projects/7/merge_requests: 403 403 Forbidden", "UPDATE_TOKEN needs the scope api, and the role"),
        ("contents", "error: 403", "UPDATE_TOKEN needs the scope write_repository"),
    ],
)
def test_a_missing_scope_of_gitlab_is_named(project: Project, gitlab: Host, right: str, message: str, fix: str) -> None:
    gitlab.rights[OWN].remove(right)
    output = propose(project, gitlab, code=1)
    assert message in output
    assert fix in output
    assert gitlab.requests == []


def test_an_expired_token_is_named(project: Project, host: Host) -> None:
    host.rights.clear()
    name = "GITHUB_TOKEN" if isinstance(host, GitHub) else "UPDATE_TOKEN"
    assert f"{name} is invalid or has expired: make a new one." in propose(project, host, code=1)


TEXTS = [
    ("GET pulls", 404, "Not Found", "GITHUB_TOKEN must have access to the repository"),
    ("POST pulls", 422, "Validation Failed", "The branch is mkbackend/update: open the pull request by hand"),
    ("POST pulls", 500, "Server Error", ""),
]


@pytest.mark.parametrize(("call", "status", "message", "fix"), TEXTS)
def test_an_error_of_the_api_is_shown(
    project: Project, github: Host, call: str, status: int, message: str, fix: str
) -> None:
    github.answers[call] = Reply(status, {"message": message, "errors": [{"message": f"echo {JOB}"}]})
    output = propose(project, github, code=1)
    assert f"/repos/acme/shop/pulls: {status} {message} " in output
    assert "echo ***" in output
    assert fix in output


def test_disabled_issues_are_named(project: Project, github: Host) -> None:
    project.edit(CONFLICT)
    github.answers["POST issues"] = Reply(410, {"message": "Issues has been disabled in this repository."})
    output = propose(project, github, code=1)
    assert "Issues has been disabled" in output
    assert "Enable issues in Settings, General, Features." in output


def test_an_error_that_is_not_json_is_shown(project: Project, host: Host) -> None:
    host.answers.update({"GET pulls": Reply(502, "Bad Gateway"), "GET merge_requests": Reply(502, "Bad Gateway")})
    assert "Bad Gateway" in propose(project, host, code=1)


def test_a_redirect_does_not_get_the_token(project: Project, github: Host) -> None:
    github.answers["GET pulls"] = Reply(302, f"{github.url}/api/v3/elsewhere")
    assert "GET /repos/acme/shop/pulls: 302" in propose(project, github, code=1)
    assert methods(github) == ["GET pulls"]


def test_a_host_that_cannot_be_reached_is_named(
    project: Project, github: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9/api/v3")
    output = propose(project, github, code=1)
    assert "GET http://127.0.0.1:9/api/v3/repos/acme/shop/pulls" in output
    assert "Connection refused" in output


@pytest.mark.parametrize(
    ("name", "value", "message", "fix"),
    [
        ("GITHUB_ACTIONS", "", "runs in pipelines of GitHub and GitLab only", "On your machine: mkbackend update"),
        ("GITHUB_API_URL", "file:///etc", "The address of the API is 'file:///etc'", "It begins with https://"),
        ("GITHUB_REF_TYPE", "tag", "The pipeline runs for a tag", "Run it for the default branch."),
        ("GITHUB_TOKEN", "", "GITHUB_TOKEN is not set", "Give the step the variable GITHUB_TOKEN"),
        ("GITHUB_REF_NAME", "", "GITHUB_REF_NAME is not set", "run it for the default branch"),
    ],
)
def test_a_wrong_variable_of_github_is_refused(
    project: Project, github: Host, monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str, fix: str
) -> None:
    monkeypatch.setenv(name, value)
    output = propose(project, github, code=2)
    assert message in output
    assert fix in output
    assert methods(github) == []
    assert BRANCH not in github.branches()


def test_gitlab_needs_a_token_of_the_owner(project: Project, gitlab: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPDATE_TOKEN", "")
    output = propose(project, gitlab, code=2)
    assert "UPDATE_TOKEN is not set." in output
    assert "a project access token with the role Developer and the scopes api and write_repository" in output


def test_an_unknown_result_is_refused(project: Project, github: Host) -> None:
    assert "'passed' is not one of 'success', 'failure', 'cancelled'" in propose(
        project, github, "--checks", "passed", code=2
    )


def test_a_folder_without_a_project_is_refused(project: Project, github: Host, tmp_path: Path) -> None:
    (project.root / ".git" / "info" / "exclude").write_text("/other\n")
    (project.root / "other").mkdir()
    assert "is not a mkbackend project" in propose(project, github, code=2, path="other")
