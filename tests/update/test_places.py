"""Tests of updates in monorepos, linked work trees and shallow clones, and with the user's git settings."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mkbackend.system.environment import clean_environment

from .conftest import Project, numbered

EDITED = {"app/both.py": numbered("both", _9="mine = 1"), "app/renamed_there.py": numbered("renamed", _4="mine = 1")}


def is_merged(project: Project) -> None:
    """Assert that the changes of both sides are merged and staged."""
    assert project.read("app/both.py") == numbered("both", _3="template = 3", _9="mine = 1")
    assert project.read("app/new_name.py") == numbered("renamed", _4="mine = 1", _12="template = 12")
    assert not (project.root / "app/renamed_there.py").exists()
    assert set(project.status().values()) == {"A ", "M ", "D "}


@pytest.fixture
def monorepo(project: Project) -> Project:
    """Return one of two projects of the same template in a repository."""
    top = project.root.parent / "all"
    (top / "services").mkdir(parents=True)
    shutil.rmtree(project.root / ".git")
    for name in ("one", "two"):
        shutil.copytree(project.root, top / "services" / name)
    whole = Project(top)
    whole.git("init", "--quiet", "--initial-branch=main")
    whole.edit({"README.md": "all\n", "shared/lib.py": "x = 1\n"})
    return Project(top / "services" / "one")


def test_a_project_in_a_monorepo_is_updated_alone(monorepo: Project) -> None:
    monorepo.edit({**EDITED, "app/changed_there.py": None})
    top = Project(monorepo.root.parents[1])
    before = top.tree()
    output = monorepo.update()
    assert "  ~ app/both.py\n" in output
    is_merged(Project(monorepo.root))
    assert [name for name in top.status() if not name.startswith("services/one/")] == []
    assert not (monorepo.root / "app/changed_there.py").exists()
    monorepo.undo(output)
    assert (top.tree(), top.status()) == (before, {})


def test_changes_elsewhere_in_a_monorepo_are_kept(monorepo: Project) -> None:
    top = Project(monorepo.root.parents[1])
    top.edit({"shared/lib.py": "staged = 1\n"}, commit=False)
    top.git("add", "--all")
    top.edit({"README.md": "dirty\n", "services/two/app/both.py": "dirty\n", "draft.txt": "mine"}, commit=False)
    before, status = top.tree(), top.status()
    output = monorepo.update()
    assert {name: top.status().get(name) for name in status} == status
    monorepo.undo(output)
    assert (top.tree(), top.status()) == (before, status)


def test_a_file_moved_out_of_the_project_is_not_updated(monorepo: Project) -> None:
    top = Project(monorepo.root.parents[1])
    top.git("mv", "services/one/app/changed_there.py", "shared/changed.py")
    top.edit({})
    before = top.tree()
    output = monorepo.update()
    assert "Skipped, because you deleted it:\n  app/changed_there.py\n" in output
    assert top.read("shared/changed.py") == numbered("changed")
    monorepo.undo(output)
    assert (top.tree(), top.status()) == (before, {})


def test_a_conflict_in_a_monorepo_is_reported_relative_to_the_project(monorepo: Project) -> None:
    monorepo.edit({"app/both.py": numbered("both", _3="mine = 1")})
    output = monorepo.update(code=1)
    assert "  app/both.py: changed here and in the template\n" in output
    monorepo.undo(output)
    assert Project(monorepo.root.parents[1]).status() == {}


def test_a_shallow_repository(project: Project, tmp_path: Path) -> None:
    project.edit(EDITED)
    subprocess.run(
        ("git", "clone", "--quiet", "--depth=1", project.root.as_uri(), str(tmp_path / "shallow")), check=True
    )
    shallow = Project(tmp_path / "shallow")
    assert shallow.git("rev-parse", "--is-shallow-repository") == "true"
    shallow.update()
    is_merged(shallow)


def test_a_linked_work_tree(project: Project, tmp_path: Path) -> None:
    project.edit(EDITED)
    project.git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "linked"))
    linked = Project(tmp_path / "linked")
    linked.update()
    is_merged(linked)
    assert project.status() == {}


def test_a_detached_head_without_a_git_identity(project: Project, machine: Path) -> None:
    project.edit(EDITED)
    project.git("checkout", "--quiet", "--detach")
    (machine / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    project.update()
    is_merged(project)


@pytest.mark.parametrize("autocrlf", ["true", "input"])
def test_line_endings_converted_for_windows(project: Project, autocrlf: str) -> None:
    # The template's .gitattributes sets the line endings; without it, git converts them on checkout.
    project.git("config", "core.autocrlf", autocrlf)
    project.edit(EDITED)
    project.update()
    is_merged(project)


def test_a_project_without_gitattributes_on_windows(project: Project) -> None:
    project.edit({**EDITED, ".gitattributes": None})
    project.git("config", "core.autocrlf", "true")
    project.git("rm", "--quiet", "-r", "--cached", ".")
    project.git("reset", "--quiet", "--hard")
    assert "\r\n" in project.read("app/both.py")
    output = project.update()
    assert "mine = 1" in project.read("app/both.py")
    assert project.git("show", ":app/both.py") == numbered("both", _3="template = 3", _9="mine = 1").strip()
    assert ".gitattributes" not in output


def test_no_git_setting_of_the_user_changes_the_merge(project: Project, machine: Path) -> None:
    hooks = machine / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "pre-commit", "post-checkout", "reference-transaction"):
        (hooks / name).write_text("#!/bin/sh\nexit 1\n")
        (hooks / name).chmod(0o755)
    (machine / "ignore").write_text("app/\nMakefile\n*.md\n")
    with (machine / ".gitconfig").open("a") as config:
        config.write(
            f"[core]\n\thooksPath = {hooks.as_posix()}\n\texcludesFile = {(machine / 'ignore').as_posix()}\n"
            "\tsafecrlf = true\n\tquotePath = true\n[merge]\n\trenames = false\n\tconflictStyle = diff3\n\tff = only\n"
            "[diff]\n\trenames = false\n\tnoprefix = true\n\texternal = false\n\tmnemonicPrefix = true\n"
            "[rerere]\n\tenabled = true\n\tautoUpdate = true\n[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = /none\n"
            "[status]\n\tshort = true\n\tbranch = true\n\tshowUntrackedFiles = no\n[color]\n\tui = always\n"
            "[init]\n\tdefaultBranch = trunk\n[advice]\n\tdetachedHead = false\n[fetch]\n\tfsckObjects = true\n"
        )
    put = {**EDITED}
    for name, text in put.items():
        (project.root / name).write_text(str(text))
    project.git("-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false", "commit", "--quiet", "-am", "mine")
    output = project.update()
    is_merged(project)
    assert "app/renamed_there.py → app/new_name.py" in output


def test_git_variables_of_a_hook_do_not_affect_the_update(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.edit(EDITED)
    with monkeypatch.context() as hook:
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
            hook.setenv(name, str(tmp_path / "elsewhere"))
        project.update()
        clean_environment()
        assert "GIT_DIR" not in os.environ
    is_merged(project)
    assert not (tmp_path / "elsewhere").exists()


def test_new_files_follow_a_renamed_folder(project: Project) -> None:
    # The template's new files go to the renamed folder, as a conflict to confirm.
    project.git("mv", "app", "service")
    project.edit({})
    output = project.update(code=1)
    assert "template = 3" in project.read("service/both.py")
    assert project.read("service/added_there.py") == "template = 0\n"
    assert "service/added_there.py: renamed or moved here and in the template" in output
    project.undo(output)
    assert project.status() == {}


def test_a_project_can_be_updated_from_its_own_folder(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from mkbackend import cli

    monkeypatch.chdir(project.root)
    output = CliRunner().invoke(cli.app, ["update"]).output
    assert output.endswith("Undo:\n  git restore --source=HEAD --staged --worktree .\n")
    project.undo(output)
    assert project.status() == {}
