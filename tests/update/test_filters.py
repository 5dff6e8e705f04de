"""Tests of git filters with keys and programs in the project, such as git-crypt and transcrypt."""

import os
import shutil
from base64 import b64encode
from pathlib import Path

import pytest

from .conftest import Project, numbered

pytestmark = pytest.mark.skipif(os.name == "nt", reason="filters are shell commands")

NEW = numbered("both", _3="template = 3")
SCRIPT = 'test -e "$(git rev-parse --git-common-dir)/key" || exit 1\nexec base64 "$@"\n'


def filter_with(project: Project, clean: str, smudge: str) -> None:
    project.git("config", "filter.locked.clean", clean)
    project.git("config", "filter.locked.smudge", smudge)
    project.git("config", "filter.locked.required", "true")


@pytest.fixture(params=["on the machine", "in the project"])
def locked(project: Project, request: pytest.FixtureRequest) -> Project:
    """Return a project that encrypts app/both.py, app/added_there.py and a secret with a key in .git."""
    place = "tools" if request.param == "in the project" else str(project.root.parent)
    project.edit({f"{place}/crypt.sh": SCRIPT}, commit=False)
    (project.root / ".git" / "key").touch()
    filter_with(project, f"sh {place}/crypt.sh -w0", f"sh {place}/crypt.sh -d")
    attributes = "".join(f"{name} filter=locked\n" for name in ("app/both.py", "app/added_there.py", "secrets/**"))
    project.edit({".gitattributes": attributes, "secrets/prod.env": "PASSWORD=1\n"}, commit=False)
    project.git("rm", "--quiet", "--cached", "app/both.py")
    project.edit({})
    assert stored(project, "secrets/prod.env") == encoded("PASSWORD=1\n")
    assert stored(project, "app/both.py") == encoded(numbered("both"))
    return project


def stored(project: Project, name: str) -> str:
    """Return the content of a file in the index."""
    return project.git("cat-file", "blob", f":{name}")


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


def test_the_templates_changes_are_stored_through_the_filter(locked: Project) -> None:
    before = locked.tree()
    output = locked.update()
    for name, text in (("app/both.py", NEW), ("app/added_there.py", "template = 0\n")):
        assert (locked.read(name), stored(locked, name)) == (text, encoded(text))
    assert [name for name in locked.status() if name.startswith("secrets")] == []
    assert locked.read("secrets/prod.env") == "PASSWORD=1\n"
    locked.undo(output)
    assert (locked.tree(), locked.status()) == (before, {})


def test_an_encrypted_file_changed_on_both_sides_is_left_to_the_owner(locked: Project) -> None:
    # Encrypted text cannot be merged by line, and the filter cannot read conflict markers.
    locked.edit({"app/both.py": numbered("both", _9="mine = 1")})
    output = locked.update()
    assert "  app/both.py; the template's: app/both.py.new\n" in output
    assert locked.read("app/both.py") == numbered("both", _9="mine = 1")
    assert locked.read("app/both.py.new") == NEW
    locked.undo(output)
    assert locked.status() == {}


def test_files_with_a_filter_that_keeps_lines_are_merged(project: Project) -> None:
    filter_with(project, "tr a-z n-za-m", "tr n-za-m a-z")
    project.edit({".gitattributes": "*.py filter=locked\n"})
    project.git("rm", "--quiet", "-r", "--cached", "app")
    project.edit({"app/both.py": numbered("both", _9="mine = 1")})
    project.git("mv", "app/changed_there.py", "app/my_name.py")
    project.edit({})
    project.update()
    assert project.read("app/both.py") == numbered("both", _3="template = 3", _9="mine = 1")
    assert project.read("app/my_name.py") == numbered("changed", _5="template = 5")
    assert stored(project, "app/added_there.py") == "grzcyngr = 0"


def test_a_dry_run_shows_no_secret(locked: Project) -> None:
    output = locked.update("--dry-run")
    assert "  ~ app/both.py\n" in output
    assert "PASSWORD" not in output
    assert "secrets" not in output
    assert locked.status() == {}


def test_verify_runs_with_decrypted_files(locked: Project) -> None:
    makefile = "install:\n\t@grep -q PASSWORD secrets/prod.env\nlint:\n\t@grep -q template app/both.py\ntest:\n"
    makefile += "\t@grep -q template app/added_there.py\n"
    locked.edit({"GNUmakefile": makefile})
    locked.update("--verify")
    assert locked.read("app/both.py") == NEW


@pytest.mark.parametrize("locked", ["on the machine"], indirect=True)
def test_a_linked_work_tree(locked: Project, tmp_path: Path) -> None:
    locked.git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "linked"))
    linked = Project(tmp_path / "linked")
    linked.update()
    assert (linked.read("app/both.py"), stored(linked, "app/both.py")) == (NEW, encoded(NEW))


@pytest.mark.parametrize("fails", ["clean", "smudge"])
def test_a_file_whose_filter_fails_is_kept_and_reported(locked: Project, fails: str) -> None:
    locked.git("config", f"filter.locked.{fails}", "false")
    settle(locked)
    before = locked.tree()
    output = locked.update()
    for name, text in (("app/both.py", NEW), ("app/added_there.py", "template = 0\n")):
        assert f"  {name}; the template's: {name}.new\n" in output
        assert locked.read(f"{name}.new") == text
    assert locked.read("app/both.py") == before["app/both.py"].decode()
    assert locked.read("app/config.py") != before["app/config.py"].decode()
    locked.undo(output)
    assert (locked.tree(), locked.status()) == (before, {})


def settle(project: Project) -> None:
    """Refresh the index with fixed times, so that git does not run the filter to detect changes."""
    for name in project.git_raw("ls-files", "-z").split("\0")[:-1]:
        os.utime(project.root / name, (1_600_000_000, 1_600_000_000))
    project.git("-c", "filter.locked.clean=base64 -w0", "update-index", "--refresh")


@pytest.mark.skipif(shutil.which("git-crypt") is None, reason="git-crypt is not installed")
@pytest.mark.parametrize("edited", [False, True])
def test_a_project_with_git_crypt(project: Project, edited: bool) -> None:
    project.git("crypt", "init")
    names = ("app/both.py", "app/added_there.py", "secrets/**")
    attributes = "".join(f"{name} filter=git-crypt diff=git-crypt\n" for name in names)
    project.edit({".gitattributes": attributes, "secrets/prod.env": "PASSWORD=1\n"}, commit=False)
    project.git("rm", "--quiet", "--cached", "app/both.py")
    project.edit({"app/both.py": numbered("both", _9="mine = 1")} if edited else {})
    assert "PASSWORD" not in project.update("--dry-run", code=int(edited))
    output = project.update(code=int(edited))
    assert project.read("app/added_there.py") == "template = 0\n"
    assert "NOT ENCRYPTED" not in project.git("crypt", "status")
    assert "    encrypted: app/added_there.py" in project.git("crypt", "status")
    assert edited or project.read("app/both.py") == NEW
    assert project.read("secrets/prod.env") == "PASSWORD=1\n"
    project.undo(output)
    assert project.status() == {}
