"""Tests of `mkbackend status`: the versions, the changelog between them, and the owner's changes."""

import json
import re
from pathlib import Path
from typing import Any

from conftest import ROOT
from documents import require
from typer.testing import CliRunner, Result

from mkbackend import __version__, cli
from mkbackend.template import changelog
from mkbackend.template.bundle import order

from .conftest import Project, Template


def status(project: Project, *arguments: str, code: int) -> Result:
    result = CliRunner().invoke(cli.app, ["status", str(project.root), *arguments])
    assert result.exit_code == code, result.output
    return result


def as_json(project: Project, code: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(status(project, "--json", code=code).stdout)
    return found


def test_an_outdated_project_shows_the_changelog_with_exit_code_1(project: Project) -> None:
    output = status(project, code=1).stdout
    assert "Project: 0.1.0. Installed: 0.2.0." in output
    assert "## 0.2.0" in output
    assert "## 0.1.0" not in output
    assert "The project is behind: mkbackend update" in output


def test_an_up_to_date_project_is_exit_code_0(project: Project) -> None:
    project.update()
    output = status(project, code=0).stdout
    assert "Project: 0.2.0. Installed: 0.2.0.\nThe project is up to date.\n" in output
    assert "##" not in output


def test_the_owners_changes_are_listed(project: Project) -> None:
    assert "since it was generated" not in status(project, code=1).stdout
    project.edit({"app/both.py": "mine = 1\n", "app/mine.py": "mine = 1\n", "app/config.py": None})
    project.edit({"draft.py": "mine = 1\n", "x.local": "mine"}, commit=False)
    output = status(project, code=1).stdout
    assert "Edited since it was generated:\n  app/both.py\n" in output
    assert "Deleted since it was generated:\n  app/config.py\n" in output
    assert "Added since it was generated:\n  app/mine.py\n  draft.py\n" in output


def test_windows_line_endings_are_not_a_change(project: Project) -> None:
    project.edit({"app/both.py": project.read("app/both.py").replace("\n", "\r\n")}, commit=False)
    assert as_json(project, code=1)["edited"] == []


def test_json_is_one_object(project: Project) -> None:
    project.edit({"app/both.py": "mine = 1\n"})
    found = as_json(project, code=1)
    assert found.pop("changelog").startswith("## 0.2.0")
    assert found == {
        "path": str(project.root),
        "project_version": "0.1.0",
        "installed_version": "0.2.0",
        "mkbackend": __version__,
        "behind": True,
        "edited": ["app/both.py"],
        "deleted": [],
        "added": [],
        "outrun": [],
        "slices": [],
    }


def test_the_document_has_the_documented_shape(sliced: Project) -> None:
    sliced.edit({"app/both.py": "mine = 1\n", "app/config.py": None, "app/mine.py": "mine = 1\n"})
    sliced.edit({".mkbackend/templates/model.py.jinja": "mine"})
    sliced.edit({".mkbackend/templates/originals.toml": f'"model.py.jinja" = "{"0" * 64}"\n'})
    require("status", [as_json(sliced, code=1)])


def test_templates_of_slices_with_newer_originals_are_named(project: Project) -> None:
    copies = {f".mkbackend/templates/{name}": "mine" for name in ("model.py.jinja", "router.py.jinja")}
    hashes = f'"model.py.jinja" = "{"0" * 64}"\n'
    project.edit({**copies, ".mkbackend/templates/originals.toml": hashes})
    named = ".mkbackend/templates/model.py.jinja"
    assert as_json(project, code=1)["outrun"] == [named]
    assert f"whose originals are newer than your copy:\n  {named}\n" in status(project, code=1).stdout
    assert "1 templates outrun" in status(project, str(project.root), code=1).stdout


def test_it_writes_nothing(project: Project, machine: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (*project.root.rglob("*"), *machine.rglob("*"))}
    status(project, code=1)
    assert {path: path.stat().st_mtime_ns for path in (*project.root.rglob("*"), *machine.rglob("*"))} == before


def test_it_needs_no_git_in_the_project(project: Project, tmp_path: Path) -> None:
    (project.root / ".git").rename(tmp_path / "away")
    project.edit({"app/both.py": "mine = 1\n"}, commit=False)
    found = as_json(project, code=1)
    assert (found["edited"], found["added"]) == (["app/both.py"], [])


def test_an_unknown_status_is_exit_code_2(project: Project) -> None:
    text = project.read(".copier-answers.yml")
    project.edit({".copier-answers.yml": text.replace("v0.1.0", "v0.9.0")})
    assert "Upgrade mkbackend" in status(project, code=2).stderr
    project.edit({".copier-answers.yml": None})
    error = as_json(project, code=2)
    assert "has no .copier-answers.yml" in error["error"]["message"]


def test_a_version_after_a_release_has_the_releases_changelog(project: Project, template: Template) -> None:
    project.update()
    project.edit({})
    template.commit({"template/later.txt": "later"})
    found = as_json(project, code=1)
    assert found["installed_version"] == "0.2.0.post1"
    assert found["changelog"] == ""


def test_the_changelog_has_every_version_in_order() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heads = re.findall(r"^## (\d[\d.]*) ", text, re.MULTILINE)
    assert heads == sorted(heads, key=lambda head: order(f"v{head}"), reverse=True)
    assert __version__ in heads
    everything = changelog.between("v0", f"v{heads[0]}")
    assert re.findall(r"^## (\d[\d.]*) ", everything, re.MULTILINE) == heads
    assert f"## {heads[0]}" not in changelog.between("v0", f"v{heads[1]}")
