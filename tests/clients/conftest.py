"""Fixtures for the tests of generated clients: projects, the commands of their page, and their services."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from load.database import database
from load.service import Service, service
from template.conftest import caches, copy, installed, machine, python, run, scratch
from template.guides import Command, Edit, steps

from .outcomes import CALLS

__all__ = ["caches", "installed", "machine", "python", "scratch"]

ROOT = Path(__file__).parents[2]
PAGE = "docs/clients.md"
OWN = Path(__file__).with_name("calls")
# Node and the generators' dependencies are installed beside this Python.
PATH = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))


@pytest.fixture(scope="session", params=CALLS)
def project(request: pytest.FixtureRequest, installed: Path, scratch: Path) -> Path:
    """Return a project with a description of its API, in a directory named after it."""
    project = copy(installed, scratch / str(request.param) / "project")
    if request.param == "bookings":
        run("git", "init", "--quiet", cwd=project)
        words = ("apply", ROOT / "examples" / "bookings.toml", "--allow-dirty")
        run(sys.executable, "-m", "mkbackend", *words, cwd=project)
    run("make", "openapi", cwd=project)
    return project


@pytest.fixture(scope="session")
def described(project: Path) -> dict[str, Any]:
    """Return the description of the project's API."""
    described: dict[str, Any] = json.loads((project / "openapi.json").read_text(encoding="utf-8"))
    return described


@pytest.fixture(scope="session")
def operations(described: dict[str, Any]) -> list[str]:
    """Return the names of all operations."""
    return sorted(each["operationId"] for path in described["paths"].values() for each in path.values())


@pytest.fixture(scope="session")
def served(project: Path, python: Path, scratch: Path) -> Iterator[Service]:
    """Yield the service of the project; logins are not limited."""
    with database(project, python, scratch) as made, service(made, scratch, RATE_LIMIT_FACTOR="1000") as running:
        yield running


def follow(project: Path, program: str) -> str:
    """Do what the page says, of its commands those of one program; return what they print."""
    assert shutil.which(program, path=PATH), f"{program} is missing: nox -s clients installs it"
    printed = ""
    for step in steps(project / PAGE):
        if isinstance(step, Edit):
            # The page is followed once for each program.
            (project / step.path).unlink(missing_ok=True)
            step.apply(project)
        elif isinstance(step, Command) and step.text.startswith(program):
            printed += run("bash", "-euo", "pipefail", "-c", step.text, cwd=project, PATH=PATH)
    assert printed, f"{PAGE} has no command of {program}"
    return printed


def call(service: Service, *command: str | Path, cwd: Path) -> dict[str, Any]:
    """Run the calls of a file as the admin of a service; return the outcomes."""
    url = f"http://127.0.0.1:{service.port}"
    printed = run(*command, url, service.email, service.password, cwd=cwd, PATH=PATH, NO_PROXY="127.0.0.1")
    outcomes: dict[str, Any] = json.loads(printed)
    return outcomes
