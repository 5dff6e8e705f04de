"""Tests of the template's source: ours offline, another only when named, and plain Copier."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from .conftest import Project, Template, numbered

ANSWERS = ".copier-answers.yml"


@pytest.fixture
def fork(template: Template) -> Template:
    """Return a published repository with a similar template and handmade tags."""
    for tag, commit in (("v0.1.0", "HEAD~1"), ("v0.2.0", "HEAD")):
        template.git("tag", tag, commit)
    return template


def of_the_fork(project: Project, url: str) -> None:
    text = project.read(ANSWERS)
    (line,) = [line for line in text.splitlines() if line.startswith("_src_path")]
    project.edit({ANSWERS: text.replace(line, f"_src_path: {url}")})


def test_a_foreign_source_is_never_contacted_silently(project: Project, tmp_path: Path) -> None:
    # A remote helper that git would start leaves no trace.
    evil = f"ext::touch% {tmp_path / 'trace'}"
    of_the_fork(project, evil)
    output = project.update(code=2)
    assert f"This project uses a third-party template: {evil}." in output
    assert "If you trust it: mkbackend update --template" in output
    assert not (tmp_path / "trace").exists()


def test_a_named_source_is_used(project: Project, fork: Template) -> None:
    url = f"git+{fork.root.as_uri()}"
    of_the_fork(project, url)
    project.edit({"app/both.py": numbered("both", _9="mine = 1")})
    output = project.update("--template", url)
    assert "0.1.0 to 0.2.0, staged, not committed" in output
    assert project.read("app/both.py") == numbered("both", _3="template = 3", _9="mine = 1")
    answers = yaml.safe_load(project.read(ANSWERS))
    assert (answers["_src_path"], answers["_commit"]) == (url, "v0.2.0")


def test_only_the_recorded_source_can_be_named(project: Project, fork: Template) -> None:
    output = project.update("--template", str(fork.root), code=2)
    assert "The project records another template: ~/.local/share/mkbackend/template.bundle." in output
    assert f"set _src_path in {ANSWERS} to {fork.root}" in output


def test_a_missing_source_is_reported(project: Project, tmp_path: Path) -> None:
    of_the_fork(project, str(tmp_path / "gone"))
    assert f"No template found at {tmp_path / 'gone'}" in project.update("--template", str(tmp_path / "gone"), code=2)


def test_an_expanded_path_of_our_bundle_is_recorded_portably(project: Project, machine: Path) -> None:
    of_the_fork(project, str(machine / ".local/share/mkbackend/template.bundle"))
    project.update()
    assert yaml.safe_load(project.read(ANSWERS))["_src_path"] == "~/.local/share/mkbackend/template.bundle"
    assert str(machine) not in project.read(ANSWERS)


def test_a_project_can_be_updated_on_another_machine(project: Project, machine: Path) -> None:
    assert not (machine / ".local").exists()
    project.update()
    assert (machine / ".local/share/mkbackend/template.bundle").is_file()
    names = [path for path in project.root.rglob("*") if path.is_file() and ".git" not in path.parts]
    assert [path for path in names if str(machine).encode() in path.read_bytes()] == []


# Plain Copier


def plain(*arguments: str | Path, cwd: Path) -> None:
    """Run `copier ...` without --trust."""
    command = (sys.executable, "-m", "copier", *arguments)
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, env=dict(os.environ))


def commit(project: Project) -> None:
    project.git("init", "--quiet", "--initial-branch=main")
    project.edit({})


@pytest.mark.parametrize("tagged", [True, False])
def test_plain_copier_copies_and_updates_from_a_clone(template: Template, tmp_path: Path, tagged: bool) -> None:
    new = template.git("rev-parse", "HEAD")
    template.git("reset", "--quiet", "--hard", "HEAD~1")
    if tagged:
        template.git("tag", "v0.1.0")
    plain("copy", "--defaults", "--quiet", template.root, "shop", cwd=tmp_path)
    project = Project(tmp_path / "shop")
    commit(project)
    template.git("reset", "--quiet", "--hard", new)
    if tagged:
        template.git("tag", "v0.2.0")
    project.edit({"app/both.py": numbered("both", _9="mine = 1")})
    plain("update", "--defaults", "--quiet", cwd=project.root)
    assert project.read("app/both.py") == numbered("both", _3="template = 3", _9="mine = 1")


def test_plain_copier_updates_from_the_bundle_at_home(project: Project) -> None:
    project.update()
    project.git("reset", "--quiet", "--hard")
    plain("update", "--defaults", "--quiet", cwd=project.root)
    assert project.read("app/both.py") == numbered("both", _3="template = 3")
    answers = yaml.safe_load(project.read(ANSWERS))
    assert (answers["_src_path"], answers["_commit"]) == ("~/.local/share/mkbackend/template.bundle", "v0.2.0")


def test_mkbackend_updates_a_project_after_plain_copier(project: Project, template: Template) -> None:
    project.update("--dry-run")
    template.put({"app/both.py": numbered("both", _3="third = 3")})
    project.update()
    project.git("reset", "--quiet", "--hard")
    plain("update", "--defaults", "--quiet", "--vcs-ref", "v0.2.0", cwd=project.root)
    project.edit({"app/both.py": numbered("both", _3="template = 3", _9="mine = 1")})
    template.release("0.3.0")
    project.update()
    assert project.read("app/both.py") == numbered("both", _3="third = 3", _9="mine = 1")


def test_plain_copier_updates_from_a_url(project: Project, fork: Template) -> None:
    url = f"git+{fork.root.as_uri()}"
    of_the_fork(project, url)
    plain("update", "--defaults", "--quiet", cwd=project.root)
    assert project.read("app/both.py") == numbered("both", _3="template = 3")
    assert yaml.safe_load(project.read(ANSWERS))["_src_path"] == url
