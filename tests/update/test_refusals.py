"""Tests of refused updates: exit code 2, a fix, and no change."""

import re
import subprocess
from pathlib import Path

import pytest

from .conftest import Project, Template

ANSWERS = ".copier-answers.yml"


def refused(project: Project, *arguments: str) -> str:
    """Run an update that must be refused; return its output."""
    before, status = project.tree(), project.status()
    head, index = project.git("rev-parse", "HEAD"), project.git("ls-files", "--stage")
    output = project.update(*arguments, code=2)
    assert (project.tree(), project.status()) == (before, status)
    assert (project.git("rev-parse", "HEAD"), project.git("ls-files", "--stage")) == (head, index)
    message, hint = output[output.index("Error: ") :].strip().split("\n")[:2]
    assert hint.strip()
    return f"{message}\n{hint}"


@pytest.mark.parametrize("staged", [True, False])
def test_a_dirty_tree(project: Project, staged: bool) -> None:
    project.edit({"app/config.py": "mine = 1\n"}, commit=False)
    if staged:
        project.git("add", "--all")
    output = refused(project)
    assert "uncommitted changes: app/config.py" in output
    assert "git commit or git stash" in output
    project.git("stash")
    project.update()


def start(project: Project, *command: str) -> None:
    """Run a git command that stops at a conflict, as two branches changed the same line."""
    project.git("checkout", "--quiet", "-b", "other")
    project.edit({"app/config.py": "other = 1\n"})
    project.git("checkout", "--quiet", "main")
    project.edit({"app/config.py": "main = 1\n"})
    project.edit({"app/config.py": "main = 2\n"})
    subprocess.run(("git", *command), cwd=project.root, capture_output=True, check=False)


@pytest.mark.parametrize(
    ("command", "doing"),
    [
        (("merge", "other"), "merge"),
        (("cherry-pick", "other"), "cherry-pick"),
        (("rebase", "other"), "rebase"),
        (("rebase", "--apply", "other"), "rebase"),
        (("revert", "--no-edit", "HEAD~1"), "revert"),
    ],
    ids=["merge", "cherry-pick", "rebase", "rebase --apply", "revert"],
)
def test_a_git_operation_in_progress(project: Project, command: tuple[str, ...], doing: str) -> None:
    start(project, *command)
    output = refused(project)
    assert f"A {doing} is in progress" in output
    assert f"git {doing} --abort" in output
    project.git(doing, "--abort")
    project.update(code=1)


def test_a_lock_left_by_a_killed_git(project: Project) -> None:
    lock = project.root / ".git" / "index.lock"
    lock.touch()
    output = refused(project)
    assert "Another git command is running here, or was killed" in output
    assert f"rm {lock}" in output


def test_a_folder_without_git(project: Project, tmp_path: Path) -> None:
    (project.root / ".git").rename(tmp_path / "away")
    output = project.update(code=2)
    assert "not in a git repository with a commit" in output
    assert "git init && git add --all && git commit" in output


def test_a_repository_without_a_commit(project: Project) -> None:
    project.git("checkout", "--quiet", "--orphan", "young")
    output = " ".join(project.update(code=2).split())
    assert re.search(
        r"not in a git repository with a commit, .*: git failed \(128\): fatal: Needed a single rev", output
    )


def test_a_project_without_answers(project: Project) -> None:
    project.edit({ANSWERS: None})
    output = refused(project)
    assert f"has no {ANSWERS}" in output
    assert "Restore it from git" in output


def test_a_folder_inside_the_project(project: Project) -> None:
    inside = Project(project.root / "app")
    assert f"The project is {project.root}." in inside.update(code=2)


def test_uncommitted_answers(project: Project) -> None:
    project.git("rm", "--quiet", "--cached", ANSWERS)
    project.git("commit", "--quiet", "--message", "out")
    output = refused(project)
    assert f"{ANSWERS} is not committed" in output
    assert f"git add --force {ANSWERS}" in output


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("_commit: v0.1.0", "_commit: [", "is not YAML"),
        ("_commit: v0.1.0", "", "has no valid _commit"),
        ("_commit: v0.1.0", "_commit: 0.1", "has no valid _commit"),
        ("_commit: v0.1.0", "_commit: --upload-pack=x", "has no valid _commit"),
        ("_commit: v0.1.0", "_commit: v0.1.7", "v0.1.7 is unknown to this mkbackend"),
        ("_commit: v0.1.0", "_commit: nonsense", "nonsense is unknown to this mkbackend"),
        ("_src_path: ", "_from: ", "has no valid _src_path"),
        ("license: MIT", "license: GPL", "license cannot be 'GPL'. Choose one of: MIT"),
        ("license: MIT", "licence: MIT", "Unknown question 'licence'"),
        ("license: MIT\n", "", "has no answer for license"),
        ("project_slug: shop", "project_slug: [shop]", "project_slug cannot be ['shop']"),
    ],
)
def test_invalid_answers(project: Project, old: str, new: str, named: str) -> None:
    text = project.read(ANSWERS)
    assert old in text
    project.edit({ANSWERS: text.replace(old, new)})
    output = refused(project)
    assert named in output
    assert "git log" in output or "Set _commit" in output


def test_an_empty_answers_file(project: Project) -> None:
    project.edit({ANSWERS: ""})
    assert "contains no answers" in refused(project)


@pytest.mark.parametrize("version", ["v0.3.0", "v0.2.0.post1+g123456789"])
def test_a_project_newer_than_the_installed_mkbackend(project: Project, version: str) -> None:
    project.edit({ANSWERS: project.read(ANSWERS).replace("v0.1.0", version)})
    output = refused(project)
    assert "newer than this mkbackend's 0.2.0" in output
    assert "Upgrade mkbackend" in output


def test_a_project_made_by_a_newer_mkbackend_on_this_machine(
    project: Project, template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = template.git("rev-parse", "HEAD")
    template.release("0.3.0")
    project.update()
    project.edit({})
    template.git("reset", "--quiet", "--hard", old)
    assert "newer than this mkbackend's 0.2.0" in refused(project)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--to", "0.9"), "Unknown version '0.9'.\n  Versions: 0.1.0, 0.2.0"),
        (("--data", "colour=red"), "Unknown question 'colour'"),
        (("--data", "license=GPL"), "license cannot be 'GPL'"),
        (("--data", "license"), "is not KEY=VALUE"),
        (("--dry-run", "--verify"), "--dry-run and --verify exclude each other"),
    ],
)
def test_bad_input(project: Project, arguments: tuple[str, ...], named: str) -> None:
    assert named in refused(project, *arguments)


def test_an_earlier_version_than_the_projects(project: Project) -> None:
    project.update()
    project.edit({})
    assert "The project has 0.2.0, which is newer than 0.1.0" in refused(project, "--to", "0.1.0")


def test_a_missing_path(project: Project) -> None:
    assert "has no .copier-answers.yml" in Project(project.root / "nowhere").update(code=2)


def test_a_file_marked_assume_unchanged_is_not_overwritten(project: Project) -> None:
    project.git("update-index", "--assume-unchanged", "app/both.py")
    project.edit({"app/both.py": "mine = 1\n"}, commit=False)
    assert "git cannot merge" in refused(project)
    assert project.read("app/both.py") == "mine = 1\n"
