"""Tests of the texts of requests and issues: they fit, and foreign text in them stays text."""

import re

import pytest

from mkbackend.template import changelog
from mkbackend.update.hosts.threads import Text, Thread
from mkbackend.update.proposal import fenced

from ..conftest import Project, Template
from .conftest import body_of, propose
from .host import Host

RELEASES = (
    "## 0.2.0 (2026-11-30)\n\nNew: [docs/x.md](docs/x.md), [a site](https://example.com).\n\n## 0.1.5 (2026-11-29)\n\n"
)


def test_a_long_changelog_is_cut_between_two_releases(
    project: Project, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changelog, "_read", lambda: f"# Changelog\n\n{RELEASES}{'long ' * 20_000}\n")
    propose(project, host)
    body = body_of(host.requests[0])
    assert (
        "New: docs/x.md, [a site](https://example.com).\n\n`mkbackend status` shows the rest of the changelog." in body
    )
    assert "0.1.5" not in body


def test_a_long_patch_of_workflows_is_named_but_not_shown(project: Project, template: Template, github: Host) -> None:
    template.commit({"template/.github/workflows/ci.yml": "on: push\n" + "# long\n" * 5_000})
    propose(project, github)
    body = body_of(github.requests[0])
    assert "**Left out**, because `GITHUB_TOKEN` cannot push workflows: `.github/workflows/ci.yml`." in body
    assert "commit them to this branch before you merge." in body
    assert "```diff" not in body


def test_a_long_list_is_cut(project: Project, template: Template, github: Host) -> None:
    names = [f"app/deleted_{number:03}.py" for number in range(150)]
    template.commit({f"template/{name}": f"name = '{name}'\n" for name in names})
    project.edit({name: f"name = '{name}'  # mine\n" for name in names})
    propose(project, github)
    block = re.findall(r"\*\*Conflicts to resolve:\*\*\n\n```text\n(.*?)\n```", body_of(github.issues[0]), re.DOTALL)[0]
    assert len(block.splitlines()) == 101
    assert block.endswith("\nand 50 more")


def test_a_fence_is_longer_than_those_in_the_text() -> None:
    assert fenced("a ```` b\n") == "`````text\na ```` b\n`````"
    assert fenced("a", "diff") == "```diff\na\n```"


@pytest.mark.parametrize(
    ("body", "version"),
    [
        ("<!-- mkbackend/update 0.2.0 -->", "0.2.0"),
        ("<!-- mkbackend/update-other 0.2.0 -->", ""),
        ("mkbackend/update 0.2.0", ""),
        ("", ""),
    ],
)
def test_a_thread_is_found_by_its_mark(body: str, version: str) -> None:
    assert Thread(1, "", "", body, is_open=True).version("mkbackend/update") == version


def test_other_line_ends_are_no_change() -> None:
    text = Text("Title", "One\n\nTwo", "mkbackend/update", "0.2.0")
    assert Thread(1, "", "Title", text.marked.replace("\n", "\r\n"), is_open=True).has(text)
    assert not Thread(1, "", "Title", text.marked.replace("One", "Other"), is_open=True).has(text)
