"""The pipeline that runs this command: its host, branch and tokens, from the variables that the host sets."""

import os
from dataclasses import dataclass
from urllib.parse import quote

from mkbackend.errors import BadInputError
from mkbackend.update.hosts import github, gitlab
from mkbackend.update.hosts.api import Token
from mkbackend.update.hosts.threads import Threads

UPDATE_TOKEN = "UPDATE_TOKEN"  # noqa: S105 - the name of a variable
_FOR_GITHUB = "Give the step the variable GITHUB_TOKEN: ${{ github.token }}."
_FOR_GITLAB = (
    "Set the CI/CD variable UPDATE_TOKEN to a project access token with the role Developer and the scopes api and"
    " write_repository."
)


@dataclass(frozen=True)
class Pipeline:
    """A pipeline of GitHub or GitLab.

    Attributes:
        run: the address of its log.
        push_url: the address of the repository, without a user.
        user: the user whose password git gets the token as.
        closed: the folder whose changes the token cannot push; empty if it can push all.
    """

    run: str
    push_url: str
    user: str
    token: Token
    closed: str
    push_fix: str
    requests: Threads
    issues: Threads


def take_tokens() -> dict[str, Token]:
    """Return the tokens and remove them from the environment, so that no program that starts later gets them."""
    found = {name: os.environ.pop(name, "").strip() for name in (UPDATE_TOKEN, github.JOB_TOKEN)}
    return {name: Token(name, value) for name, value in found.items() if value}


def find_pipeline(tokens: dict[str, Token], branch: str) -> Pipeline:
    """Return the pipeline that runs this process; raise BadInputError outside one, or without a token."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        return _of_github(tokens, branch)
    if os.environ.get("GITLAB_CI") == "true":
        return _of_gitlab(tokens, branch)
    raise BadInputError(
        "mkbackend propose runs in pipelines of GitHub and GitLab only.", hint="On your machine: mkbackend update"
    )


def _of_github(tokens: dict[str, Token], branch: str) -> Pipeline:
    url, server, repository = (_variable(f"GITHUB_{name}") for name in ("API_URL", "SERVER_URL", "REPOSITORY"))
    if os.environ.get("GITHUB_REF_TYPE", "branch") != "branch":
        raise BadInputError("The pipeline runs for a tag, not for a branch.", hint="Run it for the default branch.")
    job = tokens.get(github.JOB_TOKEN)
    if job is None:
        raise BadInputError("GITHUB_TOKEN is not set.", hint=_FOR_GITHUB)
    token = tokens.get(UPDATE_TOKEN, job)
    is_job = token is job
    return Pipeline(
        run=f"{server}/{repository}/actions/runs/{_variable('GITHUB_RUN_ID')}",
        push_url=f"{server}/{repository}.git",
        user="x-access-token",
        token=token,
        closed=github.WORKFLOWS if is_job else "",
        push_fix=(
            "The job needs the permission contents: write."
            if is_job
            else "UPDATE_TOKEN needs the permissions contents: write and workflows: write, for this repository."
        ),
        requests=github.PullRequests(
            github.pull_requests_with(url, token, branch), repository, branch, _variable("GITHUB_REF_NAME")
        ),
        issues=github.Issues(github.issues_with(url, job), repository),
    )


def _of_gitlab(tokens: dict[str, Token], branch: str) -> Pipeline:
    url, project = _variable("CI_API_V4_URL"), quote(_variable("CI_PROJECT_ID"), safe="")
    token = tokens.get(UPDATE_TOKEN)
    if token is None:
        raise BadInputError("UPDATE_TOKEN is not set.", hint=_FOR_GITLAB)
    api = gitlab.api_with(url, token)
    return Pipeline(
        run=_variable("CI_PIPELINE_URL"),
        push_url=f"{_variable('CI_PROJECT_URL')}.git",
        user="oauth2",
        token=token,
        closed="",
        push_fix="UPDATE_TOKEN needs the scope write_repository, and the role Developer or higher in this project.",
        requests=gitlab.MergeRequests(api, project, branch, _variable("CI_COMMIT_BRANCH")),
        issues=gitlab.Issues(api, project),
    )


def _variable(name: str) -> str:
    """Return a variable that the host sets; raise BadInputError if it is missing."""
    if value := os.environ.get(name):
        return value
    raise BadInputError(f"{name} is not set.", hint="Pipelines for a branch have it: run it for the default branch.")
