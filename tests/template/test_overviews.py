"""Tests of what a project shows of itself: its routes, its tables, its API and how that changes."""

import re
from pathlib import Path

from typer.testing import CliRunner

from mkbackend import cli

from .conftest import attempt, commit, copy, make

CALLERS = {
    "POST /api/v1/auth/login": "anyone",
    "GET /api/v1/health": "anyone",
    "PATCH /api/v1/users/me": "signed-in users, by row",
    "GET /api/v1/users": "admins and moderators",
    "POST /api/v1/users": "admins",
}


def test_make_routes_prints_each_route_with_its_callers(installed: Path) -> None:
    printed = re.findall(r"^([A-Z]+) +(/\S+)  +(.+)$", make(installed, "routes"), re.MULTILINE)
    callers = {f"{method} {path}": words for method, path, words in printed}
    assert {name: callers.get(name) for name in CALLERS} == CALLERS


def test_a_drawn_diagram_is_compared_with_the_models(installed: Path, scratch: Path) -> None:
    project = copy(installed, scratch / "drawn")
    test = (project / ".venv" / "bin" / "python", "-m", "pytest", "-q", "tests/unit/test_diagram.py")
    done = CliRunner().invoke(cli.app, ["diagram", "--project", str(project)])
    assert "docs/diagram.md: 6 tables" in done.output
    assert attempt(*test, cwd=project).code == 0
    model = project / "app/domain/models/user.py"
    text = model.read_text(encoding="utf-8")
    model.write_text(text.replace("String(100)", "String(101)"), encoding="utf-8")
    failed = attempt(*test, cwd=project)
    assert failed.code == 1
    assert "docs/diagram.md does not show the models: make diagram" in failed.output


USER = "app/domain/schemas/user.py"
SHORTER = '"request UserCreate.full_name: maxLength 90, was 100" = ""'


def shorten_names(project: Path) -> None:
    path = project / USER
    path.write_text(path.read_text(encoding="utf-8").replace("max_length=100,", "max_length=90,"), encoding="utf-8")


def test_lint_compares_a_written_description_with_the_api(installed: Path, scratch: Path) -> None:
    project = copy(installed, scratch / "described")
    check = (project / ".venv" / "bin" / "python", "-m", "scripts.openapi", "--check")
    assert " -m scripts.openapi --check\n" in make(project, "lint", "--dry-run")
    assert attempt(*check, cwd=project).code == 0
    assert "openapi.json written" in make(project, "openapi")
    assert attempt(*check, cwd=project).code == 0
    shorten_names(project)
    failed = attempt(*check, cwd=project)
    assert failed.code == 1
    assert "openapi.json does not describe the API: make openapi" in failed.output


def test_changes_that_break_clients_are_refused_until_accepted(installed: Path, scratch: Path) -> None:
    """The commit to compare with is of a template that did not have the scripts."""
    project = copy(installed, scratch / "changed")
    later = {path: path.read_bytes() for name in ("api_*.py", "openapi.py") for path in project.glob(f"scripts/{name}")}
    for path in later:
        path.unlink()
    commit(project)
    for path, text in later.items():
        path.write_bytes(text)
    shorten_names(project)
    refused = attempt("make", "api-changes", "base=HEAD", cwd=project)
    assert refused.code != 0
    lines = [line for line in refused.output.splitlines() if line.endswith(' = ""')]
    assert SHORTER in lines
    reasons = "".join(line.replace('""', '"No name is longer"\n') for line in lines)
    (project / "openapi-accepted.toml").write_text(reasons, encoding="utf-8")
    assert "The API has no other breaking changes." in make(project, "api-changes", "base=HEAD")
    assert "nowhere is no commit of this clone" in attempt("make", "api-changes", "base=nowhere", cwd=project).output
