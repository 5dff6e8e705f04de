"""Tests of what a project shows of itself: its routes and its tables."""

import re
from pathlib import Path

from typer.testing import CliRunner

from mkbackend import cli

from .conftest import attempt, copy, make

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
