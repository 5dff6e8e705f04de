"""Tests of the template's files in place: plain Python that passes the checks of generated projects."""

import re
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from .conftest import CHECKS, ROOT, TEMPLATE, Render, attempt, run

_EXCLUDED = [name for name in yaml.safe_load((ROOT / "copier.yml").read_text())["_exclude"] if "{" not in name]
FILES = sorted(
    path
    for path in TEMPLATE.rglob("*")
    if path.is_file()
    and not any(fnmatch(part, name) for part in path.relative_to(TEMPLATE).parts for name in _EXCLUDED)
)


def test_no_python_file_contains_jinja() -> None:
    tagged = [str(path) for path in FILES if path.suffix == ".py" and re.search(r"\{[{%]", path.read_text("utf-8"))]
    assert tagged == []


def test_windows_accepts_every_file_name() -> None:
    names = [path.relative_to(TEMPLATE).as_posix().removesuffix(".jinja") for path in FILES]
    refused = re.compile(r'[<>:"|?*\\\x00-\x1f]|[. ](/|$)|(^|/)(con|prn|aux|nul|com\d|lpt\d)(\.|/|$)', re.IGNORECASE)
    assert [name for name in names if refused.search(name)] == []
    assert len({name.casefold() for name in names}) == len(names)
    assert max(map(len, names)) < 120


def test_git_ignores_no_file_of_the_template() -> None:
    names = [path.relative_to(ROOT) for path in FILES]
    assert attempt("git", "check-ignore", "--no-index", "--", *names, cwd=ROOT).output == ""


def test_git_ignores_no_file_of_a_project(render: Render, tmp_path: Path) -> None:
    project = render()
    git = ("git", f"--git-dir={tmp_path}", f"--work-tree={project}")
    run(*git, "init", "--quiet", cwd=project)
    ignored = run(*git, "status", "--ignored", "--porcelain", "--untracked-files=all", cwd=project)
    assert [line for line in ignored.splitlines() if line.startswith("!!")] == []


@pytest.mark.parametrize("name", CHECKS)
def test_the_template_in_place_passes(name: str, check: Callable[[str, Path, Path], None], render: Render) -> None:
    check(name, TEMPLATE, render() / "pyproject.toml")


ACYCLIC = """[importlinter]
root_package = app
[importlinter:contract:acyclic]
name = No modules import one another in a circle
type = acyclic_siblings
ancestors =
    app
    app.**
"""


def test_no_imports_of_the_template_run_in_a_circle(python: Path, tmp_path: Path) -> None:
    """In a project this is for its owner to decide."""
    (tmp_path / "contract.ini").write_text(ACYCLIC, encoding="utf-8")
    lint = python.with_name("lint-imports")
    output = run(lint, "--no-cache", tmp_path / "contract.ini", cwd=TEMPLATE, PYTHONPATH=str(TEMPLATE))
    assert "1 kept, 0 broken" in output
