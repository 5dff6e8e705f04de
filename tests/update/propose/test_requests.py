"""Tests of `mkbackend propose`: a request if the update is clean, an issue if it is not, and both only once."""

import shutil
import sys
from pathlib import Path

import pytest

from ..conftest import Project, Template
from ..sliced import SERVICE
from .conftest import BRANCH, CONFLICT, body_of, methods, propose, requests_of
from .host import Host
from .hosts import GitLab


def test_a_clean_update_is_one_commit_and_a_request(project: Project, host: Host) -> None:
    output = propose(project, host)
    (request,) = host.requests
    assert f"Opened the {host.kind} {request.get('html_url') or request['web_url']}" in output
    assert request["title"] == "Update to mkbackend 0.2.0"
    body = body_of(request)
    assert body.startswith("mkbackend 0.1.0 to 0.2.0. [`mkbackend update --verify` passed](http://127.0.0.1:")
    assert "\n## 0.2.0 " in body
    assert "**New in .env.example, missing in your .env:**\n\n```text\nSMTP_HOST\n```" in body
    assert body.endswith(f"<!-- {BRANCH} 0.2.0 -->\n")
    assert methods(host) == [f"GET {requests_of(host)}", "GET issues", f"POST {requests_of(host)}"]
    assert host.git("rev-parse", f"{BRANCH}^") == project.git("rev-parse", "HEAD")
    assert host.git("log", "-1", "--format=%an %s", BRANCH) == "mkbackend Update to mkbackend 0.2.0"
    project.update()
    assert host.git("rev-parse", f"{BRANCH}^{{tree}}") == project.git("write-tree")


def test_a_second_run_changes_nothing(project: Project, host: Host) -> None:
    propose(project, host)
    commit = host.git("rev-parse", BRANCH)
    methods(host)
    assert f"The {host.kind} is up to date: " in propose(project, host)
    assert methods(host) == [f"GET {requests_of(host)}", "GET issues"]
    assert host.git("rev-parse", BRANCH) == commit


def test_the_branch_follows_the_main_one(project: Project, host: Host) -> None:
    propose(project, host)
    project.edit({"app/mine.py": "mine = 1\n"})
    propose(project, host)
    assert host.git("rev-parse", f"{BRANCH}^") == project.git("rev-parse", "HEAD")
    assert len(host.requests) == 1


def test_a_newer_version_is_proposed_in_the_open_request(project: Project, template: Template, host: Host) -> None:
    propose(project, host)
    template.commit({"template/later.txt": "later\n"})
    assert f"Updated the {host.kind} " in propose(project, host)
    (request,) = host.requests
    assert request["title"] == "Update to mkbackend 0.2.0.post1"
    assert host.git("show", f"{BRANCH}:later.txt") == "later"


def test_conflicts_are_one_issue_that_names_them(project: Project, template: Template, host: Host) -> None:
    project.edit(CONFLICT)
    assert "Opened the issue http://127.0.0.1:" in propose(project, host)
    assert methods(host) == ["GET issues", "POST issues"]
    (issue,) = host.issues
    assert issue["title"] == "Update to mkbackend 0.2.0: has conflicts"
    body = body_of(issue)
    assert "**Conflicts to resolve:**\n\n```text\napp/both.py: changed here and in the template\n```" in body
    assert "On your machine, with mkbackend 0.2.0: `mkbackend update` stages it, with the conflicts marked" in body
    assert "\n## 0.2.0 " in body
    assert host.branches() == ["main"]
    assert "The issue is up to date: " in propose(project, host)
    assert methods(host) == ["GET issues"]
    template.commit({"template/later.txt": "later\n"})
    assert "Updated the issue " in propose(project, host)
    assert [each["title"] for each in host.issues] == ["Update to mkbackend 0.2.0.post1: has conflicts"]
    assert host.requests == []


@pytest.mark.parametrize("result", ["failure", "cancelled"])
def test_failed_checks_are_an_issue_with_their_log(project: Project, github: Host, result: str) -> None:
    propose(project, github, "--checks", result)
    (issue,) = github.issues
    assert issue["title"] == "Update to mkbackend 0.2.0: does not pass the checks of the project"
    assert f"[Log of the checks]({github.url}/acme/shop/actions/runs/42)" in issue["body"]
    assert (github.requests, github.branches()) == ([], ["main"])


def test_a_request_closes_the_open_issue(project: Project, host: Host) -> None:
    propose(project, host, "--checks", "failure")
    propose(project, host)
    assert f"Closes #{host.issues[0].get('number') or host.issues[0]['iid']}." in body_of(host.requests[0])
    host.close(host.issues[0])
    propose(project, host)
    assert "Closes" not in body_of(host.requests[0])


def test_an_up_to_date_project_calls_nobody(project: Project, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    project.update()
    project.edit({})
    for name in ("GITHUB_TOKEN", "UPDATE_TOKEN", "GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.setenv(name, "")
    assert propose(project, host) == "Nothing to do: the project is at 0.2.0.\n"
    assert methods(host) == []
    assert host.branches() == ["main"]


def test_a_closed_request_stays_closed_until_a_newer_version(project: Project, template: Template, host: Host) -> None:
    propose(project, host)
    host.close(host.requests[0])
    project.edit({"app/mine.py": "mine = 1\n"})
    methods(host)
    commit = host.git("rev-parse", BRANCH)
    assert f"The {host.kind} about 0.2.0 was closed, so it is not opened again." in propose(project, host)
    assert methods(host) == [f"GET {requests_of(host)}"]
    assert host.git("rev-parse", BRANCH) == commit
    template.commit({"template/later.txt": "later\n"})
    propose(project, host)
    assert [each["title"] for each in host.requests][1:] == ["Update to mkbackend 0.2.0.post1"]


def test_a_closed_issue_stays_closed_until_a_newer_version(project: Project, template: Template, host: Host) -> None:
    project.edit(CONFLICT)
    propose(project, host)
    host.close(host.issues[0])
    assert "The issue about 0.2.0 was closed" in propose(project, host)
    assert len(host.issues) == 1
    template.commit({"template/later.txt": "later\n"})
    propose(project, host)
    assert len(host.issues) == 2


def test_a_branch_with_commits_of_others_stays_as_it_is(project: Project, host: Host, tmp_path: Path) -> None:
    propose(project, host)
    clone = Project(tmp_path / "clone")
    project.git("clone", "--quiet", "--branch", BRANCH, str(host.repo), str(clone.root))
    clone.edit({"app/mine.py": "mine = 1\n"})
    clone.git("push", "--quiet", "origin", BRANCH)
    project.edit({"app/other.py": "other = 1\n"})
    methods(host)
    assert f"{BRANCH} has commits of others, so it stays as it is." in propose(project, host)
    assert host.git("rev-parse", BRANCH) == clone.git("rev-parse", "HEAD")
    assert methods(host) == [f"GET {requests_of(host)}", "GET issues"]


def test_threads_of_others_are_not_ours(project: Project, host: Host) -> None:
    theirs = {"title": "Theirs", "labels": "mkbackend" if isinstance(host, GitLab) else ["mkbackend"]}
    words = {"body": None, "description": None, "number": 90, "iid": 90, "html_url": "", "web_url": ""}
    state = {"state": "opened" if isinstance(host, GitLab) else "open"}
    host.issues.append(theirs | words | state)
    fork = {"source_branch": BRANCH, "target_branch": "main", "source_project_id": 9, "target_project_id": 7}
    mark = {"description": f"<!-- {BRANCH} 0.2.0 -->"}
    host.requests.append(theirs | words | state | fork | mark | {"head": "other", "base": "main", "merged_at": None})
    propose(project, host)
    assert len(host.requests) == 2
    project.edit(CONFLICT)
    propose(project, host)
    assert len(host.issues) == 2
    assert {each["title"] for each in (host.issues[0], host.requests[0])} == {"Theirs"}


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege there")
def test_an_update_without_changes_is_not_proposed(sliced: Project, host: Host, tmp_path: Path) -> None:
    shutil.move(sliced.root / SERVICE, tmp_path / "mine.py")
    (sliced.root / SERVICE).symlink_to(tmp_path / "mine.py")
    sliced.commit({})
    sliced.update()
    sliced.edit({})
    assert "Nothing to propose: the update changes no file." in propose(sliced, host)
    assert methods(host) == []


def test_slices_that_are_behind_are_proposed(sliced: Project, host: Host) -> None:
    propose(sliced, host)
    assert "**Slices brought up to date:**\n\n```text\narticle: " in body_of(host.requests[0])
    assert host.git("show", f"{BRANCH}:{SERVICE}") != sliced.read(SERVICE).strip()


def test_a_checkout_of_a_runner_is_shallow_and_on_no_branch(project: Project, host: Host, tmp_path: Path) -> None:
    project.edit({"app/mine.py": "mine = 1\n"})
    project.git("push", "--quiet", str(host.repo), "HEAD:refs/heads/main")
    clone = Project(tmp_path / "clone")
    project.git("clone", "--quiet", "--depth=1", f"file://{host.repo}", str(clone.root))
    clone.git("checkout", "--quiet", "--detach")
    propose(clone, host)
    propose(clone, host)
    assert host.git("rev-parse", f"{BRANCH}^") == project.git("rev-parse", "HEAD")
    assert len(host.requests) == 1


def test_a_project_in_a_folder_has_a_branch_of_its_own(project: Project, host: Host) -> None:
    folder = project.root / "services" / "my shop"
    folder.mkdir(parents=True)
    for entry in [entry for entry in project.root.iterdir() if entry.name not in (".git", "services")]:
        entry.rename(folder / entry.name)
    project.edit({})
    propose(project, host, path="services/my shop")
    (request,) = host.requests
    assert request["title"] == "Update services/my shop to mkbackend 0.2.0"
    assert host.branches() == ["main", f"{BRANCH}-services-my-shop"]
    propose(project, host, path="services/my shop")
    assert len(host.requests) == 1
