"""GitHub: pull requests with UPDATE_TOKEN if the owner has set it, issues with the token of the job."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mkbackend.update.hosts.api import Api, Token
from mkbackend.update.hosts.threads import Text, Thread

JOB_TOKEN = "GITHUB_TOKEN"  # noqa: S105 - the name of a variable
LABEL = "mkbackend"
WORKFLOWS = ".github/workflows"
_ALLOW = (
    "Allow it in Settings, Actions, General: GitHub Actions may create pull requests, and give the job the permission"
    " pull-requests: write. Or set the secret UPDATE_TOKEN."
)
_INVALID = "{name} is invalid or has expired: make a new one."
_HIDDEN = "{name} must have access to the repository{more}."
_SCOPE = "UPDATE_TOKEN needs the permission {scope}: write."


@dataclass(frozen=True)
class PullRequests:
    """The pull requests from a branch of the repository to the base branch."""

    api: Api
    repository: str
    branch: str
    base: str
    kind: str = "pull request"

    def find(self) -> list[Thread]:
        """Return the newest pull requests from the branch, newest first."""
        head = f"{self.repository.partition('/')[0]}:{self.branch}"
        query: dict[str, str | int] = {"state": "all", "sort": "created", "direction": "desc", "per_page": 30}
        found = self.api.get(f"/repos/{self.repository}/pulls", head=head, base=self.base, **query)
        return [_thread(each, is_merged=bool(each["merged_at"])) for each in found]

    def open(self, text: Text) -> Thread:
        """Open a pull request."""
        body = {"title": text.title, "body": text.marked, "head": self.branch, "base": self.base}
        return _thread(self.api.send("POST", f"/repos/{self.repository}/pulls", body))

    def edit(self, thread: Thread, text: Text) -> Thread:
        """Change the text of a pull request."""
        body = {"title": text.title, "body": text.marked}
        return _thread(self.api.send("PATCH", f"/repos/{self.repository}/pulls/{thread.number}", body))


@dataclass(frozen=True)
class Issues:
    """The issues with our label; GitHub lists pull requests among them."""

    api: Api
    repository: str
    kind: str = "issue"

    def find(self) -> list[Thread]:
        """Return the newest issues with the label, newest first."""
        query: dict[str, str | int] = {"state": "all", "sort": "created", "direction": "desc", "per_page": 100}
        found = self.api.get(f"/repos/{self.repository}/issues", labels=LABEL, **query)
        return [_thread(each) for each in found if "pull_request" not in each]

    def open(self, text: Text) -> Thread:
        """Open an issue."""
        body = {"title": text.title, "body": text.marked, "labels": [LABEL]}
        return _thread(self.api.send("POST", f"/repos/{self.repository}/issues", body))

    def edit(self, thread: Thread, text: Text) -> Thread:
        """Change the text of an issue."""
        body = {"title": text.title, "body": text.marked}
        return _thread(self.api.send("PATCH", f"/repos/{self.repository}/issues/{thread.number}", body))


def pull_requests_with(url: str, token: Token, branch: str) -> Api:
    """Return the API for pull requests, with what to do if they are refused."""
    is_ours = token.name != JOB_TOKEN
    more = ", and the permission pull requests: write" if is_ours else ""
    scope = _SCOPE.format(scope="pull requests") if is_ours else _ALLOW
    by_hand = f"The branch is {branch}: open the pull request by hand, or delete the branch and run this again."
    return _api(url, token, {403: scope, 404: _HIDDEN.format(name=token.name, more=more), 422: by_hand})


def issues_with(url: str, token: Token) -> Api:
    """Return the API for issues, with what to do if they are refused."""
    hidden = "The job needs the permission issues: write."
    return _api(url, token, {403: hidden, 404: hidden, 410: "Enable issues in Settings, General, Features."})


def _api(url: str, token: Token, fixes: Mapping[int, str]) -> Api:
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {token.value}",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    return Api(url, token, headers, {401: _INVALID.format(name=token.name), **fixes})


def _thread(found: Mapping[str, Any], *, is_merged: bool = False) -> Thread:
    is_open = found["state"] == "open"
    body = found["body"] or ""
    return Thread(found["number"], found["html_url"], found["title"], body, is_open, not (is_open or is_merged))
