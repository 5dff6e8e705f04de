"""A host of one repository on loopback: its tokens, and the calls to its API.

A call that the host's reference does not have is a fault, and fails the test.
"""

import base64
import json
import subprocess
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .served import Reply, Server

REPOSITORY = "acme/shop"
JOB, OWN = "job-token-1234", "own-token-5678"
USERS = ("x-access-token", "oauth2")
# As GitHub does for a token without the permission
UPDATE_HOOK = """#!/bin/sh
test -z "$FAKE_WORKFLOWS" && exit 0
base=$(git merge-base main "$3")
for name in $(git diff --name-only "$base" "$3" -- .github/workflows); do
  echo "refusing to allow a GitHub App to create or update workflow \\`$name\\` without \\`workflows\\` permission" >&2
  exit 1
done
"""


@dataclass(frozen=True)
class Call:
    """A call to the API, with the token that it had."""

    method: str
    path: str
    token: str
    query: dict[str, str]
    body: dict[str, Any]


class RefusedError(Exception):
    def __init__(self, status: int, message: str, **more: object) -> None:
        super().__init__(message)
        self.reply = Reply(status, {"message": message, **more})


@dataclass
class Host(ABC):
    """A host with one repository; `rights` are the permissions of each token."""

    root: Path
    rights: dict[str, set[str]]
    calls: list[Call] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, Reply] = field(default_factory=dict)
    url: str = ""

    def __post_init__(self) -> None:
        self.repo = self.root / f"{REPOSITORY}.git"
        self.git_at(self.root, "init", "--quiet", "--bare", "--initial-branch=main", str(self.repo))
        hook = self.repo / "hooks" / "update"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(UPDATE_HOOK)
        hook.chmod(0o755)
        self.server = Server(self)
        self.url = self.server.url

    @property
    @abstractmethod
    def kind(self) -> str:
        """The word for a request."""

    @abstractmethod
    def variables(self) -> dict[str, str]:
        """Return the variables that it sets in a pipeline."""

    @abstractmethod
    def token_of(self, headers: dict[str, str]) -> str:
        """Check the headers of a call; return its token."""

    @abstractmethod
    def answer(self, call: Call) -> Any:
        """Return the body of the answer, or raise RefusedError or AssertionError."""

    @abstractmethod
    def close(self, thread: dict[str, Any]) -> None:
        """Close a request or an issue, as a person does."""

    def git_at(self, where: Path, *args: str) -> str:
        done = subprocess.run(("git", *args), cwd=where, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def git(self, *args: str) -> str:
        return self.git_at(self.repo, *args)

    def branches(self) -> list[str]:
        return self.git("for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines()

    def require(self, call: Call, right: str, otherwise: RefusedError) -> None:
        if right not in self.rights[call.token]:
            raise otherwise

    def handle(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """Check a call to the API, and answer it."""
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()}
        try:
            assert headers["user-agent"].startswith("mkbackend/")
            assert bool(body) == (method != "GET")
            if body:
                assert headers["content-type"] == "application/json"
            token = self.token_of(headers)
            call = Call(method, parts.path, token, query, json.loads(body or b"{}"))
            self.calls.append(call)
            if reply := self.answers.get(f"{method} {parts.path.rpartition('/')[2]}"):
                return reply
            if token not in self.rights:
                return Reply(401, {"message": "Bad credentials"})
            return Reply(201 if method == "POST" else 200, self.answer(call))
        except RefusedError as refused:
            return refused.reply
        except Exception as error:  # noqa: BLE001 - the test reports every fault
            self.faults.append(f"{method} {path}: {error!r}")
            return Reply(500, {"message": "fault"})

    def may_push(self, secret: str) -> bool:
        """Return whether a token may write the repository, by the header that git sent."""
        user, _, token = base64.b64decode(secret.removeprefix("Basic ")).decode().partition(":")
        if user not in USERS:
            self.faults.append(f"git has the user {user!r}")
        return "contents" in self.rights.get(token, set())

    def may_change_workflows(self, secret: str) -> bool:
        token = base64.b64decode(secret.removeprefix("Basic ")).decode().partition(":")[2]
        return "workflows" in self.rights[token]
