"""Fixtures for the load tests: an installed project, a PostgreSQL, and a service on it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
from template.conftest import installed, machine, python, scratch

from .database import Database, database
from .service import Service, service

__all__ = ["installed", "machine", "python", "scratch"]

Serve = Callable[..., AbstractContextManager[Service]]


@pytest.fixture(scope="module")
def postgres(installed: Path, python: Path, scratch: Path) -> Iterator[Database]:
    """Yield a migrated PostgreSQL."""
    with database(installed, python, scratch) as made:
        yield made


@pytest.fixture(scope="module")
def serve(postgres: Database, scratch: Path) -> Serve:
    """Return a function that starts the service: `with serve(workers=2) as service`."""
    return partial(service, postgres, scratch)
