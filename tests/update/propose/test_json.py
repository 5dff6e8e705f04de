"""Tests of `mkbackend propose --json`: one document of the documented shape, for every outcome."""

import json
from pathlib import Path
from typing import Any

from conftest import write_command
from documents import parts_in, require

from ..conftest import Project, Template
from .conftest import BRANCH, CONFLICT, run_propose
from .host import Host


def document(project: Project, host: Host, *words: str, code: int = 0) -> dict[str, Any]:
    """Return the document that the command prints on one line."""
    done = run_propose(project, host, "--json", *words, code=code)
    assert done.stdout.count("\n") == 1
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def outcome(found: dict[str, Any]) -> tuple[str, str]:
    parts_in("propose", found)
    return found["action"], found["kind"]


def url_of(thread: dict[str, Any]) -> str:
    return str(thread.get("html_url") or thread["web_url"])


def test_the_request_is_named(project: Project, template: Template, host: Host, machine: Path) -> None:
    write_command(machine / "bin" / "uv", "raise SystemExit('no network')")
    project.edit({"uv.lock": "old"})
    opened = document(project, host)
    assert (opened["from"], opened["to"], opened["branch"]) == ("0.1.0", "0.2.0", BRANCH)
    assert (*outcome(opened), opened["url"]) == ("opened", host.kind, url_of(host.requests[0]))
    unchanged = document(project, host)
    assert outcome(unchanged) == ("unchanged", host.kind)
    template.commit({"template/later.txt": "later\n"})
    updated = document(project, host)
    assert outcome(updated) == ("updated", host.kind)
    assert {each["url"] for each in (opened, unchanged, updated)} == {url_of(host.requests[0])}
    require("propose", [opened])


def test_a_request_that_a_person_has_closed_or_changed_is_named(project: Project, host: Host, tmp_path: Path) -> None:
    document(project, host)
    clone = Project(tmp_path / "clone")
    project.git("clone", "--quiet", "--branch", BRANCH, str(host.repo), str(clone.root))
    clone.edit({"app/mine.py": "mine = 1\n"})
    clone.git("push", "--quiet", "origin", BRANCH)
    project.edit({"app/other.py": "other = 1\n"})
    changed = document(project, host)
    assert (*outcome(changed), changed["url"]) == ("changed", host.kind, url_of(host.requests[0]))
    host.close(host.requests[0])
    closed = document(project, host)
    assert (*outcome(closed), closed["url"]) == ("closed", host.kind, url_of(host.requests[0]))


def test_the_issue_is_named(project: Project, host: Host) -> None:
    project.edit(CONFLICT)
    found = document(project, host)
    assert (*outcome(found), found["url"]) == ("opened", "issue", url_of(host.issues[0]))
    host.close(host.issues[0])
    assert outcome(document(project, host)) == ("closed", "issue")


def test_nothing_to_do_has_the_same_shape(project: Project, host: Host) -> None:
    project.update()
    project.edit({})
    found = document(project, host)
    assert (*outcome(found), found["from"], found["to"], found["url"]) == ("nothing", "", "0.2.0", "0.2.0", "")


def test_a_refusal_is_a_document_too(project: Project, host: Host) -> None:
    host.rights.clear()
    found = document(project, host, code=1)
    require("error", [found])
    assert "is invalid or has expired" in found["error"]["message"] + found["error"]["hint"]
