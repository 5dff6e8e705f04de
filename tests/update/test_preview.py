"""Tests of `--dry-run`, which writes nothing, and `--verify`, which runs the project's own checks first."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Made, Project, environment, migration, numbered

posix = pytest.mark.skipif(sys.platform == "win32", reason="make, and terminals of POSIX")


def everything(root: Path) -> dict[str, bytes]:
    """Return all files of a folder, including git's."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_dry_run_shows_the_diff_and_writes_nothing(project: Project, machine: Path) -> None:
    project.edit({"app/both.py": numbered("both", _6="mine = 1"), "mine.local": "mine"})
    before, home = everything(project.root), everything(machine)
    output = project.update("--dry-run")
    for line in (
        "-both_3 = 3\n+template = 3",
        " mine = 1",
        "rename to app/new_name.py",
        "+_commit: v0.2.0",
        "0.1.0 to 0.2.0, preview, nothing was changed:",
        "+ app/added_there.py",
        "New in .env.example, missing in your .env:\n  SMTP_HOST\n",
    ):
        assert line in output
    assert not {"+_src_path", "-_src_path"} & {line[:10] for line in output.splitlines()}
    assert "Undo:" not in output
    assert (everything(project.root), everything(machine)) == (before, home)


def test_a_dry_run_shows_conflicts_a_file_beside_and_a_joining_migration(project: Project) -> None:
    project.edit(
        {
            ".gitignore": "app/added_there.py\n.env\n",
            "app/both.py": numbered("both", _3="mine = 1"),
            "logo.png": b"\0mine",
            "alembic/versions/mine.py": migration("mine1", "aaa1"),
        }
    )
    project.edit({"app/added_there.py": "mine\n"}, commit=False)
    before = everything(project.root)
    output = project.update("--dry-run", code=1)
    for line in (
        "+<<<<<<< HEAD\n mine = 1\n+=======\n+template = 3\n+>>>>>>> ",
        "app/both.py: changed here and in the template",
        "logo.png: changed here and in the template; your version is kept",
        "the template's: app/added_there.py.new",
        '+down_revision: str | Sequence[str] | None = ("aaa2", "mine1")',
    ):
        assert line in output
    assert "deleted file" not in output.replace("app/deleted_there.py\ndeleted file", "")
    assert everything(project.root) == before


# All targets see the updated project, in its own repository.
MAKE = (
    "install:\n\t@test -d .git && touch rehearsed\nlint:\n\t@grep -q template app/both.py\n"
    "test:\n\t@! test -f fails || { echo 12 tests failed in $$PWD; exit 3; }\n"
)


@posix
def test_verify_with_conflicts_changes_nothing(project: Project) -> None:
    project.edit({"app/both.py": numbered("both", _3="mine = 1")})
    output = project.update("--verify", code=1)
    assert "There are conflicts, so the update cannot be verified. Nothing was changed." in output
    assert "app/both.py: changed here and in the template" in output
    assert project.status() == {}


@posix
def test_verify_stages_an_update_that_passes(project: Project) -> None:
    project.edit({"GNUmakefile": MAKE})
    output = project.update("--verify")
    for target in ("install", "lint", "test"):
        assert f"Verify: make {target}" in output
    assert project.read("app/both.py") == numbered("both", _3="template = 3")
    assert not (project.root / "rehearsed").exists()


@posix
def test_a_verbose_verify_shows_the_output_of_make(project: Project) -> None:
    project.edit({"GNUmakefile": MAKE.replace("install:\n", "install:\n\t@echo installed with $$((1 + 1)) tools\n")})
    assert "\n$ make install\ninstalled with 2 tools\n" in project.update("--verify", "--verbose")


@posix
def test_verify_refuses_an_update_that_fails_and_shows_the_output(project: Project) -> None:
    project.edit({"GNUmakefile": MAKE, "fails": "yes\n"})
    output = project.update("--verify", code=2)
    assert "12 tests failed in" in output
    assert "make test fails with the update. Nothing was changed." in output
    assert project.status() == {}


@posix
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize(("answer", "taken"), [("", True), ("n", False)])
def test_in_a_terminal_an_update_that_passes_is_offered(project: Project, made: Made, answer: str, taken: bool) -> None:
    import pexpect

    project.edit({"GNUmakefile": MAKE})
    use = (
        f"from pathlib import Path; from mkbackend.template import source; source._SHIPPED = Path({str(made.bundle)!r})"
    )
    command = ["-c", f"{use}; from mkbackend.cli import main; main()", "update", str(project.root), "--verify"]
    env = {**environment(), "TERM": "dumb", "COLUMNS": "200"}
    child = pexpect.spawn(sys.executable, command, env=env, encoding="utf-8", timeout=60, dimensions=(50, 200))
    child.expect(r"All checks pass. Apply the update\? \[y/n\] \(y\): $")
    assert project.status() == {}
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert bool(project.status()) == taken


@posix
def test_verify_does_not_change_the_users_repository(project: Project) -> None:
    hook = "install:\n\t@mkdir -p $$(git rev-parse --git-path hooks) && touch $$(git rev-parse --git-path hooks)/evil\n"
    project.edit({"GNUmakefile": hook + "lint:\ntest:\n"})
    before = everything(project.root / ".git" / "refs")
    project.update("--verify")
    assert not (project.root / ".git" / "hooks" / "evil").exists()
    assert everything(project.root / ".git" / "refs") == before


@posix
def test_verify_requires_make(project: Project, machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git = subprocess.run(("sh", "-c", "command -v git"), check=True, capture_output=True, text=True).stdout.strip()
    (machine / "bin" / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(machine / "bin"))
    assert "make is not on PATH" in project.update("--verify", code=2)
    assert os.listdir(project.root)
