"""Tests that a project's own checks refuse bad code, each for its own reason."""

import shutil
from pathlib import Path

import pytest

from .conftest import attempt, copy, make

MODULE = '"""Something new."""\n\n'

# The file (existing or new), the added code, and the error.
REFUSED_BY_LINT = {
    "a style error": ("app/service/new.py", "import os\n", "F401"),
    "a print": ("app/service/new.py", 'print("here")\n', "T201"),
    "bad formatting": ("app/service/new.py", "x = {  'a':1 }\n", "would be reformatted"),
    "a wrong type": ("app/service/new.py", 'x: int = "one"\n', "[assignment]"),
    "a function without types": ("app/service/new.py", "\ndef act(x):\n    return x\n", "[no-untyped-def]"),
    "a security risk": ("app/service/new.py", "x = eval(input())  # noqa: S307\n", "B307"),
    "a security risk that ruff knows": ("app/service/new.py", "x = eval(input())\n", "S307"),
    "an import upwards": (
        "app/core/new.py",
        'from app.domain.roles import Role\n\n__all__ = ["Role"]\n',
        "Layers: outer ones import inner ones BROKEN",
    ),
    "a package without a layer": ("app/errands.py", "LATER = 1\n", "Layers: outer ones import inner ones BROKEN"),
    "HTTP in a use case": (
        "app/service/new.py",
        'from fastapi import HTTPException\n\n__all__ = ["HTTPException"]\n',
        "HTTP stays in api, middleware and their parts of the kit BROKEN",
    ),
    "SQL in a use case": (
        "app/service/new.py",
        'from sqlalchemy import select\n\n__all__ = ["select"]\n',
        "SQL stays in repositories, models and the database BROKEN",
    ),
    "SQL in a route": (
        "app/api/v1/new_router.py",
        'from sqlalchemy import select\n\n__all__ = ["select"]\n',
        "SQL stays in repositories, models and the database BROKEN",
    ),
    "an import of an optional part": (
        "app/api/new.py",
        'from app.kit.telemetry.settings import TelemetrySettings\n\n__all__ = ["TelemetrySettings"]\n',
        "Nothing else imports app.kit.telemetry or its packages BROKEN",
    ),
    "an import of the bucket": (
        "app/service/new.py",
        'from app.kit.s3.settings import S3Settings\n\n__all__ = ["S3Settings"]\n',
        "Nothing else imports app.kit.s3 or its package BROKEN",
    ),
    "an import of the bucket's package": (
        "app/kit/new.py",
        'import obstore\n\n__all__ = ["obstore"]\n',
        "Nothing else imports app.kit.s3 or its package BROKEN",
    ),
    "a table in a schema": (
        "app/domain/schemas/new.py",
        'from app.domain.models.user import User\n\n__all__ = ["User"]\n',
        "Tables and schemas know nothing of each other BROKEN",
    ),
    "a repository in a route": (
        "app/api/v1/new_router.py",
        'from app.repository.user_repository import UserRepository\n\n__all__ = ["UserRepository"]\n',
        "TID251",
    ),
    "a repository in a middleware": (
        "app/middleware/new.py",
        'from app.repository.base import BaseRepository  # noqa: TID251\n\n__all__ = ["BaseRepository"]\n',
        "Only the container and *_deps.py (ruff's TID251) join services to repositories BROKEN",
    ),
    "an error body built in a use case": (
        "app/service/new.py",
        'from app.utils.response import problem_details\n\n__all__ = ["problem_details"]\n',
        "The body of an error is built at the edge BROKEN",
    ),
}

BOOK = '''
from sqlalchemy.orm import Mapped

from app.domain.models.base import BaseModel


class Book(BaseModel):
    """A book."""

    __tablename__ = "books"

    title: Mapped[str]
'''
REFUSED_BY_TESTS = {
    "a setting that no code reads": (
        "app/core/config.py",
        ("    # Logging\n", "    COLOUR: bool = False\n\n    # Logging\n"),
        "tests/unit/kit/test_config.py",
        "test_every_setting_is_read_by_the_code[COLOUR]",
    ),
    "a setting without an explanation": (
        "app/core/config.py",
        ("    # Logging\n", "    COLOUR: bool = False\n\n    # Logging\n"),
        "tests/unit/kit/test_config.py",
        "test_every_setting_is_explained_in_env_example[COLOUR] - AssertionError: .env.example does not explain COLOUR",
    ),
    "a role without a migration": (
        "app/domain/roles.py",
        ('    USER = "user"\n', '    USER = "user"\n    SUPPORT = "support"\n'),
        "tests/integration/test_migrations.py",
        "test_the_constraints_match_the_models",
    ),
    "a column that is neither shown nor private": (
        "app/domain/models/user.py",
        ("    # The name of the", "    phone: Mapped[str | None]\n    # The name of the"),
        "tests/unit/test_schemas.py",
        "test_every_column_is_in_the_response_or_private - AssertionError: ['phone'] are neither",
    ),
    "a nullable field of a column that is not": (
        "app/domain/schemas/user.py",
        ("    full_name: FullName | MISSING", "    full_name: FullName | MISSING | None"),
        "tests/unit/test_schemas.py",
        "test_every_field_is_optional_and_nullable_as_its_column_is[UserUpdate-full_name]",
    ),
    "a job without a handler": (
        "app/domain/jobs/purge.py",
        ("class Purge(Job):", 'class Later(Job):\n    name = "later"\n\n\nclass Purge(Job):'),
        "tests/unit/kit/test_jobs.py",
        "test_every_job_type_has_a_handler - AssertionError: @router.handler(Later) is in no",
    ),
    "an invalid cron schedule": (
        "app/domain/jobs/purge.py",
        ('"17 3 * * *"', '"17 3 * *"'),
        "tests/unit/kit/test_jobs.py",
        "test_the_worker_accepts_each_schedule[Purge] - ValueError: Invalid cron expression: 17 3 * *",
    ),
    "a route that is neither guarded nor declared public": (
        "app/api/v1/health_router.py",
        ('"/ready", openapi_extra=PUBLIC', '"/ready"'),
        "tests/unit/test_routes.py",
        "test_every_route_without_a_guard_is_declared_public - AssertionError: ['GET /api/v1/health/ready'] need",
    ),
    "a guard that refuses a role that it names": (
        "app/api/deps.py",
        ("caller.role not in self.roles", "caller.role is not Role.ADMIN"),
        "tests/integration/test_callers.py",
        "test_each_route_admits_the_callers_that_make_routes_prints - GET /api/v1/users: admins and moderators: {",
    ),
    "a route that writes and has no request in tests/calls": (
        "tests/calls/auth.py",
        ('    "POST /auth/logout-all": lambda c: c.call("POST", "/auth/logout-all"),\n', ""),
        "tests/integration/test_transactions.py",
        "test_every_writing_route_has_a_request - AssertionError: a module of tests/calls/ needs",
    ),
    "a model without a migration": (
        "app/domain/models/book.py",
        ("", MODULE + BOOK.lstrip()),
        "tests/integration/test_migrations.py",
        "test_the_migrations_match_the_models",
    ),
}


@pytest.fixture(scope="module")
def linted(installed: Path, scratch: Path) -> Path:
    """Return a project with the caches of its checks; do not change it."""
    project = copy(installed, scratch / "linted")
    make(project, "lint")
    return project


@pytest.fixture
def project(linted: Path, scratch: Path) -> Path:
    """Return a copy that a test may break."""
    place = scratch / "spoilt"
    shutil.rmtree(place, ignore_errors=True)
    return copy(linted, place)


@pytest.mark.parametrize(("name", "code", "refusal"), REFUSED_BY_LINT.values(), ids=REFUSED_BY_LINT)
def test_lint_refuses(name: str, code: str, refusal: str, project: Path) -> None:
    (project / name).write_text(MODULE + code)
    done = attempt("make", "lint", cwd=project)
    assert done.code != 0
    assert refusal in done.output


@pytest.mark.parametrize(("name", "change", "tests", "refusal"), REFUSED_BY_TESTS.values(), ids=REFUSED_BY_TESTS)
def test_the_tests_refuse(
    name: str, change: tuple[str, str], tests: str, refusal: str, project: Path, python: Path, scratch: Path
) -> None:
    path = project / name
    path.touch()
    path.write_text(path.read_text().replace(*change, 1))
    node, _, reason = refusal.partition(" - ")
    done = attempt(python, "-m", "pytest", "-q", f"{tests}::{node}", cwd=project, TMPDIR=str(scratch))
    assert done.code == 1
    assert f"FAILED {tests}::{node}" in done.output
    assert reason in done.output
