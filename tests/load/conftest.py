"""Fixtures for the load tests: an installed project, a PostgreSQL, and a service on it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
from template.conftest import caches, copy, installed, machine, python, run, scratch

from .database import Database, database
from .service import Service, service

__all__ = ["caches", "installed", "machine", "python", "scratch"]

Serve = Callable[..., AbstractContextManager[Service]]


@pytest.fixture(scope="session")
def owning(installed: Path, scratch: Path) -> Path:
    """Create a copy of the project with a slice whose rows have owners."""
    project = copy(installed, scratch / "owning")
    run("git", "init", "--quiet", cwd=project)
    words = ("add", "note", "body:str/200", "--auth", "owner", "--allow-dirty")
    run(sys.executable, "-m", "mkbackend", *words, cwd=project)
    return project


@pytest.fixture(scope="module")
def postgres(owning: Path, python: Path, scratch: Path) -> Iterator[Database]:
    """Yield a PostgreSQL with the tables of that project."""
    with database(owning, python, scratch) as made:
        yield made


@pytest.fixture(scope="module")
def serve(postgres: Database, scratch: Path) -> Serve:
    """Return a function that starts the service: `with serve(workers=2) as service`."""
    return partial(service, postgres, scratch)
