"""GitHub and GitLab: the part of their API that `mkbackend propose` calls, as their references describe it."""

import re
from typing import Any, override

from .host import JOB, OWN, REPOSITORY, Call, Host, RefusedError


def find(things: list[dict[str, Any]], key: str, number: str) -> dict[str, Any]:
    return next(each for each in things if each[key] == int(number))


class GitHub(Host):
    kind = "pull request"

    @override
    def variables(self) -> dict[str, str]:
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": f"{self.url}/api/v3",
            "GITHUB_SERVER_URL": self.url,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_REF_NAME": "main",
            "GITHUB_REF_TYPE": "branch",
            "GITHUB_RUN_ID": "42",
            "GITHUB_TOKEN": JOB,
        }

    @override
    def token_of(self, headers: dict[str, str]) -> str:
        assert headers["accept"] == "application/vnd.github+json"
        assert headers["x-github-api-version"] == "2022-11-28"
        scheme, _, token = headers["authorization"].partition(" ")
        assert scheme == "Bearer"
        return token

    @override
    def answer(self, call: Call) -> Any:
        found = re.fullmatch(rf"/api/v3/repos/{REPOSITORY}/(pulls|issues)(?:/(\d+))?", call.path)
        assert found, "no such path"
        what, number = found.groups()
        right = {"pulls": "pull requests", "issues": "issues"}[what]
        self.require(call, right, RefusedError(403, "Resource not accessible by integration"))
        things = self.requests if what == "pulls" else self.issues
        if call.method == "GET":
            sorting = {"state": "all", "sort": "created", "direction": "desc"}
            assert sorting.items() <= call.query.items()
            assert int(call.query["per_page"]) <= 100
            known = {"pulls": {"head", "base"}, "issues": {"labels"}}[what]
            assert set(call.query) == {*sorting, "per_page", *known}
            return self.pulls(call) if what == "pulls" else self.labelled(call.query["labels"])
        if call.method == "PATCH":
            assert set(call.body) == {"title", "body"}
            thing = find(things, "number", number)
            thing.update(call.body)
            return thing
        assert (call.method, number) == ("POST", None)
        return self.pull(call) if what == "pulls" else self.issue(call)

    def pulls(self, call: Call) -> list[dict[str, Any]]:
        owner, _, branch = call.query["head"].partition(":")
        assert owner == REPOSITORY.partition("/")[0], "without an owner, GitHub ignores the filter"
        return [each for each in self.requests[::-1] if (each["head"], each["base"]) == (branch, call.query["base"])]

    def labelled(self, label: str) -> list[dict[str, Any]]:
        shown = [each | {"pull_request": {}} for each in self.requests]
        return [*(each for each in self.issues[::-1] if label in each["labels"]), *shown]

    def pull(self, call: Call) -> dict[str, Any]:
        assert set(call.body) == {"title", "body", "head", "base"}
        if {call.body["head"], call.body["base"]} - set(self.branches()):
            raise RefusedError(422, "Validation Failed", errors=[{"field": "head", "code": "invalid"}])
        if any(each["state"] == "open" and each["head"] == call.body["head"] for each in self.requests):
            raise RefusedError(422, "Validation Failed", errors=[{"message": "A pull request already exists"}])
        self.requests.append(self.thread(call, "pull") | {"merged_at": None})
        return self.requests[-1]

    def issue(self, call: Call) -> dict[str, Any]:
        assert set(call.body) == {"title", "body", "labels"}
        self.issues.append(self.thread(call, "issues"))
        return self.issues[-1]

    def thread(self, call: Call, what: str) -> dict[str, Any]:
        assert len(call.body["body"]) <= 65536
        number = len(self.requests) + len(self.issues) + 1
        url = f"{self.url}/{REPOSITORY}/{what}/{number}"
        return call.body | {"number": number, "html_url": url, "state": "open"}

    @override
    def close(self, thread: dict[str, Any]) -> None:
        thread["state"] = "closed"


class GitLab(Host):
    kind = "merge request"

    @override
    def variables(self) -> dict[str, str]:
        return {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": f"{self.url}/api/v4",
            "CI_PROJECT_ID": "7",
            "CI_PROJECT_URL": f"{self.url}/{REPOSITORY}",
            "CI_COMMIT_BRANCH": "main",
            "CI_PIPELINE_URL": f"{self.url}/{REPOSITORY}/-/pipelines/42",
            "CI_JOB_TOKEN": JOB,
            "UPDATE_TOKEN": OWN,
        }

    @override
    def token_of(self, headers: dict[str, str]) -> str:
        assert "authorization" not in headers
        return headers["private-token"]

    @override
    def answer(self, call: Call) -> Any:
        found = re.fullmatch(r"/api/v4/projects/7/(merge_requests|issues)(?:/(\d+))?", call.path)
        assert found, "no such path"
        what, number = found.groups()
        self.require(call, "api", RefusedError(403, "403 Forbidden", error="insufficient_scope"))
        things = self.requests if what == "merge_requests" else self.issues
        if call.method == "GET":
            sorting = {"state": "all", "order_by": "created_at", "sort": "desc"}
            assert sorting.items() <= call.query.items()
            assert int(call.query["per_page"]) <= 100
            known = {"merge_requests": {"source_branch", "target_branch"}, "issues": {"labels"}}[what]
            assert set(call.query) == {*sorting, "per_page", *known}
            wanted = {name: call.query[name] for name in known}
            return [each for each in things[::-1] if wanted.items() <= each.items()]
        if call.method == "PUT":
            assert set(call.body) == {"title", "description"}
            thing = find(things, "iid", number)
            thing.update(call.body)
            return thing
        assert (call.method, number) == ("POST", None)
        return self.merge_request(call) if what == "merge_requests" else self.issue(call)

    def merge_request(self, call: Call) -> dict[str, Any]:
        branches = ("source_branch", "target_branch")
        assert set(call.body) == {"title", "description", "remove_source_branch", *branches}
        if {call.body[name] for name in branches} - set(self.branches()):
            raise RefusedError(422, "The source branch does not exist")
        mine = [each for each in self.requests if each["source_project_id"] == 7]
        if any(each["state"] == "opened" for each in mine):
            raise RefusedError(409, "Another open merge request already exists for this source branch")
        self.requests.append(self.thread(call, "merge_requests") | {"source_project_id": 7, "target_project_id": 7})
        return self.requests[-1]

    def issue(self, call: Call) -> dict[str, Any]:
        assert set(call.body) == {"title", "description", "labels"}
        self.issues.append(self.thread(call, "issues"))
        return self.issues[-1]

    def thread(self, call: Call, what: str) -> dict[str, Any]:
        number = len(self.requests if what == "merge_requests" else self.issues) + 1
        return call.body | {"iid": number, "web_url": f"{self.url}/{REPOSITORY}/-/{what}/{number}", "state": "opened"}

    @override
    def close(self, thread: dict[str, Any]) -> None:
        thread["state"] = "closed"
