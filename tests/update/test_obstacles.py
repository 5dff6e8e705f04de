"""Tests of untracked and ignored files at paths that an update writes."""

from pathlib import Path

import pytest

from .conftest import Project

BESIDE = "Kept, because git ignores it:\n  app/added_there.py; the template's: app/added_there.py.new\n"


def ignore(project: Project, *patterns: str) -> None:
    project.edit({".gitignore": "".join(f"{line}\n" for line in (".env", ".venv/", "*.local", *patterns))})


def test_an_ignored_file_is_kept_and_the_templates_is_written_beside_it(project: Project) -> None:
    ignore(project, "app/added_there.py")
    project.edit({"app/added_there.py": "mine = 1\n"}, commit=False)
    before = project.tree()
    output = project.update()
    assert BESIDE in output
    assert project.read("app/added_there.py") == "mine = 1\n"
    assert project.read("app/added_there.py.new") == "template = 0\n"
    assert project.status()["app/added_there.py.new"] == "??"
    assert "app/added_there.py" not in project.git("ls-files").splitlines()
    project.undo(output)
    assert project.tree() == before


def test_a_file_removed_from_git_but_kept_is_not_overwritten(project: Project) -> None:
    project.git("rm", "--quiet", "--cached", "app/changed_there.py")
    ignore(project, "app/changed_there.py")
    mine = project.read("app/changed_there.py")
    output = project.update()
    assert project.read("app/changed_there.py") == mine
    assert "changed_5" not in project.read("app/changed_there.py.new").splitlines()[4]
    assert "app/changed_there.py; the template's: app/changed_there.py.new" in output


def test_an_ignored_file_equal_to_the_templates_stays_untracked(project: Project) -> None:
    ignore(project, "app/added_there.py")
    project.edit({"app/added_there.py": "template = 0\n"}, commit=False)
    before = project.tree()
    output = project.update()
    assert not (project.root / "app/added_there.py.new").exists()
    assert "app/added_there.py" not in project.status()
    project.undo(output)
    assert project.tree() == before


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"app/added_there.py": "mine = 1\n"}, "app/added_there.py"),
        ({"app/added_there.py/inside.local": "mine"}, "app/added_there.py"),
        ({"app/added_there.py.new": "mine", "app/added_there.py": "mine"}, "app/added_there.py.new"),
    ],
    ids=["a file", "a folder of ignored files", "a file beside"],
)
def test_untracked_files_in_the_way_are_refused_with_a_fix(project: Project, files: dict[str, str], named: str) -> None:
    if "app/added_there.py.new" in files:
        ignore(project, "app/added_there.py")
    project.edit(files, commit=False)
    before, status = project.tree(), project.status()
    output = project.update(code=2)
    assert f"Untracked files are in the way of the update: {named}." in output
    assert f"Move or commit them: git add -- {named}" in output
    assert (project.tree(), project.status()) == (before, status)


def test_an_untracked_file_elsewhere_is_kept(project: Project) -> None:
    project.edit({"app/draft.py": "mine = 1\n"}, commit=False)
    output = project.update()
    assert project.status()["app/draft.py"] == "??"
    project.undo(output)
    assert project.read("app/draft.py") == "mine = 1\n"
    assert Path(project.root, "app/draft.py").is_file()
