"""Tests of a client in Python: its names and types, and calls of the running service with it."""

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from load.service import Service
from template.conftest import run

from .conftest import OWN, call, follow
from .outcomes import CALLS, outcomes


@pytest.fixture(scope="session")
def printed(project: Path) -> str:
    """Generate the client beside the project; return what the generator printed."""
    return follow(project, "uvx")


@pytest.fixture(scope="session")
def place(project: Path, printed: str) -> Path:
    """Return the directory of the client, with the calls that a project offers."""
    for name in CALLS[project.parent.name]:
        shutil.copy(OWN / f"{name}.py", project.parent)
    return project.parent


def test_the_generator_leaves_nothing_out(printed: str) -> None:
    assert "WARNING" not in printed
    assert "Warning" not in printed


def test_each_operation_is_a_module_with_its_name(place: Path, operations: list[str]) -> None:
    made = [path.stem for path in (place / "client_py" / "api").glob("*/*.py") if path.stem != "__init__"]
    assert sorted(made) == operations


def test_classes_have_the_names_of_schemas(place: Path, described: dict[str, Any]) -> None:
    names = (place / "client_py" / "models" / "__init__.py").read_text(encoding="utf-8")
    made = set(re.findall(r'^    "(\w+)",$', names, re.MULTILINE))
    schemas = set(described["components"]["schemas"])
    assert schemas <= made
    # Literals of one place, which have no name of their own.
    assert {
        name for name in made - schemas if not re.fullmatch(r"List\w+SortBy|ReadinessResponseDatabase", name)
    } == set()


def test_the_client_and_the_calls_are_typed(project: Path, place: Path) -> None:
    files = [f"{name}.py" for name in CALLS[project.parent.name]]
    run(sys.executable, "-m", "mypy", "--config-file=", "--strict", "client_py", *files, cwd=place)


def test_it_calls_the_service(project: Path, place: Path, served: Service) -> None:
    names = CALLS[project.parent.name]
    found = {name: call(served, sys.executable, f"{name}.py", cwd=place) for name in names}
    expected = outcomes("py.example.com")
    assert found == {name: expected[name] for name in names}
