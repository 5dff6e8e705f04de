"""GitLab: merge requests and issues, both with UPDATE_TOKEN, as the token of a job can open neither."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mkbackend.update.hosts.api import Api, Token
from mkbackend.update.hosts.threads import Text, Thread

LABEL = "mkbackend"
_NEWEST: Mapping[str, str | int] = {"state": "all", "order_by": "created_at", "sort": "desc", "per_page": 30}


@dataclass(frozen=True)
class MergeRequests:
    """The merge requests from a branch of the project to the base branch; forks may use the name of the branch too."""

    api: Api
    project: str
    branch: str
    base: str
    kind: str = "merge request"

    def find(self) -> list[Thread]:
        """Return the newest merge requests from the branch, newest first."""
        branches = {"source_branch": self.branch, "target_branch": self.base}
        found = self.api.get(f"/projects/{self.project}/merge_requests", **branches, **_NEWEST)
        return [_thread(each) for each in found if each["source_project_id"] == each["target_project_id"]]

    def open(self, text: Text) -> Thread:
        """Open a merge request, whose merge removes the branch."""
        branches = {"source_branch": self.branch, "target_branch": self.base, "remove_source_branch": True}
        body = {"title": text.title, "description": text.marked, **branches}
        return _thread(self.api.send("POST", f"/projects/{self.project}/merge_requests", body))

    def edit(self, thread: Thread, text: Text) -> Thread:
        """Change the text of a merge request."""
        body = {"title": text.title, "description": text.marked}
        return _thread(self.api.send("PUT", f"/projects/{self.project}/merge_requests/{thread.number}", body))


@dataclass(frozen=True)
class Issues:
    """The issues with our label."""

    api: Api
    project: str
    kind: str = "issue"

    def find(self) -> list[Thread]:
        """Return the newest issues with the label, newest first."""
        found = self.api.get(f"/projects/{self.project}/issues", labels=LABEL, **_NEWEST)
        return [_thread(each) for each in found]

    def open(self, text: Text) -> Thread:
        """Open an issue."""
        body = {"title": text.title, "description": text.marked, "labels": LABEL}
        return _thread(self.api.send("POST", f"/projects/{self.project}/issues", body))

    def edit(self, thread: Thread, text: Text) -> Thread:
        """Change the text of an issue."""
        body = {"title": text.title, "description": text.marked}
        return _thread(self.api.send("PUT", f"/projects/{self.project}/issues/{thread.number}", body))


def api_with(url: str, token: Token) -> Api:
    """Return the API, with what to do if a call is refused."""
    needs = f"{token.name} needs the scope api, and the role Developer or higher in this project."
    fixes = {401: f"{token.name} is invalid or has expired: make a new one.", 403: needs, 404: needs}
    return Api(url, token, {"PRIVATE-TOKEN": token.value}, fixes)


def _thread(found: Mapping[str, Any]) -> Thread:
    state = found["state"]
    body = found["description"] or ""
    return Thread(found["iid"], found["web_url"], found["title"], body, state == "opened", state == "closed")
